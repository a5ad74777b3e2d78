import { describe, expect, test } from 'vitest';
import { outcomeExitCode, planExitCodes, runExitCodes, worstExitCode } from '../../../src/report/exit-code.ts';
import type { RunOutcome, RunRecord } from '../../../src/report/run/run-model.ts';
import {
  approved,
  blockedByApproval,
  blockedByPreflight,
  drift,
  newChain,
  noOp,
  noOpWithWarnings,
  partlyUnreachable,
  stopped,
  stoppedInSync,
} from './plans.ts';

const run = (outcome: RunOutcome | null, driftLeft = false): RunRecord => ({
  topology: 'orders',
  run: '1',
  startedAt: 0,
  endedAt: outcome === null ? null : 1,
  outcome,
  reason: null,
  driftLeft,
  steps: [],
});

describe('exit codes', () => {
  test.each([
    ['in sync', [noOp], 0],
    ['in sync, but suspect and with warnings', [noOpWithWarnings], 0],
    ['stopped as declared', [stoppedInSync], 0],
    ['no plan at all', [], 0],
    ['changes', [newChain], 2],
    ['to be stopped', [stopped], 2],
    ['drift', [drift], 2],
    ['destructive and approved', [approved], 2],
    ['approval missing', [blockedByApproval], 20],
    ['preflight errors', [blockedByPreflight], 20],
    ['a database that does not answer', [partlyUnreachable], 20],
    ['one blocked among changes', [newChain, blockedByApproval, noOp], 20],
    ['drift among those in sync', [noOp, drift], 2],
    ['in sync with a suspended link', [{ ...noOp, links: noOp.links.map((link) => ({ ...link, state: 'blocked' as const })) }], 20],
  ])('of a dry run: %s', (_name, plans, detailed) => {
    expect(planExitCodes(plans)).toEqual({ plain: 0, detailed });
  });

  test.each<[RunOutcome, number]>([
    ['converged', 0],
    ['failed', 1],
    ['blocked', 20],
    ['not_converged', 21],
    ['interrupted', 21],
    ['stale', 22],
    ['lock_held', 23],
    ['invalid', 78],
  ])('of a run that ended %s', (outcome, code) => {
    expect(outcomeExitCode(outcome)).toBe(code);
    expect(runExitCodes([run('converged'), run(outcome)])).toEqual({ plain: code, detailed: code });
  });

  test('of a run count drift that is left only when asked in detail', () => {
    expect(runExitCodes([run('converged', true)])).toEqual({ plain: 0, detailed: 2 });
    expect(runExitCodes([run('blocked', true)])).toEqual({ plain: 20, detailed: 20 });
  });

  test('of a run that has not ended is 21', () => {
    expect(runExitCodes([run(null)]).plain).toBe(21);
  });

  test('have one precedence: 78, 23, 22, 1, 20, 21, 2', () => {
    const order = [78, 23, 22, 1, 20, 21, 2, 0];
    for (const [index, code] of order.entries()) expect(worstExitCode(order.slice(index).toReversed())).toBe(code);
    expect(worstExitCode([])).toBe(0);
    expect(worstExitCode([2, 137])).toBe(1);
  });
});
