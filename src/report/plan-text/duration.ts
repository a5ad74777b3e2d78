/**
 * How long a plan takes: work is done one step after the other, gates are waited for side by side.
 */
import type { Plan } from '../../plan/model.ts';
import { orderedSteps } from '../address.ts';
import { formatDuration } from '../../lib/format.ts';

interface PlannedTime {
  readonly seconds: number;
  /** False when a step has no estimate, so that the time is the least it takes. */
  readonly complete: boolean;
}

/** Of the steps that are not blocked; what they wait for by `after` counts, what is blocked does not. */
function plannedTime(plan: Plan): PlannedTime {
  const ends = new Map<string, number>();
  let workerFree = 0;
  let complete = true;
  for (const step of orderedSteps(plan)) {
    if (step.blocked !== null) continue;
    if (step.estimateSeconds === null) complete = false;
    const ready = Math.max(0, ...step.after.map((id) => ends.get(id) ?? 0));
    const begin = step.gate === null ? Math.max(ready, workerFree) : ready;
    const end = begin + (step.estimateSeconds ?? 0);
    if (step.gate === null) workerFree = end;
    ends.set(step.id, end);
  }
  return { seconds: Math.max(0, ...ends.values()), complete };
}

/** What the steps that may be done take, as far as that is known; empty when nothing is. */
export function timeSentence(plan: Plan): string {
  const { seconds, complete } = plannedTime(plan);
  if (seconds <= 0) return '';
  const takes = plan.steps.some((step) => step.blocked !== null) ? 'What goes on takes' : 'Takes';
  return `${takes} ${complete ? 'about' : 'at least'} ${formatDuration(roundedTime(seconds))}.`;
}

/** Whole minutes above one minute: an estimate has no seconds. */
function roundedTime(seconds: number): number {
  return seconds < 60 ? Math.max(1, Math.round(seconds)) : Math.round(seconds / 60) * 60;
}
