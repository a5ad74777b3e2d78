import { planFacts } from '../../../../src/plan/fingerprint.ts';
import type { Plan } from '../../../../src/plan/model.ts';
import { movedFacts, type SavedTopology } from '../../../../src/report/document/saved-plan.ts';
import { addTable } from '../world/world-build.ts';
import type { World } from '../world/world.ts';
import { type Case, converged, planOf } from './case.ts';

/** A plan was saved that changes how often b -> c polls. Before it is carried out, a table comes and a setting is changed by hand. */
export const stale = (): Case => {
  const world = converged();
  const changed = 'links: [a -> b, {from: b, to: c, kick_interval: 5s}]';
  const before = factsOf(world, planOf(world, changed));
  addTable(world, 'refund');
  Object.assign(world.instances['orders_a_b']?.control?.settings ?? {}, { quick_delta_check: '0' });
  const plan = planOf(world);
  const tool = { name: 'goatherd', version: '0.1.0' };
  const saved = { id: '', savedAt: Date.UTC(2026, 10, 22, 17, 5, 0), tool, paths: [], approvals: [], plans: [before] };
  const moved = movedFacts(saved, [factsOf(world, plan)]);
  return {
    plan,
    refusal: {
      code: 'PlanStale',
      message: `the plan saved at 2026-11-22 17:05:00Z is stale:\n${moved.map((line) => `  ${line}`).join('\n')}`,
      hint: 'save and review another one',
    },
  };
};

function factsOf(world: World, plan: Plan): SavedTopology {
  const { topology, file, fingerprint, verdict } = plan;
  return { topology, file, fingerprint, verdict, ...planFacts(world.topology, plan.steps, plan.diagnostics) };
}
