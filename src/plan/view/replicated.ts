import type { Carried } from './carried.ts';
import type { LinkView } from './link-view.ts';

/** Tables and sequences that a link replicates already, by its receipt or its relgroup: what they lack has drifted. */
export function replicatedBy({ view, carried }: { readonly view: LinkView; readonly carried: Carried }): ReadonlySet<string> {
  const receipt = view.ledger?.receipt ?? null;
  const members = new Set(view.control?.herds[view.link.relgroup]);
  const goats =
    view.control?.goats.filter((goat) => goat.db === view.link.aliases.from && members.has(goat.id)).map((goat) => goat.address) ?? [];
  const tables = new Set([...(receipt?.copied ?? []), ...(receipt?.skipped ?? []), ...goats]);
  const sequences = carried.sequences.filter((one) => one.usedBy !== null && tables.has(one.usedBy)).map((one) => one.address);
  return new Set([...tables, ...sequences]);
}
