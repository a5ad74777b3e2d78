/**
 * The run of one topology as the JSON document has it (schemas/run.schema.json).
 */
import type { Progress, RunRecord, RunStep } from '../run/run-model.ts';
import { actionOf } from './plan-json.ts';
import { timeJson } from './time-json.ts';

/** Steps with their states, times and durations; bytes and rows as strings. */
export function runJson(run: RunRecord) {
  return {
    topology: run.topology,
    run: run.run,
    started_at: timeJson(run.startedAt),
    ended_at: timeJson(run.endedAt),
    duration_ms: durationMs(run.startedAt, run.endedAt),
    outcome: run.outcome,
    reason: run.reason,
    drift_left: run.driftLeft,
    steps: run.steps.map(stepJson),
  };
}

function stepJson(step: RunStep) {
  return {
    id: step.id,
    seq: step.seq,
    action: actionOf(step.symbol),
    address: step.address,
    what: step.what,
    state: step.state,
    blocked: step.blocked,
    started_at: timeJson(step.startedAt),
    ended_at: timeJson(step.endedAt),
    duration_ms: durationMs(step.startedAt, step.endedAt),
    result: step.result,
    progress: step.progress === null ? null : progressJson(step.progress),
    error: step.error === null ? null : { code: step.error.code, message: step.error.message, hint: step.error.hint },
  };
}

function progressJson(progress: Progress) {
  return {
    done: progress.done,
    total: progress.total,
    unit: progress.unit,
    bytes: bigJson(progress.bytes),
    total_bytes: bigJson(progress.totalBytes),
    rows: bigJson(progress.rows),
    total_rows: bigJson(progress.totalRows),
    skipped: (progress.skipped ?? []).map(({ object, reason }) => ({ object, reason })),
  };
}

/** Counts that may pass 2^53 are strings, so that no reader rounds them. */
function bigJson(count: number | undefined): string | null {
  return count === undefined || !Number.isFinite(count) ? null : BigInt(Math.round(count)).toString();
}

function durationMs(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.max(0, to - from);
}
