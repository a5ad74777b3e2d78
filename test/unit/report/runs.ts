/**
 * The events of a run as they would come from carrying out the new chain, with all that can go wrong on the way.
 */
import type { RunEvent } from '../../../src/report/run/run-model.ts';
import { blockedByApproval, newChain } from './plans.ts';

const start = Date.UTC(2026, 10, 23, 6, 14, 2);
const at = (seconds: number, topology = 'orders') => ({ time: start + seconds * 1000, topology });

export const chainEvents: readonly RunEvent[] = [
  { ...at(0), kind: 'run_start', run: '7', steps: newChain.steps },
  { ...at(0), kind: 'step_start', step: 'b-c/control_database' },
  { ...at(3), kind: 'step_done', step: 'b-c/control_database' },
  { ...at(3), kind: 'step_start', step: 'b-c/register' },
  { ...at(7), kind: 'step_done', step: 'b-c/register', result: '42 tables, 17 sequences' },
  { ...at(7), kind: 'step_start', step: 'b-c/triggers' },
  {
    ...at(40),
    kind: 'step_progress',
    step: 'b-c/triggers',
    progress: {
      done: 31,
      total: 42,
      unit: 'tables',
      rate: 0.9,
      etaSeconds: 12,
      waitingFor: 'a lock on public.events, held by pid 991 (psql), idle in transaction for 00:07:12',
      skipped: [
        { object: 'public.events', reason: 'pid 991 idle in transaction 00:07:12' },
        { object: 'public.item', reason: 'pid 1003 runs a vacuum against wraparound' },
      ],
    },
  },
  { ...at(95), kind: 'step_done', step: 'b-c/triggers' },
  { ...at(96), kind: 'message', level: 'warning', text: 'the clock of b is 3 s behind' },
  { ...at(97), kind: 'step_start', step: 'a-b/start_daemon' },
  { ...at(99), kind: 'step_done', step: 'a-b/start_daemon', result: 'pid 4711' },
  {
    ...at(1058),
    kind: 'gate_wait',
    step: 'a-b/wait_copy',
    progress: {
      done: 27,
      total: 42,
      unit: 'tables',
      bytes: 71 * 1024 ** 3,
      totalBytes: 118 * 1024 ** 3,
      rows: 812_055_100,
      rate: 48 * 1024 ** 2,
      etaSeconds: 960,
      now: 'public.events',
    },
  },
  {
    ...at(1070),
    kind: 'plan_changed',
    reason: 'revision 51d00aa takes b-c away; the copy of a-b goes on',
    steps: newChain.steps.filter((step) => step.id.startsWith('a-b/wait')),
  },
  { ...at(2600), kind: 'gate_open', step: 'a-b/wait_copy', result: '42 tables, 118 GB' },
  { ...at(2601), kind: 'summary', outcome: 'converged', reason: null },
];

/** Up to the copy that is waited for. */
export const copying = chainEvents.slice(0, 12);

export const failing: readonly RunEvent[] = [
  {
    ...at(0, 'billing'),
    kind: 'run_start',
    run: '8',
    steps: blockedByApproval.steps.map((step) => ({ ...step, address: step.address.replace('orders/', 'billing/') })),
  },
  { ...at(1, 'billing'), kind: 'step_start', step: 'b-c/settings' },
  {
    ...at(2, 'billing'),
    kind: 'step_failed',
    step: 'b-c/settings',
    code: '42501',
    message: 'permission denied for table bucardo_config',
    hint: 'GRANT goatherd the ownership of the control database',
  },
  { ...at(3, 'billing'), kind: 'step_blocked', step: 'b-c/stop_daemon', reason: 'approval 52fe-9103 is missing' },
  { ...at(4, 'billing'), kind: 'summary', outcome: 'failed', reason: 'step 1 failed' },
];
