import { formatCount, formatDuration } from '../../../lib/format.ts';
import { shortAddress } from '../../address.ts';
import { amountTexts, reasonTexts } from '../../run/progress-text.ts';
import type { RunRecord, RunStep } from '../../run/run-model.ts';
import { type Content, type Html, html } from '../html.ts';
import { agoTime, exactTime } from '../time.ts';
import { badge, toneOfOutcome, toneOfStep, words } from '../tone.ts';
import { tableHtml } from '../table.ts';

const columns = [
  { header: '#', number: true, plain: true },
  { header: 'Step', plain: true },
  { header: 'State', plain: true },
  { header: 'Took', number: true, plain: true },
] as const;

/** The run that goes on, step by step; or the last one, where it did not end well. */
export function runSection(run: RunRecord | null, now: number): Html | null {
  if (run === null || (run.outcome === 'converged' && run.endedAt !== null)) return null;
  const goesOn = run.endedAt === null;
  const done = run.steps.filter(({ state }) => state === 'done').length;
  const ended = goesOn
    ? html`${badge('busy', 'running')} since ${exactTime(run.startedAt)}, ${formatCount(done)} of ${formatCount(run.steps.length)} steps done`
    : html`${outcomeBadge(run)} ${agoTime(run.endedAt ?? run.startedAt, now)}${run.reason === null ? '' : `: ${run.reason}`}`;
  return html`<section aria-labelledby="run"><h2 id="run">${goesOn ? 'Running now' : 'Last run'}</h2>
<p class="lead">${ended}</p>
${tableHtml(
  'Steps of the run',
  columns,
  run.steps.map((step) => ({ cells: cellsOf(run, step, now), below: belowOf(step) })),
  'flowing',
)}</section>\n`;
}

function outcomeBadge({ outcome }: RunRecord): Html | null {
  return outcome === null ? null : badge(toneOfOutcome(outcome), words(outcome));
}

function cellsOf(run: RunRecord, step: RunStep, now: number): readonly Content[] {
  const address = shortAddress(run, step.address);
  const took = step.startedAt === null ? null : formatDuration(Math.max(0, ((step.endedAt ?? now) - step.startedAt) / 1000));
  return [
    step.seq,
    html`<span class="symbol" aria-hidden="true">${step.symbol}</span> <code>${address}</code> ${step.what}`,
    badge(toneOfStep(step.state), step.state),
    took,
  ];
}

function belowOf({ state, progress, result, error, blocked }: RunStep): Content {
  if (error !== null)
    return html`<p class="blocked">${error.code}: ${error.message}${error.hint === null ? '' : html`<br>→ ${error.hint}`}</p>`;
  if (state === 'blocked' && blocked !== null) return html`<p class="blocked">${blocked}</p>`;
  if (state === 'done') return result === null ? null : html`<p class="muted">${result}</p>`;
  if (progress === null || (state !== 'running' && state !== 'waiting')) return null;
  return html`<p class="progress">${meter(progress)} ${amountTexts(progress).join(', ')} <span class="muted">${reasonTexts(progress).join('; ')}</span></p>`;
}

function meter({ done, total, bytes, totalBytes }: NonNullable<RunStep['progress']>): Html | null {
  const [part, whole] = bytes !== undefined && totalBytes !== undefined ? [bytes, totalBytes] : [done, total];
  if (whole === null || !(whole > 0)) return null;
  return html`<progress value="${part}" max="${whole}" aria-label="how far it is"></progress>`;
}
