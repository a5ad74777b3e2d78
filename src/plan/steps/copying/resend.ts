import { plural, fewOf } from '../../../lib/format.ts';
import type { Carried } from '../../view/carried.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import type { LinkView } from '../../view/link-view.ts';
import { owesRows, shapeToNote } from '../../view/shape.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { runId, stepId } from '../step-ids.ts';

/** Tables whose columns were replaced by as many others: every row is noted as changed, once a daemon runs that knows the new ones. */
export function resendStep(view: LinkView, carried: Carried): Draft[] {
  const { link } = view;
  if (!receiptOf(view)) return [];
  const noted = new Map(view.control?.goats.filter((goat) => goat.db === link.aliases.from).map((goat) => [goat.address, goat.shape]));
  const addresses = carried.tables
    .filter(({ table }) => owesRows(shapeToNote(noted.get(table.address) ?? null, table)))
    .map(({ table }) => table.address);
  if (addresses.length === 0) return [];
  return [
    draft({
      id: stepId.resend(view),
      kind: 'resend',
      symbol: '~',
      address: link.address,
      what: `note every row of ${plural(addresses.length, 'table')} as changed: ${fewOf(addresses)}`,
      reason: 'its columns were replaced by as many others, and a daemon that knew the old ones may have mixed them up',
      on: [link.from],
      after: [
        stepId.register(view),
        stepId.rekey(view),
        stepId.membership(view),
        runId.stop(link.instance, 0),
        runId.start(link.instance, 0),
      ],
      work: { kind: 'resend', link: link.address, database: link.from, instance: link.instance, tables: addresses },
      phase: PHASE.run + 900,
      depth: view.depth,
      objects: addresses.length,
      estimateSeconds: addresses.length,
    }),
  ];
}
