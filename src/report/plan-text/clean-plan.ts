import type { Plan } from '../../plan/model.ts';
import { cleaned } from '../layout.ts';

/** The plan with every string on one line, as people are shown it. What only the executor reads is left out: it may name each of 10,000 tables. */
export function cleanPlan(plan: Plan): Plan {
  return cleaned({ ...plan, steps: plan.steps.map((step) => ({ ...step, work: { kind: 'ledger' as const } })) });
}
