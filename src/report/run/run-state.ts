/**
 * What is known of the runs of one command: the sum of their events.
 */
import type { Progress, RunEvent, RunRecord, RunState, RunStep, RunStepInfo } from './run-model.ts';

/** The state after the event. Total: an event of a topology or step that is not known changes nothing, except that a summary makes a run. */
export function reduceRun(state: RunState, event: RunEvent): RunState {
  const known = state.runs.find((run) => run.topology === event.topology);
  if (event.kind === 'run_start') return put(state, started(event));
  if (known !== undefined) return put(state, after(known, event));
  return event.kind === 'summary' ? put(state, after(started({ ...event, run: '', steps: [] }), event)) : state;
}

/** The state after all these events. */
export function reduceRuns(state: RunState, events: readonly RunEvent[]): RunState {
  return events.reduce(reduceRun, state);
}

function put(state: RunState, record: RunRecord): RunState {
  const at = state.runs.findIndex((run) => run.topology === record.topology);
  return { runs: at < 0 ? [...state.runs, record] : state.runs.with(at, record) };
}

function started(event: {
  readonly time: number;
  readonly topology: string;
  readonly run: string;
  readonly steps: readonly RunStepInfo[];
}): RunRecord {
  return {
    topology: event.topology,
    run: event.run,
    startedAt: event.time,
    endedAt: null,
    outcome: null,
    reason: null,
    driftLeft: false,
    steps: event.steps.map(fresh),
  };
}

function fresh(info: RunStepInfo): RunStep {
  const state = info.blocked === null ? 'pending' : 'blocked';
  return { ...picked(info), state, startedAt: null, endedAt: null, progress: null, result: null, error: null };
}

/** Only what a run shows: callers may pass the plan's own steps, which hold much more. */
function picked(info: RunStepInfo): RunStepInfo {
  const { id, seq, symbol, address, what, blocked, estimateSeconds } = info;
  return { id, seq, symbol, address, what, blocked, estimateSeconds };
}

function after(run: RunRecord, event: RunEvent): RunRecord {
  switch (event.kind) {
    case 'run_start':
    case 'message':
      return run;
    case 'plan_changed':
      return { ...run, steps: replanned(run.steps, event.steps) };
    case 'step_start':
      return change(run, event.step, (step) => ({
        ...step,
        ...begun(step, event.time),
        state: 'running',
        blocked: null,
        endedAt: null,
        error: null,
      }));
    case 'step_progress':
      return change(run, event.step, (step) => ({ ...step, ...begun(step, event.time), state: 'running', progress: event.progress }));
    case 'gate_wait':
      return change(run, event.step, (step) => ({ ...step, ...begun(step, event.time), state: 'waiting', progress: event.progress }));
    case 'step_blocked':
      return change(run, event.step, (step) => ({ ...step, state: 'blocked', blocked: event.reason }));
    case 'step_done':
    case 'gate_open':
      return change(run, event.step, (step) => ({
        ...step,
        ...begun(step, event.time),
        state: 'done',
        blocked: null,
        endedAt: event.time,
        progress: settled(step.progress),
        result: event.result ?? null,
      }));
    case 'step_failed':
      return change(run, event.step, (step) => ({
        ...step,
        ...begun(step, event.time),
        state: 'failed',
        endedAt: event.time,
        error: { code: event.code, message: event.message, hint: event.hint },
      }));
    case 'summary':
      return { ...run, endedAt: event.time, outcome: event.outcome, reason: event.reason, driftLeft: event.driftLeft ?? false };
  }
}

function change(run: RunRecord, id: string, with_: (step: RunStep) => RunStep): RunRecord {
  return run.steps.some((step) => step.id === id) ? { ...run, steps: run.steps.map((step) => (step.id === id ? with_(step) : step)) } : run;
}

/** A step begins once: tried again, it goes on counting from its first start. */
function begun(step: RunStep, time: number): Pick<RunStep, 'startedAt'> {
  return { startedAt: step.startedAt ?? time };
}

/** What was last counted stays as it was counted; what was waited for and put off is no news of a step that is done. */
function settled(progress: Progress | null): Progress | null {
  if (progress === null) return null;
  const { now: _now, waitingFor: _waitingFor, skipped: _skipped, rate: _rate, etaSeconds: _etaSeconds, ...counts } = progress;
  return counts;
}

/** Steps that ended stay and come first; the new plan's follow, those at work with what is known of them. */
function replanned(old: readonly RunStep[], infos: readonly RunStepInfo[]): RunStep[] {
  const ids = new Set(infos.map((info) => info.id));
  const ended = old.filter((step) => (step.state === 'done' || step.state === 'failed') && !ids.has(step.id));
  const next = infos.map((info) => {
    const known = old.find((step) => step.id === info.id);
    const atWork = known !== undefined && info.blocked === null && (known.state === 'running' || known.state === 'waiting');
    return atWork ? { ...known, ...picked(info) } : fresh(info);
  });
  return [...ended, ...next];
}
