/**
 * What cannot be undone, in a quotation that is never folded, with every way to approve it.
 */
import type { Plan } from '../../plan/model.ts';
import { orderedSteps, stepNumbers, stepWhat } from '../address.ts';
import { approvalWays, destructiveWhy, keptSentence, stepsText } from '../plan-text/destructive.ts';
import { approvalSentence } from '../plan-text/verdict.ts';
import { clipped, code, escaped, fenced } from './escape.ts';
import { more, type Limits } from './limits.ts';

/** Nothing when no step is destructive and no approval is wanted. */
export function destructivePart(plan: Plan, limits: Limits): string[] {
  const steps = orderedSteps(plan).filter((step) => step.destructive);
  if (steps.length === 0 && plan.approvals.required.length === 0) return [];
  const say = (text: string): string => escaped(clipped(text, limits.text));
  const items = steps
    .slice(0, limits.rows)
    .flatMap((step) => [
      `- **step ${step.seq}** ${[say(stepWhat(plan, step)), destructiveWhy(step)].filter((part) => part !== '').join(' ')}`,
      ...step.before.slice(0, limits.rows).map((fact) => `  - ${say(fact)}`),
      ...more(step.before.length, Math.min(step.before.length, limits.rows), 'facts').map((line) => `  ${line}`),
    ]);
  const lines = [
    `**Destructive.** ${escaped(clipped(approvalSentence(plan), limits.text))}`,
    '',
    ...items,
    ...more(steps.length, Math.min(steps.length, limits.rows), 'destructive steps'),
    '',
    keptSentence(steps),
    ...approval(plan, limits),
  ];
  return lines.map((line) => `> ${line}`.trimEnd());
}

function approval(plan: Plan, limits: Limits): string[] {
  const covers = plan.approvals.required
    .filter((one) => !one.given || one.cap !== undefined)
    .slice(0, limits.rows)
    .map((one) => `${code(one.id)} is for ${stepsText(stepNumbers(plan, one.steps))}`);
  return approvalWays(plan).flatMap(({ say, text, language }, index) => [
    '',
    index === 0 ? `${escaped(say)} (${covers.join('; ')}):` : `${escaped(say)}:`,
    '',
    ...fenced(clipped(text, 10 * limits.text).split('\n'), language),
  ]);
}
