import type { ObservedDatabase } from '../../observe/model.ts';
import type { ObservedTable } from '../../observe/table-model.ts';
import type { SeenDatabase } from '../../ledger/model.ts';
import type { LinkView } from '../view/link-view.ts';

/** A loss that shows only beside what was seen before. */
export interface SeenLoss {
  readonly code: 'TableReplaced' | 'DeltaTableEmptied' | 'SourceWentBack' | 'TargetWentBack';
  /** What was seen before, and what now; one for each table, or one for all. */
  readonly tables: readonly string[];
  readonly before: string;
  readonly after: string;
}

/**
 * What the ledger remembers of source and target beside what stands there now (rule 15): tables of another oid, delta tables that were
 * emptied or made anew, databases that went back in time. `tables`: those that the link replicates.
 */
export function seenLosses(view: LinkView, tables: readonly string[]): readonly SeenLoss[] {
  const { source, target, seen } = view;
  const losses: SeenLoss[] = [];
  for (const [code, database, before] of [
    ['SourceWentBack', source, seen.from],
    ['TargetWentBack', target, seen.to],
  ] as const) {
    const back = database === null || before === null ? null : wentBack(database, before);
    if (back !== null) losses.push({ code, tables, ...back });
  }
  const now = { from: byAddress(source), to: byAddress(target) };
  const replaced = tables.filter((address) =>
    (['from', 'to'] as const).some((end) => otherTable(now[end].get(address), seen[end], address)),
  );
  if (replaced.length > 0)
    losses.push({ code: 'TableReplaced', tables: replaced, before: 'another table of this name', after: 'made anew' });
  const anew = new Set(replaced);
  const emptied = tables.filter((address) => !anew.has(address) && emptiedDelta(source, now.from.get(address), seen.from, address));
  if (emptied.length > 0)
    losses.push({ code: 'DeltaTableEmptied', tables: emptied, before: 'with its changes', after: 'emptied or made anew' });
  return losses;
}

/** Positions of another cluster say nothing: a copy that was promoted keeps the identifier, and counts. */
function wentBack(database: ObservedDatabase, seen: SeenDatabase): { before: string; after: string } | null {
  const { place } = database;
  if (place === undefined || place.system !== seen.place.system) return null;
  if (place.timeline !== seen.place.timeline) return { before: `timeline ${seen.place.timeline}`, after: `timeline ${place.timeline}` };
  if (place.position < seen.place.position)
    return { before: `WAL position ${seen.place.position}`, after: `WAL position ${place.position}` };
  return null;
}

function otherTable(table: ObservedTable | undefined, seen: SeenDatabase | null, address: string): boolean {
  const before = seen?.tables[address];
  return table !== undefined && before !== undefined && before.oid !== table.oid;
}

/** A TRUNCATE that Bucardo recorded since then emptied it by right: its trigger does that (docs/bucardo.md). */
function emptiedDelta(
  source: ObservedDatabase | null,
  table: ObservedTable | undefined,
  seen: SeenDatabase | null,
  address: string,
): boolean {
  const before = seen?.tables[address];
  const { deltaOid = null, deltaFile = null } = table?.bucardo ?? {};
  if (seen === null || before === undefined || before.deltaOid === null || deltaOid === null) return false;
  if (before.deltaOid === deltaOid && before.deltaFile === deltaFile) return false;
  const truncatedAt = source?.bucardo?.truncatedAt?.[table?.oid ?? 0] ?? 0;
  return before.deltaOid !== deltaOid || truncatedAt < seen.place.now;
}

function byAddress(database: ObservedDatabase | null): ReadonlyMap<string, ObservedTable> {
  return new Map(database?.tables.map((table) => [table.address, table]));
}
