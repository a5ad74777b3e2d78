import { deltaTable, makerName, quoteIdent, quoteTable } from '../../../bucardo/names.ts';
import { RECORD_KEYS_UP_TO } from '../../../bucardo/objects.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { select } from '../../../plan/view/select.ts';
import type { Queryable } from '../../../postgres/session.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, remembered } from '../../context.ts';
import { membersOf } from '../../members.ts';
import { suspectOf } from './note-keys.ts';

/**
 * A copy writes no deltas on its target (FACTS 0.5), so a link below that replicates already would never hear of the copied rows: their
 * keys are noted in the middle database's delta tables, and the link below brings the rows. Tables with more rows than a kid can hold
 * keys for make that link `Suspect` instead. Noting keys twice harms nothing. Returns how many rows were noted.
 */
export function passOnCopied(context: ActContext, link: Link, copied: readonly string[]): Promise<number> {
  return passOn(context, link, copied, (table) => context.access.database(link.to).transaction([], (client) => noteKeys(client, table)));
}

/**
 * The same of rows that go, before a copy removes them in replica role: what it does not bring again would stay on the targets below.
 * Through `client`, in the transaction that removes them and that has the tables locked.
 */
export async function passOnEmptied(context: ActContext, link: Link, client: Queryable, emptied: readonly string[]): Promise<void> {
  await passOn(context, link, emptied, (table) => noteKeys(client, table));
}

async function passOn(
  context: ActContext,
  link: Link,
  tables: readonly string[],
  note: (table: ObservedTable) => Promise<number | null>,
): Promise<number> {
  const middle = context.topology.databases.find((database) => database.name === link.to);
  if (middle?.cascade !== true) return 0;
  // A step that could not have its locks is tried again.
  const told = remembered(context, `not passed on ${link.address}`, () => new Set<string>());
  let noted = 0;
  for (const below of context.topology.links.filter((one) => one.from === link.to && hasReceipt(context, one))) {
    const tooMany: string[] = [];
    for (const table of carriedBelow(context, below, tables)) {
      const rows = await note(table);
      if (rows === null) tooMany.push(table.address);
      else noted += rows;
    }
    const fresh = tooMany.filter((table) => !told.has(`${below.address} ${table}`));
    for (const table of fresh) told.add(`${below.address} ${table}`);
    if (fresh.length > 0) await suspectOf(context, below, 'CopyNotPassedOn', fresh);
  }
  return noted;
}

function hasReceipt(context: ActContext, link: Link): boolean {
  const receipt = context.known.links[link.address]?.receipt ?? null;
  return receipt !== null;
}

/** Those of the tables that the link below replicates. */
function carriedBelow(context: ActContext, below: Link, tables: readonly string[]): readonly ObservedTable[] {
  const database = context.observation.databases[below.from];
  if (database?.reachable !== true) return [];
  const members = membersOf(context, below);
  const wanted = new Set(tables);
  return select(below, database).tables.filter((table) => wanted.has(table.address) && members.has(table.address) && table.key !== null);
}

/**
 * Writes every key of a table into its delta table; null when there are more than a kid should hold. Where no delta table stands now (a link
 * that was detached, or one that may not act and whose delta table somebody took) nothing is noted: that link comes back by a copy, or is
 * `Suspect` from the step that makes the table anew.
 */
async function noteKeys(client: Queryable, table: ObservedTable): Promise<number | null> {
  const delta = `bucardo.${quoteIdent(deltaTable(makerName(table.schema, table.name)))}`;
  const stands = await client.query<{ stands: boolean }>('SELECT to_regclass($1) IS NOT NULL AS stands', [delta]);
  if (stands.rows[0]?.stands !== true) return 0;
  const name = quoteTable(table.schema, table.name);
  const keys = (table.key?.columns ?? []).map(quoteIdent).join(', ');
  const many = await client.query<{ many: boolean }>(
    `SELECT count(*) > ${RECORD_KEYS_UP_TO} AS many FROM (SELECT 1 FROM ONLY ${name} LIMIT ${RECORD_KEYS_UP_TO + 1}) AS counted`,
  );
  if (many.rows[0]?.many === true) return null;
  const { rowCount } = await client.query(`INSERT INTO ${delta} (${keys}) SELECT ${keys} FROM ONLY ${name}`);
  return rowCount ?? 0;
}
