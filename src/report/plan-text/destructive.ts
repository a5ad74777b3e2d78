/**
 * The steps that cannot be undone without a copy, in a block of their own, with the exact text that approves them.
 */
import type { Plan, Step } from '../../plan/model.ts';
import { formatRanges } from '../../lib/format.ts';
import { indented } from '../layout.ts';
import type { Style } from '../style.ts';
import { orderedSteps, stepNumbers, stepWhat } from '../address.ts';
import { missingApprovals } from './verdict.ts';

/** The block `Destructive`; nothing when no step is and no approval is wanted. */
export function destructiveLines(plan: Plan, width: number, style: Style): string[] {
  const steps = orderedSteps(plan).filter((step) => step.destructive);
  if (steps.length === 0 && plan.approvals.required.length === 0) return [];
  return [
    style.bad('Destructive'),
    ...steps.flatMap((step) => [
      ...indented(
        2,
        [`${step.seq} ${step.symbol} ${stepWhat(plan, step)}`, destructiveWhy(step)].filter((part) => part !== '').join('   '),
        width,
      ),
      ...step.before.flatMap((fact) => indented(6, fact, width)),
    ]),
    ...indented(2, keptSentence(steps), width),
    ...approvalLines(plan, width),
  ];
}

/** What cannot be undone, where the step's own sentence does not say it. */
export function destructiveWhy(step: Step): string {
  if (step.hazards.includes('LOSES_RESUME')) return '(coming back needs a copy)';
  return step.hazards.includes('EMPTIES_TABLES') ? '' : '(cannot be undone)';
}

/** What users keep: rule 12 promises that no table of theirs is dropped. */
export function keptSentence(steps: readonly Step[]): string {
  const empties = steps.some((step) => step.hazards.includes('EMPTIES_TABLES'));
  return empties
    ? 'Kept: every table of yours stays; the rows of the tables named above are deleted on the target and copied anew from the source.'
    : 'Kept: every table of yours with all its rows.';
}

/** `step 3`, `steps 3-5, 9`. */
export function stepsText(numbers: readonly number[]): string {
  return numbers.length === 0 ? 'its steps' : `${numbers.length === 1 ? 'step' : 'steps'} ${formatRanges(numbers)}`;
}

function approvalLines(plan: Plan, width: number): string[] {
  const missing = missingApprovals(plan);
  const lines = plan.approvals.required.flatMap((approval) => {
    const what = stepsText(stepNumbers(plan, approval.steps));
    return indented(
      2,
      approval.given ? `Approval ${approval.id} for ${what} is given.` : `Approval ${approval.id} for ${what} is missing.`,
      width,
    );
  });
  if (missing.length === 0) return lines;
  return [...lines, '  To approve exactly these steps and carry out the plan:', `    ${approveCommand(plan)}`];
}

/** The command that approves what is missing, to be pasted as it is: `goatherd reconcile topologies/orders.yaml --approve 52fe-9103`. */
export function approveCommand(plan: Plan): string {
  return ['goatherd reconcile', quoted(plan.file), ...missingApprovals(plan).map((id) => `--approve ${id}`)]
    .filter((part) => part !== '')
    .join(' ');
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:@%+,-]*$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
