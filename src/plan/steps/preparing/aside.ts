import { fewOf, plural } from '../../../lib/format.ts';
import type { Carried } from '../../view/carried.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import type { LinkView } from '../../view/link-view.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/**
 * Members that do not fit their target any more leave the relgroup until they do: one of them makes every run of the link fail, and the
 * next start of its daemon refuse it whole (DESIGN 6: a problem of one table keeps only that table out). Their triggers, helper tables and
 * receipt stay, so that they come back with what was recorded meanwhile.
 */
export function setAsideStep(view: LinkView, carried: Carried): Draft[] {
  const { link } = view;
  const members = membersOf(view);
  const addresses = carried.aside.filter((address) => members.has(address));
  // Bucardo runs no sync without a table: where nothing fits, preflight holds the link as it is.
  if (addresses.length === 0 || carried.tables.length === 0 || !receiptOf(view)) return [];
  return [
    draft({
      id: stepId.setAside(view),
      kind: 'set_aside',
      symbol: '~',
      address: link.address,
      what: `set ${plural(addresses.length, 'table or sequence', 'tables and sequences')} of ${link.id} aside: ${fewOf(addresses)}`,
      reason: 'one that does not fit holds up the whole link; what changes there is recorded and sent when it fits again',
      on: ['hub'],
      after: [stepId.ledger, stepId.register(view)],
      work: { kind: 'set_aside', link: link.address, instance: link.instance, addresses },
      phase: PHASE.membership,
      depth: view.depth,
      objects: addresses.length,
      before: addresses.map((address) => `${address} is replicated`),
      afterFacts: addresses.map((address) => `${address} waits`),
    }),
  ];
}

/** Tables that were set aside and fit again: the receipt knows them, the relgroup does not. */
export function returning(view: LinkView, carried: Carried): readonly string[] {
  const receipt = view.ledger?.receipt ?? null;
  if (receipt === null) return [];
  const members = membersOf(view);
  const known = new Set([...receipt.copied, ...receipt.skipped]);
  return carried.tables.map((one) => one.table.address).filter((address) => known.has(address) && !members.has(address));
}

function membersOf({ control, link }: LinkView): ReadonlySet<string> {
  const ids = new Set(control?.herds[link.relgroup]);
  return new Set(control?.goats.filter((goat) => goat.db === link.aliases.from && ids.has(goat.id)).map((goat) => goat.address));
}
