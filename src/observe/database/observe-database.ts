import type { Client, QueryResultRow } from 'pg';
import type { ObservedDatabase } from '../model.ts';
import * as sql from './database-queries.ts';
import { observeBucardo, orphanMakers } from './bucardo-facts.ts';
import { filledTables } from './filled-tables.ts';
import { type SequenceRow, type TableRow, parseTriggers, sequenceOf, tableOf } from './table-facts.ts';

/** What one look at a user database brings, before it is known which names mean the same database. */
export type DatabaseFacts = Omit<ObservedDatabase, 'sameAs' | 'schemaOwner'>;

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
      : await filledTables(
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
interface LongTransactionRow extends QueryResultRow {
  pid: number;
  seconds: number;
  application: string;
  state: string;
}
