import { expect, test } from 'vitest';
import type { Plan } from '../../../src/plan/model.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { tick } from './world/world-daemon.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { insert } from './world/world-users.ts';
import { dataOf, declare, tableOf, type World } from './world/world.ts';

const T = 'public.invoice';
const OPTIONS = { choose: (): number => 0, approvals: 'all' } as const;

/** A chain whose second link a person holds, and of whose helper tables another hand drops one. */
function cutOff(): World {
  const world = worldOf({ topology: orders(['a -> b', 'b -> c']) });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  world.ledger.suspensions['orders/b-c'] = { by: 'eve', reason: 'index on c', since: 0, held: true };
  const bucardo = tableOf(world, 'b', T)?.bucardo ?? null;
  if (bucardo === null) throw new Error('nothing stands there');
  bucardo.deltaColumns = null;
  bucardo.deltaDefault = null;
  return world;
}

const said = (plan: Plan): readonly unknown[] => plan.diagnostics.filter((one) => one.code === 'DeltaTablesMissing');

test('a link above one that is suspended says why nothing arrives, and what ends it; its run does not wait for what cannot come', () => {
  const world = cutOff();
  insert(world, 'a', T, 'late');
  // Something of a -> b is to be done, and would be proved.
  declare(world, topologyOf(orders(['{from: a, to: b, kick_interval: 5s}', 'b -> c'])));
  const plan = planFor(world);
  expect(said(plan)).toMatchObject([
    {
      severity: 'warning',
      address: 'orders/a-b',
      objects: [T],
      message: `nothing of ${T} arrives: a-b also writes each change to delta tables of b-c on b, and that of it is missing; b-c is not touched (suspended by eve since 1970-01-01 00:00:00Z: index on c)`,
      hint: 'goatherd resume orders/b-c, and reconcile: goatherd makes it again, and says which writes c may lack',
    },
  ]);
  expect(plan.verdict).toBe('blocked');
  expect(plan.steps.map((step) => step.kind)).not.toContain('arrival');
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  expect(said(planFor(world))).toHaveLength(1);

  delete world.ledger.suspensions['orders/b-c'];
  expect(said(planFor(world))).toEqual([]);
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  for (let second = 0; second < 5; second += 1) tick(world);
  expect(dataOf(world, 'b', T).rows.has('late')).toBe(true);
  expect(world.ledger.links['orders/b-c']?.suspects.map((one) => one.tables)).toEqual([[T]]);
});

test('what waits for a run of such a link is blocked, and says by whom', () => {
  const world = cutOff();
  declare(world, topologyOf(orders(['b -> c'])));
  const drained = planFor(world, 'all').steps.find((step) => step.id === 'a-b/wait-drained');
  expect(drained?.blocked).toBe('waits for b-c, whose delta tables are missing');
});

test('a link that writes nothing down there is not concerned', () => {
  const world = cutOff();
  for (const goat of world.instances['orders_a_b']?.control?.goats ?? []) goat.makedelta = null;
  expect(said(planFor(world))).toEqual([]);
});
