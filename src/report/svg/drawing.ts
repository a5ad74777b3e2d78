import type { LinkStatus } from '../../plan/status/status-model.ts';
import { copyProgress } from '../run/copy-progress.ts';
import { type Html, html } from '../html/html.ts';
import { markOf, type Tone, toneOfLink } from '../html/tone.ts';
import type { TopologySnapshot } from '../status/snapshot-model.ts';
import { arrowHead, edgePath } from './edge-path.ts';
import { layOut, type Box, type Direction, type Layout, type Point } from './layout.ts';
import { linkLines } from './link-lines.ts';

/** Pixels that a character of the monospaced font takes, for each pixel of the font's size: the widest of the usual ones. */
const characterWidth = 0.605;
const sizes = { name: 15, small: 11.5, state: 12.5 };
const nodeHeight = 46;
const lineHeight = 15;
const longestTarget = 26;

interface NodeDrawing extends Box {
  readonly name: string;
  readonly target: string;
  readonly reachable: boolean;
}

interface EdgeDrawing extends Box {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly tone: Tone;
  readonly state: string;
  readonly lines: readonly string[];
  /** From 0 to 1; null where nothing is copied or nobody knows how far it is. */
  readonly share: number | null;
}

/** The topology as SVG: each database a box, each link an arrow with its state, lag, backlog or copy. Nothing where no link is known. */
export function drawingSvg(topology: TopologySnapshot, direction: Direction): Html | null {
  const edges = edgesOf(topology);
  const nodes = nodesOf(topology, edges);
  if (nodes.length === 0) return null;
  const { width, height, ...places } = layOut(nodes, edges, direction);
  const frame = html`width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const words = inWords(topology.name, edges);
  return html`
<svg class="${direction === 'LR' ? 'wide' : 'narrow'}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${words}" ${frame}>
${places.edges.map((place) => lineSvg(place, edges))}${places.edges.map((place) => labelSvg(place, edges))}${places.nodes.map((place) => nodeSvg(place, nodes))}</svg>`;
}

function edgesOf(topology: TopologySnapshot): EdgeDrawing[] {
  const statuses = new Map(topology.status?.links.map((link) => [link.id, link]));
  const drawn =
    topology.plan?.drawing.edges ?? [...statuses.keys()].map((id) => ({ id, from: id.split('-')[0] ?? '', to: id.split('-')[1] ?? '' }));
  return drawn.map(({ id, from, to }) => edgeOf({ id, from, to }, statuses.get(id), topology));
}

function edgeOf(
  ends: { readonly id: string; readonly from: string; readonly to: string },
  link: LinkStatus | undefined,
  topology: TopologySnapshot,
): EdgeDrawing {
  const progress = link?.state === 'copying' ? copyProgress(topology, link.address) : null;
  const suspect = topology.plan?.links.some(({ address, suspect: why }) => why !== null && address === link?.address) === true;
  const lines = link === undefined ? [] : [...linkLines(link, progress), ...(suspect ? ['Suspect'] : [])];
  const state = link?.state ?? 'not observed';
  const width = Math.max(textWidth(`${state}xx`, sizes.state), ...lines.map((line) => textWidth(line, sizes.small))) + 18;
  const share = progress === null ? null : shareOf(progress);
  return {
    ...ends,
    tone: link === undefined ? 'off' : suspect && link.state === 'running' ? 'warn' : toneOfLink(link.state),
    state,
    lines,
    share,
    width,
    height: 26 + lines.length * lineHeight + (share === null ? 0 : 8),
  };
}

/** Bytes measure better than tables, which are not alike. */
function shareOf({ done, total, bytes, totalBytes }: NonNullable<ReturnType<typeof copyProgress>>): number | null {
  const [part, whole] = bytes !== undefined && totalBytes !== undefined ? [bytes, totalBytes] : [done, total];
  return whole === null || !(whole > 0) ? null : Math.min(1, Math.max(0, part / whole));
}

function nodesOf(topology: TopologySnapshot, edges: readonly EdgeDrawing[]): NodeDrawing[] {
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const drawn = topology.plan?.drawing.nodes ?? names.map((name) => ({ name, target: '', reachable: true }));
  return drawn.map(({ name, target, reachable }) => {
    const shown = reachable ? shortened(target) : 'no answer';
    const width = Math.max(56, textWidth(name, sizes.name), textWidth(shown, sizes.small)) + 24;
    return { name, target: shown, reachable, width, height: nodeHeight };
  });
}

/** The end of a host's name says less than its beginning, and the database's name stands last. */
function shortened(target: string): string {
  if (target.length <= longestTarget) return target;
  return `${target.slice(0, longestTarget - 11)}…${target.slice(-10)}`;
}

function textWidth(text: string, size: number): number {
  return Math.ceil(Array.from(text).length * size * characterWidth);
}

function lineSvg({ id, points }: Layout['edges'][number], edges: readonly EdgeDrawing[]): Html {
  const tone = edges.find((edge) => edge.id === id)?.tone ?? 'off';
  return html`<g class="${tone}"><path class="edge" d="${edgePath(points)}"/><path class="head" d="${arrowHead(points)}"/></g>\n`;
}

function labelSvg({ id, at }: Layout['edges'][number], edges: readonly EdgeDrawing[]): Html | null {
  const edge = edges.find((one) => one.id === id);
  if (edge === undefined) return null;
  const [left, top] = [at.x - edge.width / 2, at.y - edge.height / 2];
  return html`<g class="label ${edge.tone}">${[
    rectangle('pill', { x: left, y: top, width: edge.width, height: edge.height }, 7),
    text('word', { x: at.x, y: top + 17 }, `${markOf(edge.tone)} ${edge.state}`),
    ...edge.lines.map((line, index) => text('fact', { x: at.x, y: top + 17 + (index + 1) * lineHeight }, line)),
    edge.share === null ? null : bar({ x: left + 9, y: top + edge.height - 10 }, edge.width - 18, edge.share),
  ]}</g>\n`;
}

function bar(at: Point, width: number, share: number): readonly Html[] {
  return [
    rectangle('rail', { ...at, width, height: 4 }, 2),
    rectangle('bar', { ...at, width: Math.round(width * share * 10) / 10, height: 4 }, 2),
  ];
}

function nodeSvg({ name, at }: Layout['nodes'][number], nodes: readonly NodeDrawing[]): Html | null {
  const node = nodes.find((one) => one.name === name);
  if (node === undefined) return null;
  const { width, height } = node;
  return html`<g class="node${node.reachable ? '' : ' bad'}">${[
    rectangle('', { x: at.x - width / 2, y: at.y - height / 2, width, height }, 7),
    text('name', { x: at.x, y: at.y - 3 }, node.name),
    text('fact', { x: at.x, y: at.y + 14 }, node.target),
  ]}</g>\n`;
}

function rectangle(name: string, { x, y, width, height }: Point & Box, radius: number): Html {
  return html`<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;
}

function text(name: string, { x, y }: Point, content: string): Html {
  return html`<text class="${name}" x="${x}" y="${y}">${content}</text>`;
}

/** What somebody hears who does not see it; the table beside it says all. */
function inWords(name: string, edges: readonly EdgeDrawing[]): string {
  return `${name}: ${edges.map(({ from, to, state, lines }) => `${from} to ${to} ${[state, ...lines].join(', ')}`).join('; ')}`;
}
