import { renderProblems } from '../../problems.ts';
import type { ControllerSnapshot } from '../../status/snapshot-model.ts';
import { type Content, type Html, html } from '../html.ts';
import { revisionText } from './history-section.ts';
import { agoTime } from '../time.ts';
import { badge } from '../tone.ts';

/** One line: whether it acts, when it last looked, and what it follows. */
export function controllerLine(snapshot: ControllerSnapshot, now: number): Html {
  const { lastLoopAt, source } = snapshot;
  const followed = [source.place, source.ref].filter((part) => part !== null && part !== '').join(' @ ');
  const parts: Content[] = [
    roleText(snapshot),
    lastLoopAt === null ? 'nothing observed yet' : html`last loop ${agoTime(lastLoopAt, now)}`,
    html`follows <code>${followed}</code>`,
    source.readAt === null ? 'not read yet' : html`read ${agoTime(source.readAt, now)}`,
  ];
  return html`<p class="muted">${parts.map((part, index) => (index === 0 ? part : [' · ', part]))}</p>\n`;
}

function roleText({ role }: ControllerSnapshot): Html {
  switch (role) {
    case 'acting':
      return badge('good', 'acting');
    case 'standby':
      return badge('off', 'standing by');
    case 'starting':
      return badge('busy', 'starting');
    case 'stopping':
      return badge('busy', 'stopping');
  }
}

/** Silence for longer than this, milliseconds, and the page says that what it shows may be old. */
const longSilence = 300_000;

/** What concerns the whole: the source, the lock, files with problems, and a loop that does not end. */
export function bannersHtml(snapshot: ControllerSnapshot, now: number): Html {
  const { source, role, holder, problems, notes, lastLoopAt } = snapshot;
  const banners: (Html | null)[] = [
    lastLoopAt !== null && now - lastLoopAt > longSilence
      ? html`<div class="box bad"><p><b>No loop has ended since ${agoTime(lastLoopAt, now)}.</b> What this page shows may be old.</p></div>\n`
      : null,
    source.error === null ? null : html`<div class="box warn"><p><b>The source cannot be followed:</b> ${source.error}</p></div>\n`,
    role === 'standby'
      ? html`<div class="box off"><p><b>This controller stands by.</b> It observes and does not act. The lock is held by: ${holder ?? 'somebody'}.</p></div>\n`
      : null,
    problems.length === 0
      ? null
      : html`<section class="box ${problems.some(({ severity }) => severity === 'error') ? 'bad' : 'warn'}" aria-labelledby="problems"><h2 id="problems">Problems of files</h2>
${problems.map((problem) => html`<pre class="problem" tabindex="0">${renderProblems([problem]).trimEnd()}</pre>\n`)}</section>\n`,
    notes.length === 0 ? null : html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>\n`,
  ];
  return html`${banners}`;
}

/** What the source says now, what was last planned, what last converged. */
export function revisionsHtml(of: {
  readonly desired: string | null;
  readonly attempted: string | null;
  readonly applied: string | null;
}): Html {
  const entries = (['desired', 'attempted', 'applied'] as const).map(
    (role) => html`<div><dt>${role}</dt><dd>${revisionText(of[role])}</dd></div>`,
  );
  return html`<dl class="revisions">${entries}</dl>\n`;
}
