import type { PastRun } from '../../ledger/model.ts';
import type { RunRecord } from './run-model.ts';

/** What the history keeps of a run that has ended; null of one that did nothing. */
export function pastRunOf(record: RunRecord, about: Pick<PastRun, 'command' | 'revision' | 'fingerprint'>): PastRun | null {
  const stepsDone = record.steps.filter((step) => step.state === 'done').length;
  const stepsFailed = record.steps.filter((step) => step.state === 'failed').length;
  if (stepsDone + stepsFailed === 0 || record.endedAt === null) return null;
  return {
    ...about,
    topology: record.topology,
    run: record.run,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    outcome: record.outcome ?? 'interrupted',
    reason: record.reason,
    stepsDone,
    stepsFailed,
  };
}
