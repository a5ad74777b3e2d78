import { Graph, layout } from '@dagrejs/dagre';

/** Left to right for wide screens, top to bottom for narrow ones. */
export type Direction = 'LR' | 'TB';

export interface Box {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where everything stands, in pixels; `at` is the middle of a box. */
export interface Layout extends Box {
  readonly nodes: readonly { readonly name: string; readonly at: Point }[];
  readonly edges: readonly { readonly id: string; readonly points: readonly Point[]; readonly at: Point }[];
}

const margin = 6;

/** Places databases and links so that nothing overlaps. The same input gives the same places. */
export function layOut(
  nodes: readonly (Box & { readonly name: string })[],
  edges: readonly (Box & { readonly id: string; readonly from: string; readonly to: string })[],
  direction: Direction,
): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 26, edgesep: 18, ranksep: direction === 'LR' ? 44 : 40, marginx: margin, marginy: margin });
  for (const { name, width, height } of nodes) graph.setNode(key(name), { width, height });
  const known = edges.filter(({ from, to }) => graph.hasNode(key(from)) && graph.hasNode(key(to)));
  for (const { id, from, to, width, height } of known) graph.setEdge(key(from), key(to), { width, height, labelpos: 'c' }, key(id));
  layout(graph);
  const size = graph.graph();
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    nodes: nodes.map(({ name }) => ({ name, at: pointOf(graph.node(key(name))) })),
    edges: known.map(({ id, from, to }) => {
      const edge = graph.edge(key(from), key(to), key(id));
      return { id, at: pointOf(edge), points: (edge.points ?? []).map(pointOf) };
    }),
  };
}

/** The library keeps names in plain objects, where `constructor` and the like stand already. */
function key(name: string): string {
  return `=${name}`;
}

/** Whole tenths: more digits would only make the page longer. */
function pointOf({ x = 0, y = 0 }: { readonly x?: number; readonly y?: number }): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}
