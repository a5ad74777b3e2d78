import { createHash } from 'node:crypto';
import type { Ledger } from '../ledger/model.ts';
import type { Policy, RequiredApproval, Step } from './model.ts';

type Destructive = Pick<Step, 'id' | 'kind' | 'address' | 'destructive' | 'hits'>;

/**
 * The id that approves exactly these destructive steps of one topology (DESIGN 5): no counts, sizes, times or revision.
 * `birth`: what the step hits, told apart from a later one of the same name.
 */
export function approvalId(steps: readonly Destructive[]): string {
  const named = steps.map((step) => `${step.kind} ${step.address} ${step.hits.length === 0 ? '1' : step.hits.join(',')}`).toSorted();
  const hash = createHash('sha256').update(named.join('\n')).digest('hex');
  return `${hash.slice(0, 4)}-${hash.slice(4, 8)}`;
}

/** At most one: the approval of all destructive steps. Given when its id was named now, or when each step was approved before. */
export function approvalsOf(topology: string, steps: readonly Destructive[], ledger: Ledger, policy: Policy): readonly RequiredApproval[] {
  const destructive = steps.filter((step) => step.destructive);
  if (destructive.length === 0) return [];
  const id = approvalId(destructive);
  const approvedBefore = destructive.every((step) =>
    ledger.approvals.some((approval) => approval.topology === topology && approval.step === step.id),
  );
  return [{ id, steps: destructive.map((step) => step.id), given: policy.approvals.includes(id) || approvedBefore }];
}

/** Whether every one of these steps may be carried out: their id was named now, or each was approved before. */
export function isApproved(topology: string, steps: readonly Destructive[], ledger: Ledger, policy: Policy): boolean {
  return approvalsOf(topology, steps, ledger, policy).every((required) => required.given);
}
