/**
 * The topology drawn in ASCII: on one line where it is a chain that fits, else as a tree.
 */
import type { Drawing } from '../../plan/model.ts';
import { widthOf } from '../layout.ts';

type Node = Drawing['nodes'][number];
type Edge = Drawing['edges'][number];

/** Lines, each indented by two; none for an empty drawing. */
export function drawingLines(drawing: Drawing, width: number): string[] {
  const chain = chainOf(drawing);
  if (chain !== null) {
    const line = `  ${chain}`;
    if (widthOf(line) <= width) return [line];
  }
  return treeLines(drawing).map((line) => `  ${line}`);
}

/** `a pg-a/orders ==[a-b copy=empty]==> b pg-b/orders`, or null when the topology is not one chain. */
function chainOf(drawing: Drawing): string | null {
  const [first, ...otherRoots] = rootsOf(drawing);
  if (first === undefined || otherRoots.length > 0) return null;
  const parts = [nodeText(first, drawing)];
  const seen = new Set([first.name]);
  for (let name = first.name; ;) {
    const [edge, ...others] = drawing.edges.filter(({ from }) => from === name);
    if (edge === undefined) break;
    const next = drawing.nodes.find((node) => node.name === edge.to);
    if (others.length > 0 || next === undefined || seen.has(next.name)) return null;
    parts.push(`==[${edgeText(edge)}]==>`, nodeText(next, drawing));
    seen.add(next.name);
    name = next.name;
  }
  return seen.size === drawing.nodes.length ? parts.join(' ') : null;
}

/** Every root with what is below it; a database that several links enter is drawn in full once. */
function treeLines(drawing: Drawing): string[] {
  const lines: string[] = [];
  const drawn = new Set<string>();
  const below = (name: string, indent: string): void => {
    const edges = drawing.edges.filter(({ from }) => from === name);
    for (const [index, edge] of edges.entries()) {
      const last = index === edges.length - 1;
      const node = drawing.nodes.find((one) => one.name === edge.to);
      const again = drawn.has(edge.to);
      drawn.add(edge.to);
      const target = node === undefined ? edge.to : again ? `${edge.to} (drawn above)` : nodeText(node, drawing);
      lines.push(`${indent}${last ? '`' : '|'}==[${edgeText(edge)}]==> ${target}`);
      if (!again) below(edge.to, `${indent}${last ? ' ' : '|'}     `);
    }
  };
  const start = (node: Node): void => {
    drawn.add(node.name);
    lines.push(nodeText(node, drawing));
    below(node.name, '  ');
  };
  rootsOf(drawing).forEach(start);
  // Only a drawing with a cycle has nodes left; it is shown all the same.
  for (const node of drawing.nodes) if (!drawn.has(node.name)) start(node);
  return lines;
}

function rootsOf(drawing: Drawing): readonly Node[] {
  return drawing.nodes.filter((node) => !drawing.edges.some((edge) => edge.to === node.name));
}

function nodeText(node: Node, drawing: Drawing): string {
  const passesOn = drawing.edges.some((edge) => edge.to === node.name) && drawing.edges.some((edge) => edge.from === node.name);
  const remarks = [passesOn ? (node.cascade ? 'cascade' : 'no cascade') : '', node.reachable ? '' : 'UNREACHABLE'].filter(
    (remark) => remark !== '',
  );
  return [node.name, node.target, remarks.length > 0 ? `(${remarks.join(', ')})` : ''].filter((part) => part !== '').join(' ');
}

function edgeText(edge: Edge): string {
  return edge.label === '' || edge.label.startsWith(edge.id) ? edge.label || edge.id : `${edge.id} ${edge.label}`;
}
