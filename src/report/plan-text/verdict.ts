/**
 * The verdict in words: the same sentences stand on line 2 of the text, on its last line and in the Markdown.
 */
import type { Change, Plan, Verdict } from '../../plan/model.ts';
import { formatRanges, joinWords, plural } from '../../lib/format.ts';
import { sentence } from '../layout.ts';
import { shortAddress } from '../address.ts';

/** `IN SYNC`, `CHANGES`, `DRIFT`, `BLOCKED`. */
export function verdictWord(verdict: Verdict): string {
  switch (verdict) {
    case 'in_sync':
      return 'IN SYNC';
    case 'changes':
      return 'CHANGES';
    case 'drift':
      return 'DRIFT';
    case 'blocked':
      return 'BLOCKED';
  }
}

/** Whether there is nothing to do and nothing to say but that. */
export function isQuiet(plan: Plan): boolean {
  return plan.verdict === 'in_sync' && plan.steps.length === 0 && plan.changes.length === 0;
}

/** `2 links to create, 0 to change, 0 to remove; 1 fact has drifted.` */
export function countsSentence(plan: Plan): string {
  const { create, change, remove, drift } = plan.counts;
  const drifted = drift === 0 ? '' : `${drift === 1 ? '1 fact has' : `${plural(drift, 'fact')} have`} drifted${leftText(plan)}`;
  if (create + change + remove === 0) return sentence(drifted === '' ? 'Nothing to create, change or remove' : drifted);
  const parts = [
    `${counted(plan, 'create', create)} to create`,
    `${counted(plan, 'change', change)} to change`,
    `${counted(plan, 'remove', remove)} to remove`,
  ];
  return sentence([parts.join(', '), drifted].filter((part) => part !== '').join('; '));
}

/** `, 1 of them is left as it is`; empty when all of it is put back. */
function leftText(plan: Plan): string {
  const left = plan.changes
    .filter((change) => change.drift !== undefined && change.drift.treatment !== 'heal')
    .reduce((sum, change) => sum + (change.drift?.keys.length ?? 0), 0);
  if (left === 0) return '';
  if (left === plan.counts.drift) return left === 1 ? ' and is left as it is' : ' and are left as they are';
  return `, ${left} of them ${left === 1 ? 'is left as it is' : 'are left as they are'}`;
}

/** The count with its noun where all that it counts is of one kind; a bare number where it is zero or mixed. */
function counted(plan: Plan, action: Change['action'], count: number): string {
  const addresses = plan.changes.filter((change) => change.action === action).map((change) => shortAddress(plan, change.address));
  if (count === 0 || addresses.length !== count) return String(count);
  // A link is `a-b`, a database `a` (the names have no dash).
  if (addresses.every((address) => /^[^-/]+-[^-/]+$/.test(address))) return plural(count, 'link');
  if (addresses.every((address) => /^[^-/]+$/.test(address))) return plural(count, 'database');
  return String(count);
}

/** `13 steps, 2 of them waits.` */
export function stepsSentence(plan: Plan): string {
  const { steps, waits } = plan.counts;
  if (steps === 0) return 'No steps.';
  if (waits === 0) return `${plural(steps, 'step')}, no waits.`;
  return `${plural(steps, 'step')}, ${waits} of them ${waits === 1 ? 'a wait' : 'waits'}.`;
}

/** Ids of the approvals that are still wanted, in order. */
export function missingApprovals(plan: Plan): readonly string[] {
  return [...new Set(plan.approvals.required.filter((approval) => !approval.given).map((approval) => approval.id))];
}

/** `No approval needed.`, `Needs approval 52fe-9103.`, `Approval 52fe-9103 is given.` */
export function approvalSentence(plan: Plan): string {
  const missing = missingApprovals(plan);
  if (missing.length > 0) return `Needs ${missing.length === 1 ? 'approval' : 'approvals'} ${joinWords(missing)}.`;
  const given = [...new Set(plan.approvals.required.map((approval) => approval.id))];
  if (given.length === 0 && plan.steps.some((step) => step.blocked === 'protected')) return 'What is protected, no approval removes.';
  if (given.length === 0) return plan.steps.length === 0 ? '' : 'No approval needed.';
  const cap = plan.approvals.required.find((approval) => approval.cap !== undefined)?.cap;
  const over = cap === undefined ? '' : `, and over a limit of this host: ${cap}`;
  return `${given.length === 1 ? 'Approval' : 'Approvals'} ${joinWords(given)} ${given.length === 1 ? 'is' : 'are'} given${over}.`;
}

/** `All 6 steps are blocked.`, `Steps 8-13 are blocked, the others go on.`; empty when none is. */
export function blockedSentence(plan: Plan): string {
  const blocked = plan.steps.filter((step) => step.blocked !== null).map((step) => step.seq);
  if (blocked.length === 0) return '';
  if (blocked.length === plan.steps.length)
    return blocked.length === 1 ? 'Its only step is blocked.' : `All ${blocked.length} steps are blocked.`;
  return `${blocked.length === 1 ? 'Step' : 'Steps'} ${formatRanges(blocked)} ${blocked.length === 1 ? 'is' : 'are'} blocked, the others go on.`;
}

/** `2 preflight errors (b-c).`; empty when there are none. */
export function errorsSentence(plan: Plan): string {
  const errors = plan.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (errors.length === 0) return '';
  const where = [...new Set(errors.map((error) => shortAddress(plan, error.address)))].toSorted();
  return `${plural(errors.length, 'preflight error')} (${where.join(', ')}).`;
}

/** `Suspect: b-c (3 tables were skipped because they held rows).`; empty when no link is. */
export function suspectSentence(plan: Plan): string {
  const suspects = plan.links.filter((link) => link.suspect !== null);
  if (suspects.length === 0) return '';
  return sentence(
    `Suspect: ${suspects.map((link) => `${shortAddress(plan, link.address)} (${(link.suspect ?? '').replace(/\.$/, '')})`).join(', ')}`,
  );
}

/** `Suspended: a-b.`; who, when and why stand below. */
function suspendedSentence(plan: Plan): string {
  const suspended = plan.diagnostics.filter((one) => one.code === 'Suspended').map((one) => shortAddress(plan, one.address));
  return suspended.length === 0 ? '' : `Suspended: ${suspended.join(', ')}.`;
}

/** The sentences of the verdict, in order. */
export function verdictSentences(plan: Plan): string[] {
  return [
    countsSentence(plan),
    errorsSentence(plan),
    blockedSentence(plan),
    stepsSentence(plan),
    approvalSentence(plan),
    suspendedSentence(plan),
    suspectSentence(plan),
  ].filter((part) => part !== '');
}
