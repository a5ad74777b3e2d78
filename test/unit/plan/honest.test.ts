import { expect, test } from 'vitest';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { declare, type World } from './world/world.ts';

const OPTIONS = { choose: (): number => 0, approvals: 'all' } as const;

function edited(after: string): World {
  const world = worldOf({ topology: orders(['a -> b', 'b -> c']) });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  declare(world, topologyOf(after));
  return world;
}

test.each([
  ['a link goes', orders(['a -> b'])],
  ['tables are copied again', orders(['{from: a, to: b, copy_data: always, copy_generation: 2}', 'b -> c'])],
  ['a table leaves', orders(['a -> b', '{from: b, to: c, tables: {exclude: [public.invoice]}}'])],
])('%s: the plan that waits for its approval has the steps of the one that has it, the proof at its end too', (_what, after) => {
  const world = edited(after);
  const waiting = planFor(world);
  const approved = planFor(world, 'all');
  expect(approved.steps.map((step) => step.kind)).toContain('arrival');
  expect(approved.steps.every((step) => step.blocked === null)).toBe(true);
  expect(waiting.steps.some((step) => step.blocked !== null)).toBe(true);
  expect(waiting.steps.map((step) => step.what)).toEqual(approved.steps.map((step) => step.what));
});
