import type { Diagnostic } from '../model.ts';
import { problem } from '../preflight/problem.ts';
import type { Planned } from '../steps/planned.ts';
import type { LinkView } from '../view/link-view.ts';
import { type DriftFact, factKey } from './fact.ts';

/**
 * Partitions that no pattern of `tables` names, beside others of the same table that the link replicates, each with the line that would
 * add it. Only its file can end such a fact, so no step does.
 */
export function partitionFacts({ view }: Pick<Planned, 'view'>): readonly DriftFact[] {
  const { link, selected } = view;
  // What leaves is not added to.
  if (link.former === true || selected === null) return [];
  return selected.newLeaves.map(({ address, parent }): DriftFact => ({
    key: factKey.partition(address),
    address: link.address,
    code: 'NewPartition',
    of: `partitions on ${link.from} that no pattern names`,
    object: address,
    before: 'not replicated',
    after: `- "${address}" (or - "${parent}")`,
    loses: false,
    step: null,
  }));
}

/** The same of links that were not applied as they are declared now, of which nothing is called drift yet. `drift`: what is. */
export function newPartitionWarnings(views: readonly LinkView[], drift: readonly DriftFact[]): readonly Diagnostic[] {
  const said = new Set(drift.filter((fact) => fact.code === 'NewPartition').map((fact) => fact.address));
  return views
    .filter(({ link }) => !said.has(link.address))
    .flatMap((view) => {
      const facts = partitionFacts({ view });
      if (facts.length === 0) return [];
      return problem(
        'warning',
        'NewPartition',
        view.link.address,
        'partitions that no pattern of `tables` names, beside others that are replicated: what goes into them does not arrive',
        'add the lines to `tables: {include: […]}`, or name the partitioned table there, and its new partitions join by themselves; `exclude` those that are left out on purpose',
        facts.map(({ object, after }) => `${object}: ${after ?? ''}`),
      );
    });
}
