import { cleaned } from '../layout.ts';
import { cleanPlan } from '../plan-text/clean-plan.ts';
import type { ControllerSnapshot, TopologySnapshot } from '../status/snapshot-model.ts';

/**
 * The snapshot as people are shown it: every string on one line, nothing in it that changes the direction of writing. Problems of files
 * keep their source lines, under which a caret stands; they are cleaned where they are written.
 */
export function cleanSnapshot(snapshot: ControllerSnapshot): ControllerSnapshot {
  const { topologies, problems, ...rest } = snapshot;
  return { ...cleaned(rest), problems, topologies: topologies.map(cleanTopology) };
}

function cleanTopology({ plan, ...rest }: TopologySnapshot): TopologySnapshot {
  return { ...cleaned(rest), plan: plan === null ? null : cleanPlan(plan) };
}
