import { describe, expect, it } from 'vitest';
import { unmet } from './world/expectations.ts';
import { insert } from './world/world-users.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { declare, type World } from './world/world.ts';
import { planFor, reconcile, reconcileWithCrash, type RunResult } from './world/world-run.ts';

const OPTIONS = { choose: (): number => 0, approvals: [] } as const;

/** Steps that nothing orders come in any order: the first that may begin, the last, and some that a seed chooses. */
const ORDERS: readonly ((seed: number) => (count: number) => number)[] = [
  () => () => 0,
  () => (count) => count - 1,
  (seed) => {
    let state = seed + 1;
    return (count) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % count;
    };
  },
];

/** Users who write all the while. */
function writing(): (world: World) => void {
  let count = 0;
  return (world) => {
    count += 1;
    insert(world, 'a', 'public.invoice', `w${count}`);
  };
}

const SHARED = orders(['a -> b', 'b -> c'], ['bucardo: {instance: main}']);
const OTHER = orders(['a -> b', 'b -> c'], ['bucardo: {instance: other}']);
const OWN = orders(['a -> b', 'b -> c']);
const FIRST_MOVES = orders(['{from: a, to: b, bucardo: {instance: main}}', 'b -> c']);
const SECOND_LEAVES = orders(['a -> b', '{from: b, to: c, bucardo: {instance: main}}']);

function converged(text: string): World {
  const world = worldOf({ topology: text });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  return world;
}

function expectMoved(world: World, { plan, fault }: RunResult, instances: readonly string[]): void {
  expect(fault).toBeNull();
  expect(plan.steps).toEqual([]);
  expect(unmet(world)).toEqual([]);
  expect(
    Object.keys(world.hub.databases)
      .filter((name) => name.startsWith('bucardo_'))
      .toSorted(),
  ).toEqual(instances.map((name) => `bucardo_orders_${name}`));
  expect(Object.values(world.ledger.links).flatMap((row) => row.leaves)).toEqual([]);
}

const MOVES: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['own to shared', OWN, SHARED, ['main']],
  ['shared to own', SHARED, OWN, ['a_b', 'b_c']],
  ['shared to another shared', SHARED, OTHER, ['other']],
  ['one of two joins a new shared one', OWN, FIRST_MOVES, ['b_c', 'main']],
  ['one of two leaves a shared one', SHARED, SECOND_LEAVES, ['a_b', 'main']],
  ['two change places', SECOND_LEAVES, FIRST_MOVES, ['b_c', 'main']],
];

describe('bucardo.instance', () => {
  it.each(MOVES)('%s: no copy, nothing on a source, never two daemons on one sync', (_what, before, after, instances) => {
    const world = converged(before);
    const copies = [...world.copies];
    declare(world, topologyOf(after));
    const plan = planFor(world);
    const kinds = new Set(plan.steps.map((step) => step.kind));
    for (const kind of ['triggers', 'helpers', 'wait_copy', 'copy_tables', 'suspect', 'receipt'] as const)
      expect(kinds).not.toContain(kind);
    expect(plan.changes.map((change) => change.action)).not.toContain('create');
    expectMoved(world, reconcile(world, { ...OPTIONS, users: writing() }), instances);
    expect(world.copies).toEqual(copies);
  });

  it.each(MOVES)('%s: in any order that the plan allows', (_what, before, after, instances) => {
    for (let seed = 0; seed < 20; seed += 1)
      for (const order of ORDERS) {
        const world = converged(before);
        declare(world, topologyOf(after));
        expectMoved(world, reconcile(world, { ...OPTIONS, choose: order(seed), users: writing() }), instances);
      }
  });

  it.each(MOVES)('%s: a run that is killed before any statement is continued', (_what, before, after, instances) => {
    const probe = converged(before);
    const first = probe.statements;
    declare(probe, topologyOf(after));
    reconcile(probe, OPTIONS);
    for (let crashAt = first; crashAt < probe.statements; crashAt += 1) {
      const world = converged(before);
      declare(world, topologyOf(after));
      expectMoved(
        world,
        reconcileWithCrash(world, crashAt, 2, { ...OPTIONS, choose: ORDERS[crashAt % 3]?.(crashAt) ?? OPTIONS.choose, users: writing() }),
        instances,
      );
    }
  });

  it.each(MOVES)('%s: and back after a run that was killed before any statement', (_what, before, after) => {
    const probe = converged(before);
    const first = probe.statements;
    const instances = Object.keys(probe.hub.databases)
      .filter((name) => name.startsWith('bucardo_'))
      .map((name) => name.replace('bucardo_orders_', ''))
      .toSorted();
    declare(probe, topologyOf(after));
    reconcile(probe, OPTIONS);
    for (let crashAt = first; crashAt < probe.statements; crashAt += 1) {
      const world = converged(before);
      declare(world, topologyOf(after));
      world.crashAt = crashAt;
      expect(() => reconcile(world, OPTIONS)).toThrow('killed');
      declare(world, topologyOf(before));
      expectMoved(world, reconcile(world, { ...OPTIONS, users: writing() }), instances);
    }
  });

  it('waits for a copy that runs, and says so; the same run then goes on', () => {
    const world = worldOf({ topology: OWN, copyTicks: 20 });
    // Killed when the first copy was asked for and its daemon runs.
    for (let crashAt = 0; (world.ledger.links['orders/a-b']?.request?.askedAt ?? null) === null; crashAt += 1) {
      world.crashAt = world.statements + crashAt;
      try {
        reconcile(world, OPTIONS);
      } catch {
        // Killed.
      }
    }
    declare(world, topologyOf(SHARED));
    const plan = planFor(world);
    expect(plan.diagnostics.filter((one) => one.code === 'MoveWaits').map((one) => one.address)).toEqual(['orders/a-b']);
    expect(plan.steps.filter((step) => step.kind === 'move').map((step) => step.address)).toEqual(['orders/b-c']);
    expectMoved(world, reconcile(world, OPTIONS), ['main']);
  });

  it('one leaves the shared instance while the other is removed, in any order, killed before any statement: nothing of it is left', () => {
    const after = orders(['a -> b']);
    const probe = converged(SHARED);
    const first = probe.statements;
    declare(probe, topologyOf(after));
    reconcile(probe, { ...OPTIONS, approvals: 'all' });
    for (let crashAt = first; crashAt <= probe.statements; crashAt += 1) {
      const world = converged(SHARED);
      declare(world, topologyOf(after));
      const options = { ...OPTIONS, approvals: 'all', choose: ORDERS[crashAt % 3]?.(crashAt) ?? OPTIONS.choose, users: writing() } as const;
      expectMoved(world, reconcileWithCrash(world, crashAt, 2, options), ['a_b']);
    }
  });
});
