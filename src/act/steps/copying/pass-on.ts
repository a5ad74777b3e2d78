import { deltaTable, makerName, quoteIdent, quoteTable } from '../../../bucardo/names.ts';
import { RECORD_KEYS_UP_TO } from '../../../bucardo/objects.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { select } from '../../../plan/view/select.ts';
import type { Link } from '../../../topology/model.ts';
import type { ActContext } from '../../context.ts';
import { membersOf } from '../../members.ts';

/**
 * A copy writes no deltas on its target (FACTS 0.5), so a link below that replicates already would never hear of the copied rows: their
 * keys are noted in the middle database's delta tables, and the link below brings the rows. Tables with more rows than a kid can hold
 * keys for make that link `Suspect` instead. Noting keys twice harms nothing. Returns how many rows were noted.
 */
export async function passOnCopied(context: ActContext, link: Link, copied: readonly string[]): Promise<number> {
  const middle = context.topology.databases.find((database) => database.name === link.to);
  if (middle?.cascade !== true) return 0;
  let noted = 0;
  for (const below of context.topology.links.filter((one) => one.from === link.to && hasReceipt(context, one))) {
    const tooMany: string[] = [];
    for (const table of carriedBelow(context, below, copied)) {
      const rows = await noteKeys(context, link.to, table);
      if (rows === null) tooMany.push(table.address);
      else noted += rows;
    }
    if (tooMany.length > 0) {
      const known = context.known.links[below.address]?.suspects ?? [];
      const since = new Date(context.clock.now()).toISOString();
      await context.ledger.saveSuspects(below.address, [...known, { code: 'CopyNotPassedOn', tables: tooMany, since }]);
    }
  }
  return noted;
}

function hasReceipt(context: ActContext, link: Link): boolean {
  const receipt = context.known.links[link.address]?.receipt ?? null;
  return receipt !== null;
}

/** Tables of the middle database that were copied and that the link below replicates. */
function carriedBelow(context: ActContext, below: Link, copied: readonly string[]): readonly ObservedTable[] {
  const database = context.observation.databases[below.from];
  if (database?.reachable !== true) return [];
  const members = membersOf(context, below);
  const wanted = new Set(copied);
  return select(below, database).tables.filter(
    (table) => wanted.has(table.address) && members.has(table.address) && table.key !== null && table.bucardo !== null,
  );
}

/** Writes every key of a table into its delta table; null when there are more than a kid should hold. */
async function noteKeys(context: ActContext, database: string, table: ObservedTable): Promise<number | null> {
  const session = context.access.database(database);
  const name = quoteTable(table.schema, table.name);
  const keys = (table.key?.columns ?? []).map(quoteIdent).join(', ');
  const many = await session.query<{ many: boolean }>(
    `SELECT count(*) > ${RECORD_KEYS_UP_TO} AS many FROM (SELECT 1 FROM ONLY ${name} LIMIT ${RECORD_KEYS_UP_TO + 1}) AS counted`,
  );
  if (many[0]?.many === true) return null;
  const rows = await session.query<{ rows: string }>(
    `WITH noted AS (INSERT INTO bucardo.${quoteIdent(deltaTable(makerName(table.schema, table.name)))} (${keys}) SELECT ${keys} FROM ONLY ${name} RETURNING 1) SELECT count(*) AS rows FROM noted`,
  );
  return Number(rows[0]?.rows ?? 0);
}
