import type { QueryResultRow } from 'pg';
import type { Queryable } from '../postgres/session.ts';
import type { ControlDb, ControlGoat, ControlObservation, ControlSync, ObservedRuns } from './control-model.ts';

interface DbRow extends QueryResultRow, Omit<ControlDb, 'passwordHash'> {
  password_hash: string | null;
}
interface GoatRow extends QueryResultRow {
  id: number;
  db: string;
  address: string;
  type: 'table' | 'sequence';
  pkey: string | null;
  makedelta: string | null;
  shape: string | null;
}
interface SyncRow extends QueryResultRow {
  name: string;
  herd: string | null;
  dbs: string | null;
  status: string;
  autokick: boolean;
  checktime: number | null;
  onetimecopy: number;
}
interface RunRow extends QueryResultRow {
  sync: string;
  kind: 'running' | 'good' | 'bad';
  started: number;
  ended: number | null;
  status: string;
}

const MS = (expression: string): string => `(extract(epoch FROM ${expression}) * 1000)::float8`;

/** The last good run is looked for among all complete ones, as the flags move on with each run; the log is pruned, so this stays small. */
const RUNS_QUERY = `
SELECT s.name AS sync, r.kind, r.started, r.ended, r.status FROM bucardo.sync s CROSS JOIN LATERAL (
  (SELECT 'running' AS kind, ${MS('started')} AS started, NULL::float8 AS ended, status FROM bucardo.syncrun x WHERE x.sync = s.name AND x.ended IS NULL ORDER BY x.started DESC LIMIT 1)
  UNION ALL
  (SELECT 'good', ${MS('started')}, ${MS('ended')}, status FROM bucardo.syncrun x WHERE x.sync = s.name AND (x.lastgood OR x.lastempty) ORDER BY x.started DESC LIMIT 1)
  UNION ALL
  (SELECT 'bad', ${MS('started')}, ${MS('ended')}, status FROM bucardo.syncrun x WHERE x.sync = s.name AND x.lastbad ORDER BY x.started DESC LIMIT 1)
) r`;

/** Looks at one control database, in a read-only transaction that the caller opened. `mark`: its COMMENT as the hub knows it. */
export async function observeControl(session: Queryable, mark: string | null): Promise<ControlObservation | null> {
  const rows = async <R extends QueryResultRow>(text: string): Promise<R[]> => (await session.query<R>(text)).rows;
  const there = (
    await rows<{ bucardo: boolean; facts: boolean; shapes: boolean; pruning: boolean }>(`
    SELECT to_regclass('bucardo.sync') IS NOT NULL AS bucardo, to_regclass('goatherd.fact') IS NOT NULL AS facts, to_regclass('goatherd.shape') IS NOT NULL AS shapes,
           EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'goatherd_prune' AND tgrelid = to_regclass('bucardo.syncrun')) AS pruning`)
  )[0];
  if (there?.bucardo !== true) return null;
  const settings = await rows<{ name: string; setting: string; defval: string | null }>(
    'SELECT name, setting, defval FROM bucardo.bucardo_config WHERE type IS NULL ORDER BY name',
  );
  const dbs = await rows<DbRow>(`
    SELECT name, coalesce(dbhost, '') AS host, coalesce(dbport, '') AS port, coalesce(dbname, '') AS dbname, coalesce(dbuser, '') AS "user", coalesce(dbservice, '') AS service,
           coalesce(dbconn, '') AS dbconn, status, makedelta, encode(sha256(convert_to(dbpass, 'UTF8')), 'hex') AS password_hash FROM bucardo.db ORDER BY name`);
  const goats = await rows<GoatRow>(
    `SELECT g.id, g.db, g.schemaname || '.' || g.tablename AS address, g.reltype AS type, g.pkey, g.makedelta, ${there.shapes ? 's.columns' : 'NULL'} AS shape
     FROM bucardo.goat g ${there.shapes ? 'LEFT JOIN goatherd.shape s ON s.goat = g.id' : ''} ORDER BY g.db, g.schemaname COLLATE "C", g.tablename COLLATE "C", g.id`,
  );
  const dbmap = await rows<{ group: string; db: string; role: string }>(
    'SELECT dbgroup AS "group", db, role FROM bucardo.dbmap ORDER BY dbgroup, db',
  );
  const herds = await rows<{ herd: string; goats: number[] }>(
    'SELECT herd, array_agg(goat ORDER BY goat) AS goats FROM bucardo.herdmap GROUP BY herd ORDER BY herd',
  );
  const customcols = await rows<{ goat: number; clause: string }>(
    'SELECT goat, min(clause) AS clause FROM bucardo.customcols GROUP BY goat ORDER BY goat',
  );
  // Code for conflicts never runs where there is one source.
  const customs = await rows<ControlObservation['customs'][number] & QueryResultRow>(`
    SELECT 'name' AS kind, newname AS what, coalesce(sync, '') AS sync, goat FROM bucardo.customname
    UNION ALL
    SELECT 'code', c.name, coalesce(m.sync, ''), m.goat FROM bucardo.customcode c JOIN bucardo.customcode_map m ON m.code = c.id
    WHERE c.status = 'active' AND m.active AND c.whenrun <> 'conflict' AND (m.sync IS NOT NULL OR m.goat IS NOT NULL) ORDER BY 1, 2, 3, 4`);
  return {
    ...(await observeProgress(session, there.facts)),
    mark,
    settings: Object.fromEntries(settings.map((row) => [row.name, row.setting])),
    defaults: Object.fromEntries(settings.flatMap((row) => (row.defval === null ? [] : [[row.name, row.defval]]))),
    dbs: dbs.map(({ password_hash: passwordHash, ...row }) => ({ ...row, passwordHash })),
    goats: goats.map((row): ControlGoat => ({
      id: row.id,
      db: row.db,
      address: row.address,
      type: row.type,
      pkey: row.pkey ?? '',
      makedelta: row.makedelta,
      shape: row.shape,
    })),
    dbmap: dbmap.map((row) => ({ group: row.group, db: row.db, role: row.role })),
    herds: Object.fromEntries(herds.map((row) => [row.herd, row.goats])),
    pruning: there.pruning,
    customs: customs.map((row) => ({ kind: row.kind, what: row.what, sync: row.sync, goat: row.goat })),
    customcols: Object.fromEntries(customcols.map((row) => [row.goat, row.clause])),
  };
}

/** What moves while a daemon works, and tells whether it must be started anew: little, as waits look at it again and again. */
export type ControlProgress = Pick<ControlObservation, 'syncs' | 'runs' | 'changedAt'>;

/** Looks at that part of a control database alone. `facts`: whether it holds goatherd's table of facts, as each of ours does. */
export async function observeProgress(session: Queryable, facts = true): Promise<ControlProgress> {
  const rows = async <R extends QueryResultRow>(text: string): Promise<R[]> => (await session.query<R>(text)).rows;
  const syncs = await rows<SyncRow>(
    'SELECT name, herd, dbs, status, autokick, extract(epoch FROM checktime)::float8 AS checktime, onetimecopy FROM bucardo.sync ORDER BY name',
  );
  const changed = facts ? await rows<{ at: number }>(`SELECT ${MS('at')} AS at FROM goatherd.fact WHERE key = 'changed'`) : [];
  return {
    syncs: syncs.map((row): ControlSync => ({
      name: row.name,
      herd: row.herd ?? '',
      dbs: row.dbs ?? '',
      status: row.status,
      autokick: row.autokick,
      checktimeSeconds: row.checktime,
      onetimecopy: row.onetimecopy,
    })),
    runs: runsBySync(syncs, await rows<RunRow>(RUNS_QUERY)),
    changedAt: changed[0]?.at ?? 0,
  };
}

function runsBySync(syncs: readonly SyncRow[], rows: readonly RunRow[]): Record<string, ObservedRuns> {
  return Object.fromEntries(
    syncs.map((sync) => {
      const of = (kind: RunRow['kind']): RunRow | undefined => rows.find((row) => row.sync === sync.name && row.kind === kind);
      const running = of('running');
      const good = of('good');
      const bad = of('bad');
      return [
        sync.name,
        {
          running: running === undefined ? null : { startedAt: running.started, status: running.status },
          lastGood: good === undefined ? null : { startedAt: good.started, endedAt: good.ended ?? good.started },
          lastBad: bad === undefined ? null : { startedAt: bad.started, endedAt: bad.ended ?? bad.started, error: bad.status },
        },
      ];
    }),
  );
}
