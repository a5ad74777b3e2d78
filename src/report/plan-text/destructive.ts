/**
 * The steps that cannot be undone without a copy, in a block of their own, with the exact text that approves them.
 */
import type { Plan, RequiredApproval } from '../../plan/model.ts';
import type { Step } from '../../plan/step-model.ts';
import { formatRanges } from '../../lib/format.ts';
import { indented } from '../layout.ts';
import type { Style } from '../style.ts';
import { orderedSteps, shortAddress, stepNumbers, stepWhat } from '../address.ts';
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
  const lines = plan.approvals.required.flatMap((approval) => indented(2, approvalState(plan, approval), width));
  const ways = approvalWays(plan);
  return [
    ...lines,
    ...ways.flatMap(({ say, text }) => [...indented(2, `${say}:`, width), ...text.split('\n').map((line) => `    ${line}`)]),
  ];
}

function approvalState(plan: Plan, approval: RequiredApproval): string {
  const what = `Approval ${approval.id} for ${stepsText(stepNumbers(plan, approval.steps))}`;
  if (!approval.given) return `${what} is missing.`;
  return approval.cap === undefined ? `${what} is given.` : `${what} is given, and over a limit of this host: ${approval.cap}.`;
}

/** One way to approve what is missing: what it is, and the text to be pasted as it is. */
export interface ApprovalWay {
  readonly by: 'git' | 'ledger' | 'run';
  readonly say: string;
  readonly text: string;
  /** `yaml` for what goes into the topology's file. */
  readonly language: 'sh' | 'yaml';
}

/**
 * Every way to approve what is missing: a removal in git first, as it is declared there; a person's word in the ledger; the run that carries
 * it out. What is over a cap only a person's. A topology that no file names has only the run.
 */
export function approvalWays(plan: Plan): readonly ApprovalWay[] {
  const over = plan.approvals.required.filter((approval) => approval.cap !== undefined).map((approval) => approval.id);
  const missing = missingApprovals(plan);
  if (over.length > 0)
    return told([
      { by: 'ledger', say: 'A person may pass the cap, with exactly these steps', text: wordFor(plan, over, true), language: 'sh' },
      { by: 'run', say: 'A person may pass the cap, with exactly these steps', text: commandFor(plan, over), language: 'sh' },
    ]);
  if (missing.length === 0) return [];
  const removed = plan.file === '' ? [] : removedLinks(plan);
  const entries = removed.map((link) => `{link: ${link}, plan: ${missing[0]}, reclaim: teardown}`);
  return told([
    ...(removed.length === 0
      ? []
      : [
          {
            by: 'git',
            say: `To approve exactly these steps in git, in ${plan.file}`,
            text: `removed: [${entries.join(', ')}]`,
            language: 'yaml',
          } as const,
        ]),
    {
      by: 'ledger',
      say: 'To approve exactly these steps, for the controller or the next run',
      text: wordFor(plan, missing, false),
      language: 'sh',
    },
    { by: 'run', say: 'To approve exactly these steps and carry out the plan', text: commandFor(plan, missing), language: 'sh' },
  ]);
}

/** The first as it is, the others as what may be done instead. A word in the ledger needs a file to be planned from. */
function told(ways: readonly ApprovalWay[]): readonly ApprovalWay[] {
  const instead = {
    git: '',
    ledger: 'Or in the ledger, for the controller or the next run',
    run: 'Or now, and to carry out the plan',
  };
  return ways
    .filter((way) => way.by !== 'ledger' || way.text !== '')
    .map((way, index) => (index === 0 ? way : { ...way, say: instead[way.by] }));
}

/** The same beside a controller, which holds the lock and carries out itself what is approved. */
export function waysBesideController(plan: Plan): readonly ApprovalWay[] {
  return approvalWays(plan)
    .filter((way) => way.by !== 'run')
    .map((way) => (way.by === 'git' ? way : { ...way, say: 'On the host; the controller then carries it out' }));
}

/** Links that the missing approval would remove, as the file names them: `b -> c`. */
function removedLinks(plan: Plan): readonly string[] {
  const addresses = new Set(plan.steps.filter((step) => step.kind === 'forget').map((step) => step.address));
  return plan.changes
    .filter((change) => change.action === 'remove' && addresses.has(change.address))
    .filter((change) => plan.steps.some((step) => step.address === change.address && step.blocked?.startsWith('approval ') === true))
    .map((change) => shortAddress(plan, change.address).replace('-', ' -> '));
}

/** The command that approves these ids: `goatherd reconcile topologies/orders.yaml --approve 52fe-9103`. */
function commandFor(plan: Plan, ids: readonly string[]): string {
  const what = plan.file === '' ? `--destroy ${plan.topology}` : quoted(plan.file);
  return ['goatherd reconcile', what, ...ids.map((id) => `--approve ${id}`)].join(' ');
}

/** The command that writes a person's word into the ledger, one a line: `goatherd approve 52fe-9103 topologies/orders.yaml`; empty without a file. */
function wordFor(plan: Plan, ids: readonly string[], overCap: boolean): string {
  if (plan.file === '') return '';
  return [...new Set(ids)]
    .map((id) => ['goatherd approve', id, quoted(plan.file), ...(overCap ? ['--over-cap'] : [])].join(' '))
    .join('\n');
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:@%+,-]*$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
