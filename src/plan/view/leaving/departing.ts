/** Tables that no longer match a link and may not leave it yet. */
import { receiptOf } from '../copies/copy.ts';
import type { Planned } from '../../steps/planned.ts';
import { membersOf } from '../link-view.ts';
import { hasOtherKey, wantedTables } from '../wanted.ts';

/**
 * The link with those of them that it replicates and that can be: what they need is put right like all others', as its daemon reads them all
 * when it starts.
 */
export function withDeparting(planned: Planned): Planned {
  const { view, carried } = planned;
  if (view.source === null || view.selected === null || !receiptOf(view)) return planned;
  // What was detached replicates nothing, and comes back with what matches.
  if (view.link.state === 'detached' || view.ledger?.recopy?.cause === 'detached') return planned;
  const members = membersOf(view);
  const matching = new Set(view.selected.tables.map((table) => table.address));
  const going = view.source.tables.filter(
    (table) =>
      members.has(table.address) && !matching.has(table.address) && table.kind === 'table' && table.key !== null && !hasOtherKey(table),
  );
  return { ...planned, carried: { ...carried, tables: [...carried.tables, ...wantedTables(view, going)] } };
}
