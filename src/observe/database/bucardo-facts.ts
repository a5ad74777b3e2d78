import type { QueryResultRow } from 'pg';
import { makerName } from '../../bucardo/names.ts';
import { GLOBAL_TABLES, RECORDER, SUSPECTS } from '../../bucardo/objects.ts';
import type { ObservedBucardo } from '../model.ts';
import * as sql from './database-queries.ts';
import type { TableRow } from './table-facts.ts';

interface HelperRow extends QueryResultRow {
  maker: string;
  parts: string;
  delta: string | null;
  file: string | null;
  columns: string | null;
  default: string | null;
}

interface SuspectRow extends QueryResultRow {
  sync: string;
  table: string;
  reason: string;
  since: string;
}

type Rows = <R extends QueryResultRow>(text: string) => Promise<R[]>;

/** What Bucardo made for single tables: helper tables by maker, functions without arguments by name (MD5 of the body), target names by oid. */
export interface HelperTables {
  readonly helpers: ReadonlyMap<string, HelperRow>;
  readonly functions: ReadonlyMap<string, string>;
  readonly targets: ReadonlyMap<string, readonly string[]>;
}

/** What stands in the schema `bucardo`, within the transaction that `rows` asks. `schema`: its comment and the tables in it. */
export async function observeBucardo(
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
export function orphanMakers(tables: readonly TableRow[], { helpers }: HelperTables): readonly string[] {
  const makers = new Set(tables.map((row) => makerName(row.schema, row.name)));
  return [...helpers.keys()].filter((maker) => !makers.has(maker)).toSorted();
}
