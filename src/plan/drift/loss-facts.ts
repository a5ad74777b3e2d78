import { freshTables } from '../steps/preparing/losses.ts';
import type { Planned } from '../steps/planned.ts';
import { stepId } from '../steps/step-ids.ts';
import { receiptOf } from '../view/copies/copy.ts';
import { type DriftFact, factKey } from './fact.ts';
import { seenLosses } from './seen.ts';

/** Losses in which nothing is to be put back: they are noted, which makes the link Suspect, and then known. `known`: tables that the link replicates. */
export function lossFacts({ view, carried }: Planned, known: ReadonlySet<string>): readonly DriftFact[] {
  const { link } = view;
  if (!receiptOf(view)) return [];
  const tables = carried.tables.map((one) => one.table.address).filter((address) => known.has(address));
  return seenLosses(view, tables).flatMap((loss) =>
    freshTables(view, loss).map((address) => ({
      key: factKey.seen(loss.code, address),
      address: link.address,
      code: loss.code,
      of:
        loss.code === 'SourceWentBack'
          ? `database ${link.from}`
          : loss.code === 'TargetWentBack'
            ? `database ${link.to}`
            : `tables of ${link.id}`,
      object: address,
      before: loss.before,
      after: loss.after,
      loses: true,
      onlyNoted: true as const,
      step: stepId.suspect(view),
    })),
  );
}
