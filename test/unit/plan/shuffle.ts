/** The same facts in another order. */
import type { Link } from '../../../src/topology/model.ts';

/** Keys whose arrays have a meaning in their order. */
const ORDERED = new Set(['columns', 'deltaColumns', 'types', 'definitions', 'args']);

/** Arrays and keys of objects in another order, at every depth, but where the order is the fact. */
export function shuffled<T>(value: T, next: (count: number) => number, key = ''): T {
  // The shape is kept: only the order changes.
  return mixed(value, next, key) as T;
}

function mixed(value: unknown, next: (count: number) => number, key: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => mixed(item, next, ''));
    return ORDERED.has(key) ? items : inAnyOrder(items, next);
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(inAnyOrder(Object.entries(value), next).map(([name, inner]) => [name, mixed(inner, next, name)]));
}

function inAnyOrder<T>(items: readonly T[], next: (count: number) => number): T[] {
  const left = [...items];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(next(left.length), 1));
  return order;
}

/** Another order in which each link still comes after those that feed its source: the last that may come is next. */
export function otherOrder(links: readonly Link[]): readonly Link[] {
  const left = [...links];
  const order: Link[] = [];
  while (left.length > 0) {
    const next = left.findLastIndex((link) => !left.some((other) => other.to === link.from));
    order.push(...left.splice(Math.max(next, 0), 1));
  }
  return order;
}
