import pg from 'pg';
import type { Cluster } from '../../../src/lab/cluster.ts';
import { query } from './query.ts';

const RELATIONS = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'S') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'bucardo')
  ORDER BY 1, 2`;

/**
 * What every user table and sequence holds, to compare databases with `toEqual`:
 * `table public.actor` -> `200 rows, hash 123`, `sequence public.actor_actor_id_seq` -> `200 true`.
 */
export async function checksums(
  cluster: Pick<Cluster, 'host' | 'port' | 'password'>,
  dbname: string,
): Promise<Readonly<Record<string, string>>> {
  const relations = await query(cluster, dbname, RELATIONS);
  if (relations.length === 0) return {};
  const parts = relations.map(({ schema, name, kind }) => {
    const relation = `${pg.escapeIdentifier(String(schema))}.${pg.escapeIdentifier(String(name))}`;
    const label = pg.escapeLiteral(`${kind === 'S' ? 'sequence' : 'table'} ${String(schema)}.${String(name)}`);
    return kind === 'S'
      ? `SELECT ${label} AS what, last_value || ' ' || is_called AS held FROM ${relation}`
      : // A long alias, because a column of the same name would be hashed instead of the row.
        `SELECT ${label} AS what, count(*) || ' rows, hash ' || coalesce(sum(hashtextextended(whole_row_of_table::text, 0)), 0) AS held
         FROM ${relation} AS whole_row_of_table`;
  });
  const rows = await query(cluster, dbname, parts.join('\nUNION ALL\n'));
  return Object.fromEntries(rows.map(({ what, held }) => [String(what), String(held)]));
}
