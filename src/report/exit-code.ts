/**
 * Exit codes (DESIGN 3). `detailed` is the code under `--detailed-exitcode`, `plain` the one without it.
 */
import type { Plan } from '../plan/model.ts';
import type { RunOutcome, RunRecord } from './run/run-model.ts';

export interface ExitCodes {
  readonly plain: number;
  readonly detailed: number;
}

/** The first of these that occurs is the code of the whole; 64 is given before anything is planned. */
const precedence = [64, 78, 23, 22, 1, 20, 21, 2, 0];

/** The code that goes before the others; 0 for none. A code that is not in the contract counts as an error, 1. */
export function worstExitCode(codes: readonly number[]): number {
  const known = codes.map((code) => (precedence.includes(code) ? code : 1));
  return precedence.find((code) => known.includes(code)) ?? 0;
}

/** Of a dry run: 0 because plans could be made; detailed 20 when something is blocked, else 2 when something would change or has drifted. */
export function planExitCodes(plans: readonly Plan[]): ExitCodes {
  return { plain: 0, detailed: worstExitCode(plans.map(detailedOf)) };
}

function detailedOf(plan: Plan): number {
  if (isBlocked(plan)) return 20;
  return plan.verdict === 'in_sync' && plan.steps.length === 0 && plan.changes.length === 0 ? 0 : 2;
}

/** Whether something the plan wants, or a link of it, is held back; a `Suspect` link and a table left out are not (DESIGN 3). */
export function isBlocked(plan: Plan): boolean {
  return (
    plan.verdict === 'blocked' || plan.steps.some((step) => step.blocked !== null) || plan.links.some((link) => link.state === 'blocked')
  );
}

/** Of runs that have ended; one that has not is not converged. Detailed, drift that the policy leaves alone counts as 2. */
export function runExitCodes(runs: readonly RunRecord[]): ExitCodes {
  const codes = runs.map((run) => outcomeExitCode(run.outcome ?? 'interrupted'));
  const drift = runs.some((run) => run.driftLeft) ? [2] : [];
  return { plain: worstExitCode(codes), detailed: worstExitCode([...codes, ...drift]) };
}

/** The code of one run's outcome. */
export function outcomeExitCode(outcome: RunOutcome): number {
  switch (outcome) {
    case 'converged':
    case 'adopted':
      return 0;
    case 'failed':
      return 1;
    case 'blocked':
      return 20;
    case 'not_converged':
    case 'interrupted':
      return 21;
    case 'stale':
      return 22;
    case 'lock_held':
      return 23;
    case 'invalid':
      return 78;
  }
}
