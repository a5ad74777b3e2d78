/**
 * The live view of runs on a terminal: the lines to draw now, given what is known and the time.
 */
import { formatDuration, plural } from '../../lib/format.ts';
import { cleaned, indented, padEnd, padStart, widthOf } from '../layout.ts';
import { amountTexts, barText, reasonTexts } from './progress-text.ts';
import { stepText, summaryText } from './run-event.ts';
import type { RunRecord, RunState, RunStep, StepState } from './run-model.ts';
import { plainStyle, type Style } from '../style.ts';

export interface LiveOptions {
  /** Epoch milliseconds, for what has passed since. */
  readonly now: number;
  /** Columns and rows of the terminal: what is longer is cut, so that a redraw knows how many rows there are; idle steps fold. */
  readonly width?: number;
  readonly height?: number;
  readonly style?: Style;
}

const signs: Readonly<Record<StepState, string>> = { done: 'ok', running: '>>', waiting: '||', pending: '..', blocked: '!!', failed: 'XX' };

/** Columns left of a step's number: indentation and sign. */
const gutter = 5;

interface Line {
  readonly sign: string;
  readonly state: StepState | null;
  readonly text: string;
}

/**
 * The lines of the view, none wider than `width`, at most `height` of them: for each run a head, then each step with its state (`ok` done,
 * `>>` at work, `||` waiting, `..` to come, `!!` blocked, `XX` failed), counts, bytes, rows, rate, time to go, and what it waits for.
 */
export function liveView(state: RunState, options: LiveOptions): string[] {
  const style = options.style ?? plainStyle;
  const width = Math.max(20, options.width ?? 100);
  const runs = cleaned(state.runs);
  const height = Math.max(3, options.height ?? Number.POSITIVE_INFINITY);
  const share = Math.max(3, Math.floor(height / Math.max(1, runs.length)));
  const lines = runs.flatMap((run) => runLines(run, options.now, width, share));
  return (lines.length > height ? lines.slice(lines.length - height) : lines).map((line) => drawn(line, width, style));
}

function runLines(run: RunRecord, now: number, width: number, height: number): Line[] {
  const head: Line = { sign: '', state: null, text: headText(run, now) };
  const whatWidth = Math.min(60, Math.max(0, ...run.steps.map((step) => widthOf(stepText(run, step)))));
  const rows = run.steps.map((step, index) => ({ step, lines: stepLines(run, step, index, { now, width, whatWidth }) }));
  return [head, ...folded(rows, height - 1)];
}

function headText(run: RunRecord, now: number): string {
  if (run.outcome !== null) return summaryText(run);
  const done = run.steps.filter((step) => step.state === 'done').length;
  return `${run.topology}   ${done} of ${plural(run.steps.length, 'step')} done   ${formatDuration(Math.max(0, now - run.startedAt) / 1000)}`;
}

interface RowOptions {
  readonly now: number;
  readonly width: number;
  readonly whatWidth: number;
}

/** The step with its time, and below it how far it is and why it waits: what matters most is never cut, it wraps. */
function stepLines(run: RunRecord, step: RunStep, index: number, { now, width, whatWidth }: RowOptions): Line[] {
  const place = padStart(String(index + 1), String(run.steps.length).length);
  const result = step.state === 'done' ? (step.result ?? '') : '';
  const parts = [padEnd(stepText(run, step), whatWidth), timeText(step, now), result].filter((part) => part !== '');
  const first: Line = { sign: signs[step.state], state: step.state, text: `${place} ${step.symbol} ${parts.join('  ')}` };
  const indent = place.length + 3;
  const details = detailTexts(step, run.steps[index - 1]).flatMap((text) => indented(indent, text, width - gutter).slice(0, 3));
  return [first, ...details.map((text) => ({ sign: '', state: step.state, text }))];
}

function detailTexts(step: RunStep, previous: RunStep | undefined): string[] {
  switch (step.state) {
    case 'pending':
    case 'done':
      return [];
    case 'blocked':
      // Steps that one reason blocks stand together, and say it once.
      return step.blocked === null || previous?.blocked === step.blocked ? [] : [`blocked: ${step.blocked}`];
    case 'failed':
      return step.error === null
        ? []
        : [`${step.error.code}: ${step.error.message}`, step.error.hint === null ? '' : `-> ${step.error.hint}`].filter(
            (text) => text !== '',
          );
    case 'running':
    case 'waiting':
      return step.progress === null
        ? []
        : [[barText(step.progress), ...amountTexts(step.progress)].filter((part) => part !== '').join('  '), ...reasonTexts(step.progress)];
  }
}

/** How long it took, or has taken so far. */
function timeText(step: RunStep, now: number): string {
  if (step.startedAt === null) return '';
  const seconds = Math.max(0, (step.endedAt ?? now) - step.startedAt) / 1000;
  return step.endedAt === null ? `for ${formatDuration(Math.floor(seconds))}` : formatDuration(seconds);
}

interface StepRows {
  readonly step: RunStep;
  readonly lines: readonly Line[];
}

/** What is at work stays whole; around it, steps that are done and steps to come fold into one line each until all fits. */
function folded(rows: readonly StepRows[], height: number): Line[] {
  const all = rows.flatMap((row) => row.lines);
  if (all.length <= height) return [...all];
  const isActive = (row: StepRows): boolean => !['done', 'pending'].includes(row.step.state);
  const firstActive = rows.findIndex((row) => row.step.state !== 'done');
  const split = firstActive < 0 ? rows.length : firstActive;
  const [before, rest] = [rows.slice(0, split), rows.slice(split)];
  const active = rest.filter(isActive).flatMap((row) => row.lines);
  const idle = rest.filter((row) => !isActive(row));
  const foldedBefore: Line[] =
    before.length === 0 ? [] : [{ sign: signs.done, state: 'done', text: `${plural(before.length, 'step')} done` }];
  const room = Math.max(0, height - foldedBefore.length - active.length - 1);
  // In their order, as many of the others as there is room for.
  const shown = new Set(idle.slice(0, room));
  const middle = rest
    .filter((row) => isActive(row) || shown.has(row))
    .flatMap((row) => (isActive(row) ? row.lines : row.lines.slice(0, 1)));
  const hidden = idle.length - shown.size;
  const foldedRest: Line[] = hidden === 0 ? [] : [{ sign: signs.pending, state: 'pending', text: plural(hidden, 'more step') }];
  const fitting = middle.slice(0, Math.max(0, height - foldedBefore.length - foldedRest.length));
  return [...foldedBefore, ...fitting, ...foldedRest].slice(0, Math.max(0, height));
}

/** Cut to the width before it is painted: an escape sequence cut in half would colour the rest of the screen. */
function drawn(line: Line, width: number, style: Style): string {
  if (line.state === null) return style.heading(clipped(line.text, width));
  const sign = padEnd(line.sign, 2);
  return `  ${paintState(sign, line.state, style)} ${clipped(line.text, width - gutter)}`.trimEnd();
}

function clipped(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}~`;
}

function paintState(text: string, state: StepState, style: Style): string {
  switch (state) {
    case 'done':
      return style.good(text);
    case 'running':
      return style.heading(text);
    case 'waiting':
    case 'blocked':
      return style.warn(text);
    case 'pending':
      return style.faint(text);
    case 'failed':
      return style.bad(text);
  }
}
