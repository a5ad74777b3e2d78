import { describe, expect, test } from 'vitest';
import { emptyRunState, type RunEvent, type RunState } from '../../../src/report/run/run-model.ts';
import { runEventText } from '../../../src/report/run/run-event.ts';
import { reduceRun, reduceRuns } from '../../../src/report/run/run-state.ts';
import { liveView } from '../../../src/report/run/run-text.ts';
import { expectGolden } from './golden.ts';
import { chainEvents, copying, failing } from './runs.ts';

/** The log of these events, as a non-terminal gets it. */
function log(events: readonly RunEvent[]): string {
  const lines: string[] = [];
  events.reduce<RunState>((state, event) => {
    const next = reduceRun(state, event);
    lines.push(runEventText(event, next));
    return next;
  }, emptyRunState);
  return lines.map((line) => `${line}\n`).join('');
}

const now = (events: readonly RunEvent[]): number => (events.at(-1)?.time ?? 0) + 2000;
const view = (events: readonly RunEvent[], height?: number): string =>
  liveView(reduceRuns(emptyRunState, events), { now: now(events), width: 110, ...(height === undefined ? {} : { height }) })
    .map((line) => `${line}\n`)
    .join('');

describe('the log of a run', () => {
  test('has one line for each event', () => {
    expectGolden('run.log', log(chainEvents));
    expect(log(chainEvents).trimEnd().split('\n')).toHaveLength(chainEvents.length);
  });

  test('names the topology where there are several, and shows failures with what to do', () => {
    expectGolden('run-several.log', log([...copying, ...failing]));
  });

  test('keeps one line for a message of several', () => {
    const text = log([...copying, { time: 0, topology: 'orders', kind: 'message', level: 'error', text: 'first\nsecond\u001b[2J' }]);
    expect(text).toContain('error: first second\n');
  });

  test('shows events of a step that is not known', () => {
    expect(log([{ time: 0, topology: 'x', kind: 'step_start', step: 'a-b/triggers' }])).toBe('00:00:00         a-b/triggers\n');
  });
});

describe('the live view', () => {
  test('of a step at work says what it waits for', () => {
    expectGolden('live-triggers.txt', view(chainEvents.slice(0, 7)));
  });

  test('of a copy', () => {
    expectGolden('live-copy.txt', view(copying));
  });

  test('of several topologies, one of them failed', () => {
    expectGolden('live-failed.txt', view([...copying, ...failing]));
  });

  test('of a run that ended', () => {
    expectGolden('live-end.txt', view(chainEvents));
  });

  test.each([5, 6, 8, 12])('fits into %i rows with what is at work in sight', (height) => {
    const text = view(chainEvents.slice(0, 7), height);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(height);
    expect(text).toContain('31/42 tables');
  });

  test('is never wider than the terminal', () => {
    const lines = liveView(reduceRuns(emptyRunState, [...copying, ...failing]), { now: now(copying), width: 40 });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });
});

describe('the state of runs', () => {
  const step = (state: RunState, id: string) => state.runs[0]?.steps.find((one) => one.id === id);

  test('begins a step once, however often it is tried', () => {
    const state = reduceRuns(emptyRunState, [
      chainEvents[0]!,
      { time: 1, topology: 'orders', kind: 'step_start', step: 'b-c/triggers' },
      { time: 2, topology: 'orders', kind: 'step_blocked', step: 'b-c/triggers', reason: 'locked' },
      { time: 9, topology: 'orders', kind: 'step_start', step: 'b-c/triggers' },
    ]);
    expect(step(state, 'b-c/triggers')).toMatchObject({ state: 'running', startedAt: 1, blocked: null });
  });

  test('keeps what is done, and what is at work, through a new plan', () => {
    const state = reduceRuns(emptyRunState, chainEvents.slice(0, 13));
    expect(state.runs[0]?.steps.map((one) => one.state)).toEqual(['done', 'done', 'done', 'done', 'waiting']);
    expect(step(state, 'a-b/wait_copy')?.progress?.done).toBe(27);
  });

  test('keeps no more of a step than a run shows', () => {
    expect(Object.keys(step(reduceRuns(emptyRunState, copying), 'b-c/triggers')!)).not.toContain('work');
  });

  test('knows a run that was refused before it began', () => {
    const state = reduceRun(emptyRunState, {
      time: 5,
      topology: 'orders',
      kind: 'summary',
      outcome: 'lock_held',
      reason: 'controller on hub1, pid 77',
    });
    expect(state.runs[0]).toMatchObject({ outcome: 'lock_held', steps: [] });
  });

  test('is not changed by events of what it does not know', () => {
    expect(reduceRun(emptyRunState, { time: 0, topology: 'x', kind: 'step_start', step: 'y' })).toBe(emptyRunState);
  });
});
