import type { Ledger } from '../ledger/model.ts';
import type { Topology } from '../topology/model.ts';
import { plural } from '../lib/format.ts';
import { definitionHash } from './view/definition.ts';
import type { Change, Step } from './model.ts';
import type { LinkView } from './view/link-view.ts';
import type { Planned } from './steps/run-steps.ts';

/** Steps that wait or verify change nothing by themselves. */
const CHANGES_NOTHING: readonly Step['symbol'][] = ['|', '='];

/**
 * What becomes different, one entry a link. A link whose declaration was applied in full before and differs now has drifted; otherwise
 * its declaration is new.
 */
export function changesOf(
  topology: Topology,
  planned: readonly Planned[],
  leaving: readonly LinkView[],
  steps: readonly Step[],
  ledger: Ledger,
): readonly Change[] {
  const removals = leaving.map(({ link }): Change => ({
    address: link.address,
    action: 'remove',
    what: `link ${link.id}: all that stands for it; no row of ${link.to} is touched`,
    reason: 'its file no longer names it',
    fields: [],
  }));
  const others = planned.flatMap(({ view, carried }): Change[] => {
    const { link } = view;
    // A former link that is supervised until its removal is approved changes only by that removal.
    if (link.former === true) return [];
    const own = steps.filter((step) => !CHANGES_NOTHING.includes(step.symbol) && concerns(step, link.address, link.instance));
    const due = steps.filter((step) => step.address === link.address);
    if (own.length === 0 && due.length === 0) return [];
    const applied = ledger.links[link.address]?.appliedDefinition;
    const tables = `${plural(carried.tables.length, 'table')}, ${plural(carried.sequences.length, 'sequence')}`;
    const fields = own.flatMap((step) =>
      step.before.map((before, index) => ({ path: step.id, before, after: step.afterFacts[index] ?? null })),
    );
    if (view.sync === null) {
      const kick = link.disableKicking
        ? `poll every ${link.kickIntervalSeconds} s`
        : `kick triggers, safety poll every ${link.kickIntervalSeconds} s`;
      const state = link.state === 'stopped' ? ', stopped' : '';
      return [
        {
          address: link.address,
          action: 'create',
          what: `link ${link.id}: ${tables}, ${kick}, copy_data ${link.copyData}${state}`,
          reason: 'declared, and not present on the hub',
          fields,
        },
      ];
    }
    const drifted = applied === definitionHash(topology, link);
    const what = (own.length > 0 ? own : due).map((step) => step.what).join('; ');
    return [
      {
        address: link.address,
        action: drifted ? 'drift' : 'change',
        what: `link ${link.id}: ${what}`,
        reason: drifted ? 'changed outside since it was applied' : 'not finished yet, or declared otherwise',
        fields,
      },
    ];
  });
  return [...others, ...removals];
}

function concerns(step: Step, address: string, instance: string): boolean {
  return step.address === address || step.address.endsWith(`/instance/${instance}`);
}
