import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { deltaTable, makerName, quoteIdent, quoteTable } from '../../../bucardo/names.ts';
import { RECORD_KEYS_UP_TO } from '../../../bucardo/objects.ts';
import type { Link } from '../../../topology/model.ts';
import type { ActContext } from '../../context.ts';

/** A table and the columns of its key, as its delta table has them now. */
interface Keyed {
  readonly schema: string;
  readonly name: string;
  readonly key: { readonly columns: readonly string[] } | null;
}

/**
 * Notes every key that the named databases hold of a table as changed, in the source's delta table, through `client`, a transaction there:
 * the next run deletes and brings each of these rows. False, and nothing noted, where one of them holds more rows than a kid can keep keys of.
 */
export async function noteEveryKey(context: ActContext, client: PoolClient, table: Keyed, databases: readonly string[]): Promise<boolean> {
  const name = quoteTable(table.schema, table.name);
  const keys = (table.key?.columns ?? []).map(quoteIdent).join(', ');
  for (const database of databases) if (await holdsMany(context, database, name)) return false;
  const delta = `bucardo.${quoteIdent(deltaTable(makerName(table.schema, table.name)))}`;
  for (const database of databases)
    await context.access.database(database).transaction([], async (other) => {
      await pipeline(
        other.query(copyTo(`COPY (SELECT ${keys} FROM ONLY ${name}) TO STDOUT`)),
        client.query(copyFrom(`COPY ${delta} (${keys}) FROM STDIN`)),
      );
    });
  return true;
}

async function holdsMany(context: ActContext, database: string, name: string): Promise<boolean> {
  const rows = await context.access
    .database(database)
    .query<{ many: boolean }>(
      `SELECT count(*) > ${RECORD_KEYS_UP_TO} AS many FROM (SELECT 1 FROM ONLY ${name} LIMIT ${RECORD_KEYS_UP_TO + 1}) AS counted`,
    );
  return rows[0]?.many === true;
}

/** Changes of these tables may not arrive on this link: it is `Suspect` with them (rule 15). */
export async function suspectOf(context: ActContext, link: Link, code: string, tables: readonly string[]): Promise<void> {
  await context.ledger.addSuspicion(link.address, { code, tables, since: new Date(context.clock.now()).toISOString() });
}
