import { formatCount, formatDuration, plural } from '../../../lib/format.ts';
import { shortFingerprint } from '../../plan-text/header.ts';
import type { RunSummary, TopologySnapshot } from '../../status/snapshot-model.ts';
import { type Content, type Html, html } from '../html.ts';
import { agoTime } from '../time.ts';
import { badge, toneOfOutcome, words } from '../tone.ts';
import { tableHtml } from '../table.ts';

const columns = [
  { header: 'Ended', plain: true },
  { header: 'Outcome', plain: true },
  { header: 'Steps', number: true, plain: true },
  { header: 'Took', number: true },
  { header: 'Revision' },
  { header: 'Plan' },
] as const;

/** A commit as people name it: its first seven digits; other revisions as they are, shortened. */
export function revisionText(revision: string | null): Html {
  if (revision === null) return html`<span class="muted">none</span>`;
  return html`<code title="${revision}">${revision.slice(0, /^[0-9a-f]{40,64}$/.test(revision) ? 7 : 24)}</code>`;
}

/** The runs that did something, newest first. */
export function historySection({ history }: TopologySnapshot, now: number): Html | null {
  if (history.length === 0) return null;
  return html`<section aria-labelledby="history"><h2 id="history">History</h2>
${tableHtml(
  'Runs, newest first',
  columns,
  history.map((run) => ({ cells: cellsOf(run, now), below: run.reason === null ? null : html`<p class="muted">${run.reason}</p>` })),
  'flowing',
)}</section>\n`;
}

function cellsOf(run: RunSummary, now: number): readonly Content[] {
  const failed = run.stepsFailed === 0 ? '' : `, ${plural(run.stepsFailed, 'failed', 'failed')}`;
  return [
    agoTime(run.endedAt, now),
    badge(toneOfOutcome(run.outcome), words(run.outcome)),
    `${formatCount(run.stepsDone)} done${failed}`,
    formatDuration(Math.max(0, (run.endedAt - run.startedAt) / 1000)),
    revisionText(run.revision),
    html`<code>${shortFingerprint(run.fingerprint)}</code>`,
  ];
}
