import type { Client } from 'pg';
import { quoteTable } from '../../bucardo/names.ts';
import { LOCK_NOT_AVAILABLE } from '../../postgres/sqlstate.ts';
import * as sql from './database-queries.ts';
import type { TableRow } from './table-facts.ts';

/**
 * Whether each table that takes space holds a row, in one statement however many there are: query_to_xml runs a query for each row of
 * another. A table that cannot be looked at says null.
 */
export async function filledTables(client: Client, tables: readonly TableRow[]): Promise<ReadonlyMap<string, boolean | null>> {
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
