import type { QueryResultRow } from 'pg';
import type { CustomRow, InstalledDb, InstalledGoat, InstalledSync, Installation } from '../import/installation.ts';
import { isOurMark } from '../bucardo/names.ts';
import { namesInMark } from '../ledger/marks.ts';
import { GoatherdError } from '../lib/errors.ts';
import { type ResolvedConnection } from '../postgres/connection.ts';
import { withSession } from '../postgres/session.ts';

type Columns = Readonly<Record<string, unknown>>;

/** Columns of `sync` that mean something, with the default that Bucardo's schema gives them. */
const SYNC_DEFAULTS: Columns = {
  stayalive: true,
  kidsalive: true,
  conflict_strategy: 'bucardo_latest',
  copyextra: '',
  deletemethod: 'delete',
  rebuild_index: 0,
  priority: 0,
  analyze_after_copy: true,
  vacuum_after_copy: false,
  strict_checking: true,
  overdue: '00:00:00',
  expired: '00:00:00',
  track_rates: false,
  lifetime: null,
  maxkicks: 0,
  isolation_level: null,
};
/** The same of `goat`; what Bucardo 5.6 never reads is left out. */
const GOAT_DEFAULTS: Columns = {
  rebuild_index: null,
  ghost: false,
  analyze_after_copy: true,
  vacuum_after_copy: true,
  strict_checking: true,
};

/**
 * Reads a control database that other hands may have made, in a read-only transaction. Passwords stay where they are.
 * @throws GoatherdError `NoBucardo` where the database holds no Bucardo 5.6
 */
export async function readInstallation(connection: ResolvedConnection): Promise<Installation> {
  const where = `control database ${connection.dbname}`;
  const options = { applicationName: 'goatherd import', statementTimeoutMs: 60_000, connectTimeoutMs: 5_000 };
  return withSession(connection, options, where, async (client) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '500ms'");
    const rows = async <R extends QueryResultRow>(text: string): Promise<readonly R[]> => (await client.query<R>(text)).rows;
    const there = await rows<{ there: boolean }>(
      "SELECT to_regclass('bucardo.sync') IS NOT NULL AND to_regclass('bucardo.goat') IS NOT NULL AS there",
    );
    if (there[0]?.there !== true)
      throw new GoatherdError('NoBucardo', `${connection.dbname} holds no Bucardo 5.6`, {
        hint: 'name the control database, which is called bucardo unless somebody chose otherwise',
      });
    const settings = await rows<{ name: string; setting: string }>(
      'SELECT name, setting FROM bucardo.bucardo_config WHERE type IS NULL AND setting IS DISTINCT FROM defval AND defval IS NOT NULL ORDER BY name',
    );
    const dbs = await rows<InstalledDb & QueryResultRow>(`
      SELECT name, dbtype AS type, coalesce(dbhost, '') AS host, coalesce(dbport, '') AS port, coalesce(dbname, '') AS dbname, coalesce(dbuser, '') AS "user",
             dbconn AS conn, coalesce(dbservice, '') AS service, dbdsn AS dsn, coalesce(pgpass, '') AS pgpass, status, server_side_prepares AS "serverSidePrepares",
             makedelta, coalesce(dbpass, '') <> '' AS "hasPassword" FROM bucardo.db ORDER BY name`);
    const members = await rows<{ group: string; db: string; role: string }>(
      'SELECT dbgroup AS "group", db, role FROM bucardo.dbmap ORDER BY dbgroup, role, db',
    );
    const goats = await rows<{ row: Columns }>('SELECT to_jsonb(g) AS row FROM bucardo.goat g ORDER BY db, schemaname, tablename, id');
    const herds = await rows<{ herd: string; goats: number[] }>(
      'SELECT herd, array_agg(goat ORDER BY goat) AS goats FROM bucardo.herdmap GROUP BY herd ORDER BY herd',
    );
    const syncs = await rows<{ row: Columns; checktime: number | null }>(
      'SELECT to_jsonb(s) AS row, extract(epoch FROM checktime)::float8 AS checktime FROM bucardo.sync s ORDER BY name',
    );
    const marks = await rows<{ comment: string | null }>(
      "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = current_database()",
    );
    return {
      database: connection.dbname,
      managed: managedIn(connection.dbname, marks[0]?.comment ?? null),
      settings: Object.fromEntries(settings.map((row) => [row.name, row.setting])),
      dbs: dbs.map((row) => ({ ...row })),
      members: members.map((row) => ({ ...row })),
      goats: goats.map(({ row }) => goatOf(row)),
      herds: Object.fromEntries(herds.map((row) => [row.herd, row.goats])),
      syncs: syncs.map(({ row, checktime }) => syncOf(row, checktime)),
      customNames: await rows<CustomRow & QueryResultRow>(custom('customname', 'newname')),
      customColumns: await rows<CustomRow & QueryResultRow>(custom('customcols', 'clause')),
      customCode: await rows(`
        SELECT c.name, c.whenrun, coalesce(m.sync, '') AS sync, m.goat FROM bucardo.customcode c LEFT JOIN bucardo.customcode_map m ON m.code = c.id
        WHERE c.status = 'active' AND coalesce(m.active, true) ORDER BY c.name, m.sync, m.goat`),
    };
  });
}

/** What its mark says of it. That of a control database that goatherd made names the links in it; that of an adopted one need not. */
function managedIn(control: string, comment: string | null): Installation['managed'] {
  const topology = isOurMark(comment) ? /^goatherd: topology (\S+),/.exec(comment ?? '')?.[1] : undefined;
  if (topology === undefined) return null;
  return { topology, syncs: Object.fromEntries(namesInMark(control, comment).map(([address, { sync }]) => [sync, address])) };
}

function custom(table: string, text: string): string {
  return `SELECT goat, coalesce(${text}, '') AS text, coalesce(db, '') AS db, coalesce(sync, '') AS sync FROM bucardo.${table} ORDER BY goat, id`;
}

function goatOf(row: Columns): InstalledGoat {
  return {
    id: Number(row['id']),
    db: text(row['db']),
    schema: text(row['schemaname']),
    name: text(row['tablename']),
    type: text(row['reltype']),
    makedelta: text(row['makedelta']),
    settings: differing(row, GOAT_DEFAULTS),
  };
}

function syncOf(row: Columns, checktimeSeconds: number | null): InstalledSync {
  return {
    name: text(row['name']),
    herd: text(row['herd']),
    dbs: text(row['dbs']),
    status: text(row['status']),
    autokick: row['autokick'] === true,
    checktimeSeconds,
    onetimecopy: Number(row['onetimecopy']),
    settings: differing(row, SYNC_DEFAULTS),
  };
}

function differing(row: Columns, defaults: Columns): Record<string, string> {
  const other = Object.entries(defaults).filter(([name, value]) => row[name] !== undefined && row[name] !== value);
  return Object.fromEntries(other.map(([name]) => [name, text(row[name])]));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
}
