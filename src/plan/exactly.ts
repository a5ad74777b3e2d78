import type { Plan } from './model.ts';
import type { Step } from './step-model.ts';

/**
 * Steps that a plan made later would carry out and the plan that was approved as a whole does not hold. Waits and proofs change nothing;
 * a daemon's stops and starts are one thing, however many of them are left.
 */
export function stepsBeyond(saved: Plan, now: readonly Step[]): readonly Step[] {
  const known = new Set(saved.steps.map(keyOf));
  return now.filter((step) => step.symbol !== '|' && step.symbol !== '=' && !known.has(keyOf(step)));
}

function keyOf({ kind, address }: Step): string {
  return `${kind === 'stop_daemon' || kind === 'start_daemon' ? 'daemon' : kind} ${address}`;
}
