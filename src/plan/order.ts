import { GoatherdError } from '../lib/errors.ts';

interface Node {
  readonly id: string;
  readonly after: readonly string[];
  readonly phase: number;
  readonly depth: number;
}

/**
 * Kahn's order with ties broken by phase, depth and id, so that the same plan always has the same order.
 * Ids in `after` that name no node are facts that hold already, and count as done.
 * @throws GoatherdError `PlanCycle` naming the steps, which would be a fault of the planner
 */
export function inOrder<T extends Node>(nodes: readonly T[]): readonly T[] {
  const ids = new Set(nodes.map((node) => node.id));
  const waiting = new Map(nodes.map((node) => [node.id, new Set(node.after.filter((id) => ids.has(id)))]));
  const left = [...nodes].toSorted((one, other) => one.phase - other.phase || one.depth - other.depth || (one.id < other.id ? -1 : 1));
  const ordered: T[] = [];
  while (left.length > 0) {
    const next = left.findIndex((node) => waiting.get(node.id)?.size === 0);
    const node = left[next];
    if (node === undefined) throw new GoatherdError('PlanCycle', `steps wait for each other: ${left.map((one) => one.id).join(', ')}`);
    left.splice(next, 1);
    ordered.push(node);
    for (const after of waiting.values()) after.delete(node.id);
  }
  return ordered;
}
