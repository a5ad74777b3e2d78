import type { Client, QueryResultRow } from 'pg';
import { deltaTable, makerName, quoteTable } from '../bucardo/names.ts';
import { GLOBAL_TABLES, RECORDER, SUSPECTS } from '../bucardo/objects.ts';
import { LOCK_NOT_AVAILABLE } from '../postgres/sqlstate.ts';
import * as sql from './database-queries.ts';
import type { ObservedBucardo, ObservedDatabase } from './model.ts';
import type { ObservedKey, ObservedSequence, ObservedTable, ObservedTrigger, TableBucardo } from './table-model.ts';

/** What one look at a user database brings, before it is known which names mean the same database. */
export type DatabaseFacts = Omit<ObservedDatabase, 'sameAs' | 'schemaOwner'>;

interface TableRow extends QueryResultRow {
  oid: string;
  schema: string;
  name: string;
  kind: 'r' | 'p';
  persistence: 'p' | 'u';
  parent: string | null;
  row_security: boolean;
  columns: string | null;
  referenced_by: string[] | null;
  always_triggers: string[] | null;
  key_index: string | null;
  key_primary: boolean;
  key_deferrable: boolean;
  key_nullable: boolean;
  key_columns: string[];
  key_types: string[];
  key_definitions: string[];
  bytes: string;
  rights: string;
}

interface HelperRow extends QueryResultRow {
  maker: string;
  parts: string;
  delta: string | null;
  file: string | null;
  columns: string | null;
  default: string | null;
}

/**
 * Looks at one database in one read-only snapshot. `known`: tables that need not be asked for a first row, as their copy has a receipt;
 * null asks none. It matters only on a target before a copy.
 */
export async function observeDatabase(client: Client, known: ReadonlySet<string> | null): Promise<DatabaseFacts> {
  const rows = async <R extends QueryResultRow>(text: string): Promise<R[]> => (await client.query<R>(text)).rows;
  await client.query(
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; SET LOCAL jit = off; SET LOCAL lock_timeout = '500ms'",
  );
  const version = Number((await rows<{ version: string }>("SELECT current_setting('server_version_num') AS version"))[0]?.version ?? 0);
  const facts = (await rows<FactsRow>(sql.factsQuery(version)))[0];
  if (facts === undefined) throw new Error('the server described no database');
  const schema = (await rows<{ mark: string | null; tables: string[] }>(sql.SCHEMA_QUERY))[0];
  const tableRows = await rows<TableRow>(sql.TABLES_QUERY);
  const sequences = await rows<SequenceRow>(sql.SEQUENCES_QUERY);
  const bucardo = schema === undefined ? null : await observeBucardo(rows, schema);
  const triggers = new Map(
    (await rows<{ oid: string; triggers: string }>(sql.TRIGGERS_QUERY)).map((row) => [row.oid, parseTriggers(row.triggers)]),
  );
  const longTransactions = await rows<LongTransactionRow>(sql.LONG_TRANSACTIONS_QUERY);
  const filled =
    known === null
      ? null
      : await rowsOf(
          client,
          tableRows.filter((row) => !known.has(`${row.schema}.${row.name}`)),
        );
  await client.query('ROLLBACK').catch(() => undefined);
  return {
    reachable: true,
    version,
    database: facts.database,
    user: facts.user,
    encoding: facts.encoding,
    inRecovery: facts.in_recovery,
    identity: facts.identity,
    place: { system: facts.system, timeline: facts.timeline, position: facts.position, now: facts.now },
    maxLocksPerTransaction: facts.max_locks,
    rights: { superuser: facts.superuser, replicationRole: facts.replication_role, createInDatabase: facts.create_in_database },
    tables: tableRows.map((row) => tableOf(row, triggers.get(row.oid) ?? [], bucardo?.tables ?? null, filled)),
    sequences: sequences.map(sequenceOf),
    publicationsForAllTables: facts.publications,
    bucardo: bucardo === null ? null : { ...bucardo.observed, orphanMakers: orphanMakers(tableRows, bucardo.tables) },
    longTransactions: longTransactions.map((row) => ({
      pid: row.pid,
      seconds: row.seconds,
      application: row.application,
      state: row.state,
    })),
  };
}

interface FactsRow extends QueryResultRow {
  database: string;
  user: string;
  encoding: string;
  in_recovery: boolean;
  identity: string | null;
  superuser: boolean;
  replication_role: boolean;
  create_in_database: boolean;
  max_locks: number;
  publications: string[];
  system: string;
  timeline: number;
  position: number;
  now: number;
}
interface SequenceRow extends QueryResultRow {
  schema: string;
  name: string;
  used_by: string | null;
  usage: boolean;
}
interface LongTransactionRow extends QueryResultRow {
  pid: number;
  seconds: number;
  application: string;
  state: string;
}

type Rows = <R extends QueryResultRow>(text: string) => Promise<R[]>;

interface SuspectRow extends QueryResultRow {
  sync: string;
  table: string;
  reason: string;
  since: string;
}

interface HelperTables {
  readonly helpers: ReadonlyMap<string, HelperRow>;
  readonly functions: ReadonlyMap<string, string>;
  readonly targets: ReadonlyMap<string, readonly string[]>;
}

async function observeBucardo(
  rows: Rows,
  schema: { mark: string | null; tables: string[] },
): Promise<{ observed: ObservedBucardo; tables: HelperTables }> {
  const has = (table: string): boolean => schema.tables.includes(table);
  const helpers = await rows<HelperRow>(sql.HELPERS_QUERY);
  const functions = await rows<{ name: string; args: string; md5: string }>(sql.FUNCTIONS_QUERY);
  const targets = has('bucardo_delta_targets') ? await rows<{ oid: string; targets: string[] }>(sql.TARGETS_QUERY) : [];
  const names = has('bucardo_delta_names') ? await rows<{ name: string }>(sql.NAMES_QUERY) : [];
  const suspects = has(SUSPECTS) ? await rows<SuspectRow>(sql.SUSPECTS_QUERY) : [];
  const truncates = has('bucardo_truncate_trigger') ? await rows<{ sync: string; open: number }>(sql.TRUNCATES_QUERY) : [];
  const truncated = has('bucardo_truncate_trigger') ? await rows<{ oid: string; at: number }>(sql.TRUNCATED_QUERY) : [];
  const global = functions.filter((row) => row.name.startsWith('bucardo_') && !row.name.startsWith('bucardo_kick_'));
  return {
    observed: {
      mark: schema.mark,
      functions: Object.fromEntries(global.map((row): [string, string] => [`${row.name}(${row.args})`, row.md5])),
      globalTables: GLOBAL_TABLES.filter(has),
      recorderMd5: functions.find((row) => row.name === RECORDER)?.md5 ?? null,
      deltaNames: names.map((row) => row.name),
      suspects: suspects.map((row) => ({ sync: row.sync, table: row.table, reason: row.reason, since: row.since })),
      truncatedAt: Object.fromEntries(truncated.map((row) => [row.oid, row.at])),
      openTruncates: Object.fromEntries(truncates.map((row) => [row.sync, row.open])),
      kickFunctions: functions
        .filter((row) => row.name.startsWith('bucardo_kick_'))
        .map((row) => row.name.slice('bucardo_kick_'.length))
        .toSorted(),
    },
    tables: {
      helpers: new Map(helpers.map((row) => [row.maker, row])),
      functions: new Map(functions.filter((row) => row.args === '').map((row) => [row.name, row.md5])),
      targets: new Map(targets.map((row) => [row.oid, row.targets])),
    },
  };
}

/** Helper tables that stand for no table of the user's. */
function orphanMakers(tables: readonly TableRow[], { helpers }: HelperTables): readonly string[] {
  const makers = new Set(tables.map((row) => makerName(row.schema, row.name)));
  return [...helpers.keys()].filter((maker) => !makers.has(maker)).toSorted();
}

function tableOf(
  row: TableRow,
  triggers: readonly ObservedTrigger[],
  helpers: HelperTables | null,
  filled: ReadonlyMap<string, boolean | null> | null,
): ObservedTable {
  const bytes = Number(row.bytes);
  return {
    oid: Number(row.oid),
    schema: row.schema,
    name: row.name,
    address: `${row.schema}.${row.name}`,
    kind: row.kind === 'p' ? 'partitioned' : 'table',
    persistence: row.persistence,
    parent: row.parent,
    key: keyOf(row),
    columns: row.columns === null ? [] : row.columns.split('\u001e'),
    referencedBy: row.referenced_by ?? [],
    rowSecurity: row.row_security,
    alwaysTriggers: row.always_triggers ?? [],
    rights: {
      select: row.rights.includes('s'),
      write: row.rights.includes('w'),
      truncate: row.rights.includes('t'),
      trigger: row.rights.includes('g'),
      own: row.rights.includes('o'),
    },
    bytes,
    hasRows: bytes === 0 ? false : (filled?.get(row.oid) ?? null),
    bucardo: tableBucardoOf(row, triggers, helpers),
  };
}

function keyOf(row: TableRow): ObservedKey | null {
  if (row.key_index === null) return null;
  return {
    index: row.key_index,
    primary: row.key_primary,
    columns: row.key_columns,
    types: row.key_types,
    definitions: row.key_definitions,
    nullable: row.key_nullable,
    deferrable: row.key_deferrable,
  };
}

function tableBucardoOf(row: TableRow, triggers: readonly ObservedTrigger[], helpers: HelperTables | null): TableBucardo | null {
  const maker = makerName(row.schema, row.name);
  const helper = helpers?.helpers.get(maker);
  const targets = helpers?.targets.get(row.oid) ?? [];
  if (triggers.length === 0 && helper === undefined && targets.length === 0) return null;
  const parts = helper?.parts.split(',') ?? [];
  return {
    triggers,
    maker,
    deltaColumns: helper?.columns?.split('\u001e') ?? null,
    deltaDefault: helper?.default ?? null,
    deltaOid: helper?.delta === null || helper?.delta === undefined ? null : Number(helper.delta),
    deltaFile: helper?.file === null || helper?.file === undefined ? null : Number(helper.file),
    track: parts.includes('track_'),
    stage: parts.includes('stage_'),
    indexes: parts.filter((part) => part.startsWith('dex') || part === 'goat_').map((part) => part.slice(0, -1)),
    functionMd5: helpers?.functions.get(deltaTable(maker)) ?? null,
    targets,
  };
}

function sequenceOf(row: SequenceRow): ObservedSequence {
  return { schema: row.schema, name: row.name, address: `${row.schema}.${row.name}`, usedBy: row.used_by, usage: row.usage };
}

function parseTriggers(text: string): ObservedTrigger[] {
  return text.split('\u001e').map((row) => {
    const [name = '', enabled = 'O', functionName = '', type = '0', args = ''] = row.split('\u001f');
    return {
      name,
      enabled: enabled as ObservedTrigger['enabled'],
      functionName,
      type: Number(type),
      args: args.split('\\000').slice(0, -1),
    };
  });
}

/**
 * Whether each table that takes space holds a row, in one statement however many there are: query_to_xml runs a query for each row of
 * another. A table that cannot be looked at says null.
 */
async function rowsOf(client: Client, tables: readonly TableRow[]): Promise<ReadonlyMap<string, boolean | null>> {
  const locked = new Set((await client.query<{ oid: string }>(sql.EXCLUSIVELY_LOCKED_QUERY)).rows.map((row) => row.oid));
  const result = new Map<string, boolean | null>();
  const ask = async (batch: readonly TableRow[]): Promise<void> => {
    const names = batch.map((row) => quoteTable(row.schema, row.name));
    await client.query('SAVEPOINT rows');
    try {
      const { rows } = await client.query<{ oid: string; filled: boolean }>(sql.FILLED_QUERY, [batch.map((row) => row.oid), names]);
      for (const row of rows) result.set(row.oid, row.filled);
    } catch (error) {
      await client.query('ROLLBACK TO rows');
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      // Somebody took one of them just now: each is asked for itself, so that one busy table hides only itself.
      if (batch.length === 1) result.set(batch[0]?.oid ?? '', null);
      else for (const row of batch) await ask([row]);
    }
  };
  const asked = tables.filter((row) => row.kind === 'r' && Number(row.bytes) > 0 && row.rights.includes('s') && !locked.has(row.oid));
  if (asked.length > 0) await ask(asked);
  return result;
}
