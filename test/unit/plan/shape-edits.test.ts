import { expect, test } from 'vitest';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { declare, type World } from './world/world.ts';

/** A world that converged to the links of `before`, with those of `after` declared and the others on their way out. */
function edited(before: readonly string[], after: readonly string[], more: readonly string[] = []): World {
  const world = worldOf({ topology: orders(before, more) });
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  declare(world, topologyOf(orders(after, more)));
  return world;
}

const waits = (world: World, id: string): readonly string[] => planFor(world, 'all').steps.find((step) => step.id === id)?.after ?? [];

test('a link that another one replaces goes on until the new one misses no change', () => {
  expect(waits(edited(['a -> c'], ['a -> b', 'b -> c']), 'a-c/wait-drained')).toEqual([
    'a-b/makedelta',
    'a-b/receipt',
    'a-b/wait-copy',
    'b-c/helpers',
    'b-c/membership',
    'b-c/triggers',
  ]);
  expect(waits(edited(['a -> b', 'b -> c'], ['a -> b', 'a -> c']), 'b-c/wait-drained')).toEqual([
    'a-c/helpers',
    'a-c/membership',
    'a-c/triggers',
  ]);
  expect(waits(edited(['a -> b', 'a -> c'], ['a -> b', 'b -> c']), 'a-c/wait-drained')).toEqual(
    expect.arrayContaining(['a-b/makedelta', 'a-b/wait-run', 'b-c/triggers']),
  );
});

test('in an instance that both share it ends first: the start that tells of its end is the one that the new link waits for', () => {
  const world = edited(['a -> c'], ['a -> b', 'b -> c'], ['bucardo: {instance: one}']);
  expect(waits(world, 'a-c/wait-drained')).toEqual([]);
  expect(planFor(world, 'all').steps.map((step) => step.id)).toContain('b-c/activate');
});

test('the new link is made active only when the old one has ended', () => {
  const world = edited(['a -> c'], ['a -> b', 'b -> c']);
  expect(waits(world, 'b-c/activate')).toEqual(expect.arrayContaining(['a-c/deactivate', 'orders_a_c/stop-0']));
});

test('the end of a link waits until it is drained, and not for a copy that nobody wants any more', () => {
  const world = edited(['a -> b', 'a -> c'], ['a -> b']);
  const ids = (): readonly string[] => planFor(world, 'all').steps.map((step) => step.id);
  expect(ids()).toEqual(expect.arrayContaining(['a-c/wait-drained', 'a-c/deactivate']));
  const row = world.ledger.links['orders/a-c'];
  if (row === undefined) throw new Error('it is there');
  row.receipt = null;
  expect(ids()).toContain('a-c/deactivate');
  expect(ids()).not.toContain('a-c/wait-drained');
});
