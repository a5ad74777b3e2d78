import type { Retry } from '../../ledger/model.ts';
import { formatCount, formatDuration, formatTime, formatTimestamp } from '../../lib/format.ts';
import type { LinkState, LinkStatus, TopologyStatus } from '../../plan/status/status-model.ts';
import { cleaned, indented, padEnd, toText, widthOf } from '../layout.ts';
import { columnWidths, type Column, tableLines } from '../plan-text/table.ts';
import { plainStyle, type Style } from '../style.ts';

export interface StatusTextOptions {
  /** Epoch milliseconds: times of the same day are shown without their date. */
  readonly now: number;
  readonly width?: number;
  readonly style?: Style;
  /** What a controller that acts tries again. */
  readonly retries?: readonly Retry[];
}

const COLUMNS: readonly Column[] = [
  { header: 'LINK', align: 'left', max: 24 },
  { header: 'STATE', align: 'left', max: 12 },
  { header: 'COPY', align: 'left', max: 'rest' },
  { header: 'LAG', align: 'right', max: 14 },
  { header: 'BACKLOG', align: 'right', max: 14 },
  { header: 'TRIGGERS', align: 'right', max: 16 },
  { header: 'DAEMON', align: 'left', max: 14 },
  { header: 'SINCE', align: 'left', max: 22 },
];

const WORDS: Readonly<Record<TopologyStatus['verdict'], string>> = { ready: 'READY', not_ready: 'NOT READY', unknown: 'UNKNOWN' };

/** A verdict line and a table for each topology, and below it in words what is not as it should be. */
export function statusText(statuses: readonly TopologyStatus[], options: StatusTextOptions): string {
  return toText(statuses.flatMap((status, index) => [...(index === 0 ? [] : ['']), ...topologyLines(cleaned(status), options)]));
}

function topologyLines(status: TopologyStatus, options: StatusTextOptions): string[] {
  const { width = 100, style = plainStyle } = options;
  const rows = status.links.map((link) => ({ cells: cellsOf(link, options.now) }));
  const widths = columnWidths(COLUMNS, rows, width - 2);
  const [header = '', ...lines] = tableLines(COLUMNS, rows, widths);
  const painted = lines.map((line, index) => paint(line, status.links[index]?.state, style));
  return [
    `${style.heading(status.topology)}   ${paintVerdict(status, style)}   ${status.reasons.join('; ')}`,
    ...(status.links.length === 0 ? [] : [`  ${header}`, ...painted.map((line) => `  ${line}`)]),
    ...status.links.flatMap((link) => link.notes.flatMap((note) => noteLines(link.id, note, width))),
    ...status.notes.flatMap((note) => noteLines('', note, width)),
    ...retriesOf(status, options).flatMap(([id, note]) => noteLines(id, note, width)),
  ];
}

/** Below the links: what of this topology failed, and when it is tried again. */
function retriesOf({ topology }: TopologyStatus, { retries = [], now }: StatusTextOptions): readonly (readonly [string, string])[] {
  return cleaned(retries)
    .filter(({ address }) => address === topology || address.startsWith(`${topology}/`))
    .map(({ address, attempts, nextAt, error }) => [
      address.slice(topology.length + 1),
      `attempt ${formatCount(attempts)} failed, ${nextAt <= now ? 'the next one follows' : `the next one at ${timeText(nextAt, now)}`}: ${error}`,
    ]);
}

function cellsOf(link: LinkStatus, now: number): string[] {
  const { triggers, daemon } = link;
  return [
    link.id,
    link.state,
    copyText(link),
    link.lagSeconds === null ? '-' : formatDuration(link.lagSeconds),
    link.backlogRows === null ? '-' : formatCount(link.backlogRows),
    triggers === null ? '-' : `${formatCount(triggers.right)}/${formatCount(triggers.wanted)}`,
    daemon === null ? '-' : daemon.state === 'without' ? 'up without it' : daemon.state,
    link.since === null ? '-' : timeText(link.since, now),
  ];
}

function copyText({ copy }: LinkStatus): string {
  const skipped = copy.skipped === 0 ? '' : `, ${formatCount(copy.skipped)} skipped`;
  switch (copy.state) {
    case 'complete':
      return `${formatCount(copy.tables)}/${formatCount(copy.tables)}${skipped}`;
    case 'copying':
      return copy.now === null ? `of ${formatCount(copy.tables)}${skipped}` : `now ${copy.now}${skipped}`;
    case 'waiting':
      return copy.waitsFor === null ? 'waiting' : `for ${copy.waitsFor}`;
    case 'not_requested':
      return 'never';
    case 'unknown':
      return 'unknown';
    case 'none':
      return '-';
  }
}

function timeText(at: number, now: number): string {
  return formatTimestamp(at).slice(0, 10) === formatTimestamp(now).slice(0, 10) ? formatTime(at) : formatTimestamp(at);
}

/** `  a-b  Suspect: …`, wrapped behind the link. */
function noteLines(id: string, note: string, width: number): string[] {
  const head = `  ${id === '' ? '' : `${padEnd(id, 4)} `}`;
  const [first = '', ...rest] = indented(widthOf(head), note, width);
  return [head + first.trimStart(), ...rest];
}

function paintVerdict({ verdict }: TopologyStatus, style: Style): string {
  return verdict === 'ready' ? style.good(WORDS[verdict]) : style.bad(WORDS[verdict]);
}

function paint(line: string, state: LinkState | undefined, style: Style): string {
  switch (state) {
    case undefined:
    case 'running':
    case 'stopped':
    case 'detached':
      return line;
    case 'copying':
    case 'waiting':
    case 'pending':
    case 'drifted':
    case 'suspended':
    case 'absent':
      return style.warn(line);
    case 'failing':
    case 'down':
    case 'blocked':
    case 'unreachable':
    case 'unknown':
      return style.bad(line);
  }
}
