import { plural } from '../../../lib/format.ts';
import { factKey } from '../../drift/fact.ts';
import type { Carried } from '../../view/carried.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import type { LinkView } from '../../view/link-view.ts';
import { type Draft, PHASE, draft } from '../draft.ts';
import { runId, stepId } from '../step-ids.ts';
import { returning } from './aside.ts';

/** Tables enter the relgroup when their triggers stand, and Bucardo's own validation then finds nothing to do. */
export function membershipStep(view: LinkView, carried: Carried, below: readonly LinkView[]): Draft[] {
  const { link } = view;
  const missing = missingMembers(view, carried).filter((address) => !view.left.has(factKey.member(address)));
  if (missing.length === 0) return [];
  const back = returning(view, carried);
  return [
    draft({
      id: stepId.membership(view),
      kind: 'membership',
      symbol: '+',
      address: link.address,
      what: `${plural(missing.length, 'member')} of relgroup ${link.relgroup}, then Bucardo's validation`,
      reason: 'their triggers stand now',
      on: ['hub', link.from, link.to],
      after: [
        stepId.register(view),
        stepId.triggers(view),
        stepId.helpers(view),
        stepId.copyTables(view),
        stepId.settings(link.instance),
        // On a link that replicates, a TRUNCATE could reach the database below as soon as the tables have joined (rule 8).
        ...(receiptOf(view) ? [view, ...below].map((one) => runId.always(one)) : []),
      ],
      work: {
        kind: 'membership',
        link: link.address,
        instance: link.instance,
        addresses: missing,
        returning: back.filter((address) => missing.includes(address)),
      },
      phase: PHASE.membership,
      depth: view.depth,
      lock: { mode: 'ACCESS SHARE' },
      objects: missing.length,
      estimateSeconds: 1,
    }),
  ];
}

/** Tables and sequences of the link that its relgroup does not have. */
export function missingMembers({ link, control }: LinkView, carried: Carried): readonly string[] {
  const members = new Set(control?.herds[link.relgroup]);
  const ids = new Map(control?.goats.filter((goat) => goat.db === link.aliases.from).map((goat) => [goat.address, goat.id]));
  return [...carried.tables.map((one) => one.table.address), ...carried.sequences.map((one) => one.address)].filter((address) => {
    const id = ids.get(address);
    return id === undefined || !members.has(id);
  });
}
