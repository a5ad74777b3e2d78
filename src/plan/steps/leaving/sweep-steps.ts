import { plural } from '../../../lib/format.ts';
import type { Topology } from '../../../topology/model.ts';
import type { Strays } from '../../drift/strays.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/** Drops what stands on a database for links that are no more: their triggers first, one table at a time, then the rest. */
export function sweepSteps(topology: Topology, strays: Strays): readonly Draft[] {
  const { database, syncs, triggers, makers } = strays;
  const link = topology.links.find((one) => one.from === database || one.to === database);
  if (link === undefined) return [];
  const common = {
    address: `${topology.name}/${database}`,
    symbol: '-',
    depth: 0,
    on: [database],
    reason: 'left behind by links that are no more',
  } as const;
  const count = triggers.reduce((sum, one) => sum + one.triggers.length, 0);
  const steps: Draft[] = [];
  if (triggers.length > 0)
    steps.push(
      draft({
        ...common,
        id: stepId.strayTriggers(database),
        kind: 'drop_triggers',
        what: `drop ${plural(count, 'trigger')} on ${plural(triggers.length, 'table')} of ${database} that ${count === 1 ? 'belongs' : 'belong'} to no link`,
        work: { kind: 'drop_triggers', link: link.address, database, tables: triggers },
        phase: PHASE.run + 2000,
        after: [stepId.ledger],
        lock: { mode: 'ACCESS EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
        hazards: ['LOCKS_WRITERS', 'LOCKS_READERS'],
        objects: triggers.length,
      }),
    );
  if (syncs.length + makers.length > 0)
    steps.push(
      draft({
        ...common,
        id: stepId.sweep(database),
        kind: 'sweep',
        what: `drop what ${[...(syncs.length > 0 ? [`names ${syncs.join(', ')}`] : []), ...(makers.length > 0 ? [`stands for ${plural(makers.length, 'table')} that no link replicates`] : [])].join(', and what ')} on ${database}`,
        work: { kind: 'sweep', link: link.address, database, syncs, makers },
        phase: PHASE.run + 2001,
        after: [stepId.ledger, stepId.strayTriggers(database)],
        objects: syncs.length + makers.length,
      }),
    );
  return steps;
}
