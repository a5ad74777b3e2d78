import { kickName, truncateName } from '../../../bucardo/names.ts';
import { plural } from '../../../lib/format.ts';
import { without } from '../../view/carried.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import { joiningLater } from '../copying/newcomers.ts';
import { type Draft, draft } from '../draft.ts';
import { type Planned, preparation } from '../planned.ts';
import { runId, stepId } from '../step-ids.ts';

/**
 * What Bucardo writes on a database that passes changes on fires no ordinary trigger: truncate and kick triggers are ENABLE ALWAYS there,
 * after the upstream copy and before this link's is asked for (rule 8). On a link that has its copy already, tables get them before they
 * join. Where `cascade` was turned off they become ordinary again.
 */
export function alwaysSteps(planned: Planned, phase: number): Draft[] {
  const { view } = planned;
  const { link } = view;
  const carried = without(planned.carried, new Set(joiningLater(planned)));
  const step = (tables: readonly string[], triggers: readonly string[], mode: 'A' | 'O', what: string, reason: string): Draft =>
    draft({
      id: mode === 'A' ? runId.always(view) : runId.ordinary(view),
      kind: 'always',
      symbol: '~',
      address: link.address,
      depth: view.depth,
      what: `${what} on ${plural(tables.length, 'table')} of ${link.from}`,
      reason,
      on: [link.from],
      after: receiptOf(view)
        ? [stepId.triggers(view), stepId.helpers(view), stepId.suspect(view), ...view.upstream.map((one) => `${one.id}/makedelta`)]
        : [...preparation(planned), ...view.upstream.flatMap((one) => [runId.copy(one.id), runId.receipt(one.id)])],
      work: { kind: 'always', link: link.address, database: link.from, tables, triggers, mode },
      phase,
      lock: { mode: 'SHARE ROW EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
      hazards: ['LOCKS_WRITERS'],
      objects: tables.length,
      estimateSeconds: Math.ceil(tables.length * 0.005),
    });
  const notAlways = carried.tables.filter((one) => one.notAlways.length > 0).map((one) => one.table.address);
  const stillAlways = carried.tables.filter((one) => one.stillAlways.length > 0);
  const kick = link.disableKicking ? '' : ' and kick';
  const both = [truncateName(link.sync), ...(link.disableKicking ? [] : [kickName(link.sync)])];
  return [
    ...(notAlways.length === 0
      ? []
      : [
          step(
            notAlways,
            both,
            'A',
            `truncate${kick} triggers ENABLE ALWAYS`,
            `what Bucardo writes on ${link.from} fires no ordinary trigger; after ${view.upstream.map((one) => one.id).join(', ')}'s copy`,
          ),
        ]),
    ...(stillAlways.length === 0
      ? []
      : [
          step(
            stillAlways.map((one) => one.table.address),
            [...new Set(stillAlways.flatMap((one) => one.stillAlways))],
            'O',
            'triggers no longer ENABLE ALWAYS',
            `${link.from} does not pass on what it receives`,
          ),
        ]),
  ];
}
