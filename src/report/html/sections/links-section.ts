import { formatCount, formatDuration } from '../../../lib/format.ts';
import type { LinkStatus } from '../../../plan/status/status-model.ts';
import { copyProgress } from '../../run/copy-progress.ts';
import { amountTexts, reasonTexts } from '../../run/progress-text.ts';
import type { TopologySnapshot } from '../../status/snapshot-model.ts';
import { type Content, type Html, html } from '../html.ts';
import { forTime } from '../time.ts';
import { badge, toneOfLink } from '../tone.ts';
import { tableHtml } from '../table.ts';

const columns = [
  { header: 'Link' },
  { header: 'State' },
  { header: 'For' },
  { header: 'Lag', number: true },
  { header: 'Backlog', number: true },
  { header: 'Copy' },
  { header: 'Triggers', number: true },
  { header: 'Daemon' },
] as const;

/** Each link with its state and measures, and in words below it what is not as it should be. */
export function linksSection(topology: TopologySnapshot, now: number): Html | null {
  const links = topology.status?.links ?? [];
  if (links.length === 0) return null;
  const rows = links.map((link) => ({ cells: cellsOf(link, topology, now), below: notesOf(link, topology) }));
  return html`<section aria-labelledby="links"><h2 id="links">Links</h2>
${tableHtml('Links with their state and measures', columns, rows)}</section>\n`;
}

function cellsOf(link: LinkStatus, topology: TopologySnapshot, now: number): readonly Content[] {
  const { triggers, daemon } = link;
  return [
    html`<code>${link.id}</code>`,
    badge(toneOfLink(link.state), link.state),
    link.since === null ? null : forTime(link.since, now),
    link.lagSeconds === null ? null : formatDuration(link.lagSeconds),
    link.backlogRows === null ? null : formatCount(link.backlogRows),
    copyText(link, topology),
    triggers === null ? null : `${formatCount(triggers.right)}/${formatCount(triggers.wanted)}`,
    daemon === null ? null : daemonText(daemon),
  ];
}

function daemonText({ state, pid }: NonNullable<LinkStatus['daemon']>): string {
  switch (state) {
    case 'up':
      return pid === null ? 'up' : `up, pid ${pid}`;
    case 'without':
      return 'up without it';
    case 'down':
      return 'down';
  }
}

function copyText({ address, copy }: LinkStatus, topology: TopologySnapshot): Content {
  const skipped = copy.skipped === 0 ? '' : `, ${formatCount(copy.skipped)} skipped`;
  switch (copy.state) {
    case 'complete':
      return `${formatCount(copy.tables)} tables${skipped}`;
    case 'copying': {
      const progress = copyProgress(topology, address);
      if (progress === null) return `${copy.now ?? `of ${formatCount(copy.tables)} tables`}${skipped}`;
      return [amountTexts(progress).join(', '), skipped, html`<br>`, html`<span class="muted">${reasonTexts(progress).join('; ')}</span>`];
    }
    case 'waiting':
      return copy.waitsFor === null ? 'waits' : `waits for ${copy.waitsFor}`;
    case 'not_requested':
      return 'never, as declared';
    case 'unknown':
      return 'unknown';
    case 'none':
      return null;
  }
}

function notesOf({ address, notes }: LinkStatus, { retries }: TopologySnapshot): Content {
  const retry = retries.find((one) => one.address === address);
  const all = [...notes, ...(retry === undefined ? [] : [`attempt ${formatCount(retry.attempts)} failed: ${retry.error}`])];
  return all.length === 0 ? null : html`<ul class="notes">${all.map((note) => html`<li>${note}</li>`)}</ul>`;
}
