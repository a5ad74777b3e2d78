/**
 * The steps as a table, folded away: a reviewer opens it, the verdict stands above it.
 */
import type { Plan } from '../../plan/model.ts';
import type { Step } from '../../plan/step-model.ts';
import { orderedSteps, stepNumbers, stepWhat } from '../address.ts';
import { formatCount, formatEstimate, formatRanges } from '../../lib/format.ts';
import { timeSentence } from '../plan-text/duration.ts';
import { lockCode, stepFlags } from '../plan-text/steps.ts';
import { stepsSentence } from '../plan-text/verdict.ts';
import { code, escaped, markdownTable } from './escape.ts';

/** `<details>` with the table, its locks explained; nothing without steps. */
export function stepsPart(plan: Plan): string[] {
  if (plan.steps.length === 0) return [];
  const steps = orderedSteps(plan);
  const rows = steps.map((step, index) => [
    `${step.seq}${stepFlags(step) === '' ? '' : ` **${stepFlags(step)}**`}`,
    whatCell(plan, step, steps[index - 1]?.blocked ?? null),
    step.gate === null ? escaped(step.on.join(', ')) : '-',
    step.lock.mode === 'none' ? '-' : lockCode(step.lock.mode),
    step.objects === null ? '-' : formatCount(step.objects),
    step.estimateSeconds === null ? '-' : escaped(formatEstimate(step.estimateSeconds)),
  ]);
  return [
    `<details><summary>${`${stepsSentence(plan)} ${timeSentence(plan)}`.trim()}</summary>`,
    '',
    ...markdownTable(['#', 'Step', 'On', 'Lock', 'Objects', 'Est.'], ['#', 'Objects', 'Est.'], rows),
    '',
    legend(plan),
    '',
    '</details>',
  ];
}

/** `said`: why the step before it is blocked; the same reason is not said again. */
function whatCell(plan: Plan, step: Step, said: string | null): string {
  const holds = step.gate === null ? [] : stepNumbers(plan, step.gate.holds);
  const parts = [
    `${code(step.symbol)} ${step.gate === null ? '' : 'WAIT '}${escaped(stepWhat(plan, step))}`,
    holds.length === 0 ? '' : `holds ${formatRanges(holds)}`,
    step.blocked === null || step.blocked === said ? '' : `**blocked:** ${escaped(step.blocked)}`,
  ];
  return parts.filter((part) => part !== '').join('<br>');
}

function legend(plan: Plan): string {
  const modes = new Set(plan.steps.map((step) => step.lock.mode));
  const parts = [
    plan.steps.some((step) => step.destructive) ? '**D** destructive' : '',
    plan.steps.some((step) => step.blocked !== null) ? '**B** blocked' : '',
    modes.has('ACCESS SHARE') ? 'L1 nobody waits' : '',
    modes.has('SHARE ROW EXCLUSIVE') ? 'L2 `SHARE ROW EXCLUSIVE`, writers wait' : '',
    modes.has('ACCESS EXCLUSIVE') ? 'L3 `ACCESS EXCLUSIVE`, readers wait too' : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'No locks on tables.' : `${parts.join('; ')}.`;
}
