import type { Point } from './layout.ts';

const headLength = 9;
const headWidth = 4.5;

/** A line through the points with round corners; it ends where the arrow's head begins. */
export function edgePath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const end = along(last, rest.at(-2) ?? first, headLength - 1);
  const corners = [...rest.slice(0, -1), end];
  const parts = corners.map((point, index) => {
    const next = corners[index + 1];
    if (next === undefined) return `L${text(point)}`;
    return `Q${text(point)} ${text(middle(point, next))}`;
  });
  return `M${text(first)}${parts.join('')}`;
}

/** A triangle at the last point, in the direction of the last stretch. */
export function arrowHead(points: readonly Point[]): string {
  const tip = points.at(-1);
  const before = points.at(-2);
  if (tip === undefined || before === undefined) return '';
  const base = along(tip, before, headLength);
  const length = Math.hypot(tip.x - base.x, tip.y - base.y) || 1;
  const side = { x: (-(tip.y - base.y) / length) * headWidth, y: ((tip.x - base.x) / length) * headWidth };
  const [left, right] = [
    { x: base.x + side.x, y: base.y + side.y },
    { x: base.x - side.x, y: base.y - side.y },
  ];
  return `M${text(tip)}L${text(left)}L${text(right)}Z`;
}

/** The point that lies `distance` from `from` towards `to`, at most as far as `to`. */
function along(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(1, distance / length);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function middle(left: Point, right: Point): Point {
  return { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
}

function text({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
}
