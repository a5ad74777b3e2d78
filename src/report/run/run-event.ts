/**
 * Events of a run as lines of a log, for what is no terminal: one line each, complete by itself.
 */
import { stepWhat } from '../address.ts';
import { formatDuration, formatTime, plural } from '../../lib/format.ts';
import { cleaned, padStart } from '../layout.ts';
import { amountTexts, reasonTexts } from './progress-text.ts';
import type { RunEvent, RunOutcome, RunRecord, RunState, RunStep } from './run-model.ts';
import { plainStyle, type Style } from '../style.ts';

/**
 * One line, without a line feed: `06:14:05  3/13  + a-b: 126 triggers  31/42 tables  2 put off (public.events: pid 991 …)`. Times are UTC.
 * `state` is the one after the event.
 */
export function runEventText(event: RunEvent, state: RunState, style: Style = plainStyle): string {
  const clean = cleaned(event);
  const run = cleaned(state.runs.find((one) => one.topology === event.topology) ?? null);
  const where = state.runs.length > 1 ? `${clean.topology}  ` : '';
  return `${formatTime(event.time)}  ${where}${lineText(clean, run, style)}`.trimEnd();
}

function lineText(event: RunEvent, run: RunRecord | null, style: Style): string {
  switch (event.kind) {
    case 'run_start': {
      const waits = event.steps.filter((step) => step.symbol === '|').length;
      return remark('*', run, `${event.topology}: ${plural(event.steps.length, 'step')}, ${plural(waits, 'wait')}`);
    }
    case 'plan_changed':
      return remark('!', run, `new plan, ${plural(event.steps.length, 'step')} left: ${event.reason}`);
    case 'message':
      return remark(
        event.level === 'info' ? '*' : '!',
        run,
        event.level === 'info' ? event.text : style.warn(`${event.level}: ${event.text}`),
      );
    case 'step_start':
      return stepLine(event.step, run, []);
    case 'step_progress':
      return stepLine(event.step, run, [...amountTexts(event.progress), ...reasonTexts(event.progress)]);
    case 'gate_wait':
      return stepLine(event.step, run, [
        ...amountTexts(event.progress),
        ...reasonTexts(event.progress),
        event.overdue === true ? style.warn('longer than expected') : '',
      ]);
    case 'step_blocked':
      return stepLine(event.step, run, [style.warn(`blocked: ${event.reason}`)]);
    case 'step_done':
      return stepLine(event.step, run, [style.good(`done${tookText(event.step, run, ' in ')}`), event.result ?? '']);
    case 'gate_open':
      return stepLine(event.step, run, [style.good(`open${tookText(event.step, run, ' after ')}`), event.result ?? '']);
    case 'step_failed':
      return stepLine(event.step, run, [
        style.bad(`FAILED ${event.code}: ${event.message}`),
        event.hint === null ? '' : `-> ${event.hint}`,
      ]);
    case 'summary':
      return remark('*', run, run === null ? `${event.topology} ${outcomeWord(event.outcome)}` : summaryText(run, style));
  }
}

/** Lines that belong to no step stand in the steps' column. */
function remark(symbol: '*' | '!', run: RunRecord | null, text: string): string {
  return `${' '.repeat(placeWidth(run))}  ${symbol} ${text}`;
}

function stepLine(id: string, run: RunRecord | null, parts: readonly string[]): string {
  const index = run === null ? -1 : run.steps.findIndex((step) => step.id === id);
  const step = run?.steps[index];
  const place = step === undefined || run === null ? '' : `${index + 1}/${run.steps.length}`;
  const what = step === undefined || run === null ? id : `${step.symbol} ${stepText(run, step)}`;
  return [padStart(place, placeWidth(run)), what, ...parts].filter((part, at) => at === 0 || part !== '').join('  ');
}

/** What the step does; a wait says so. */
export function stepText(run: RunRecord, step: RunStep): string {
  return step.symbol === '|' ? `WAIT ${stepWhat(run, step)}` : stepWhat(run, step);
}

function placeWidth(run: RunRecord | null): number {
  return Math.max(5, 2 * String(run?.steps.length ?? 0).length + 1);
}

function tookText(id: string, run: RunRecord | null, word: string): string {
  const step = run?.steps.find((one) => one.id === id);
  if (step === undefined || step.startedAt === null || step.endedAt === null) return '';
  return `${word}${formatDuration(Math.max(0, step.endedAt - step.startedAt) / 1000)}`;
}

/** `orders CONVERGED in 1 h 25 min: 13 steps done.`, `orders BLOCKED after 3 s: 4 steps done, 2 blocked, 1 to come. Approval …` */
export function summaryText(run: RunRecord, style: Style = plainStyle): string {
  const took =
    run.endedAt === null
      ? ''
      : ` ${run.outcome === 'converged' ? 'in' : 'after'} ${formatDuration(Math.max(0, run.endedAt - run.startedAt) / 1000)}`;
  const left = (['failed', 'blocked', 'running', 'waiting', 'pending'] as const)
    .map((state) => ({ state, count: run.steps.filter((step) => step.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${leftWord(state)}`);
  const done = plural(run.steps.filter((step) => step.state === 'done').length, 'step');
  const counts = run.steps.length === 0 ? '' : `: ${[`${done} done`, ...left].join(', ')}`;
  const outcome =
    run.outcome === null ? style.warn('AT WORK') : (run.outcome === 'converged' ? style.good : style.bad)(outcomeWord(run.outcome));
  const drift = run.driftLeft && run.outcome !== 'adopted' ? ' Drift is left as it is.' : '';
  const reason = run.reason === null || run.reason === '' ? '' : ` ${/[.!?]$/.test(run.reason) ? run.reason : `${run.reason}.`}`;
  return `${run.topology} ${outcome}${took}${counts}.${reason}${drift}`;
}

function leftWord(state: 'failed' | 'blocked' | 'running' | 'waiting' | 'pending'): string {
  switch (state) {
    case 'failed':
    case 'blocked':
      return state;
    case 'running':
    case 'waiting':
      return 'not ended';
    case 'pending':
      return 'not begun';
  }
}

/** How the run ended, for people. */
export function outcomeWord(outcome: RunOutcome): string {
  switch (outcome) {
    case 'converged':
      return 'CONVERGED';
    case 'adopted':
      return 'ADOPTED';
    case 'blocked':
      return 'BLOCKED';
    case 'failed':
      return 'FAILED';
    case 'not_converged':
      return 'NOT CONVERGED';
    case 'interrupted':
      return 'INTERRUPTED';
    case 'stale':
      return 'REFUSED, THE PLAN IS STALE';
    case 'lock_held':
      return 'REFUSED, ANOTHER RUN HOLDS THE LOCK';
    case 'invalid':
      return 'INVALID';
  }
}
