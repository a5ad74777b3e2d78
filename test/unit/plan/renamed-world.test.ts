import { expect, it } from 'vitest';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { unmet } from './world/expectations.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { declare, type World } from './world/world.ts';
import { look } from './world/world-observe.ts';
import { planFor, reconcile, reconcileWithCrash, type RunResult } from './world/world-run.ts';

const OPTIONS = { choose: (): number => 0, approvals: [] } as const;

/** A -> B -> C, converged, whose file then calls the database in the middle hq. */
function renamed(saysSo = true, more: readonly string[] = []): World {
  const world = worldOf({ topology: orders(['a -> b', 'b -> c'], more) });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  const connection = `${saysSo ? 'renamed_from: b, ' : ''}host: pg-b.internal`;
  const text = orders(['a -> hq', 'hq -> c'], more, ['a', 'hq', 'c'])
    .replace('host: pg-hq.internal', connection)
    .replace('PASSWORD_OF_HQ', 'PASSWORD_OF_B');
  declare(world, topologyOf(text));
  // Bucardo still calls it b: its daemons reach the same database by that name.
  Object.assign(world.databases, { hq: world.databases['b'] });
  Object.assign(world.connections, { hq: world.connections['b'] });
  return world;
}

const finished = ({ plan, fault }: RunResult, world: World): void => {
  expect(fault).toBeNull();
  expect(plan.steps).toEqual([]);
  expect(unmet(world)).toEqual([]);
};

it('a database with another name costs one step, and the next plan is empty', () => {
  const world = renamed();
  const plan = planFor(world);
  expect(plan.steps.map((step) => step.id)).toEqual(['rename']);
  expect(plan.changes.map((change) => change.what)).toEqual(['rename database b to hq: a-b is a-hq and b-c is hq-c']);
  finished(reconcile(world, OPTIONS), world);
});

it('so does one whose link below has drifted: its name comes first', () => {
  const world = renamed();
  const control = world.instances['orders_b_c']?.control;
  if (control?.syncs[0] === undefined) throw new Error('no sync');
  control.syncs[0].checktimeSeconds = 9;
  const [first, ...others] = planFor(world).steps;
  expect(first?.id).toBe('rename');
  expect(others.length).toBeGreaterThan(0);
  for (const step of others) expect(step.after).toContain('rename');
  finished(reconcile(world, OPTIONS), world);
});

it('what drifted is drift under the new name, too, and left alone with `drift: warn`', () => {
  const world = renamed(true, ['drift: warn']);
  const sync = world.instances['orders_b_c']?.control?.syncs[0];
  if (sync === undefined) throw new Error('no sync');
  sync.checktimeSeconds = 9;
  const drift = (): readonly unknown[] =>
    planFor(world).changes.flatMap((change) => (change.action === 'drift' ? [change.address, change.drift?.treatment] : []));
  expect(planFor(world).steps.map((step) => step.id)).toEqual(['rename']);
  expect(drift()).toEqual(['orders/hq-c', 'warn']);
  expect(reconcile(world, OPTIONS)).toMatchObject({ fault: null, plan: { verdict: 'drift', steps: [] } });
  expect(sync.checktimeSeconds).toBe(9);
  expect(drift()).toEqual(['orders/hq-c', 'warn']);
});

it('what was put back too often is left alone under the new name, too', () => {
  const world = renamed();
  const sync = world.instances['orders_b_c']?.control?.syncs[0];
  const definition = world.ledger.links['orders/b-c']?.appliedDefinition;
  if (sync === undefined || typeof definition !== 'string') throw new Error('it was applied');
  sync.checktimeSeconds = 9;
  const { observation, ledger } = look(world);
  const now = 10 * 3_600_000;
  const heals = { 'orders/b-c': [1, 2, 3, 4].map((minutes) => ({ fact: 'row kick interval', definition, at: now - minutes * 60_000 })) };
  const plan = makePlan(world.topology, { ...observation, now }, { ...ledger, heals }, world.config, { approvals: [] });
  expect(plan.diagnostics.map((one) => `${one.code} ${one.address}`)).toContain('Contended orders/hq-c');
});

it('a link above one that has another name stands as it was applied', () => {
  const world = worldOf({ topology: orders(['a -> b', 'b -> c'], ['drift: warn'], ['a', 'b', 'c', 'd']) });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  declare(
    world,
    topologyOf(orders(['a -> b', '{from: b, to: far, renamed_from: b-c}'], ['drift: warn'], ['a', 'b', 'far']).replace('pg-far', 'pg-c')),
  );
  Object.assign(world.databases, { far: world.databases['c'] });
  Object.assign(world.connections, { far: world.connections['c'] });
  const sync = world.instances['orders_a_b']?.control?.syncs[0];
  if (sync === undefined) throw new Error('no sync');
  sync.checktimeSeconds = 9;
  const plan = planFor(world);
  expect(plan.steps.map((step) => step.id)).toEqual(['rename']);
  expect(plan.changes.flatMap((change) => (change.drift === undefined ? [] : [`${change.address} ${change.drift.treatment}`]))).toEqual([
    'orders/a-b warn',
  ]);
});

it('a run that is killed before or after the renaming is continued', () => {
  for (const crashAt of [0, 1]) {
    const world = renamed();
    finished(reconcileWithCrash(world, world.statements + crashAt, 3, OPTIONS), world);
  }
});

it('a database with another name that nobody called a rename is asked for, and nothing is made there meanwhile', () => {
  const world = renamed(false);
  const plan = planFor(world, 'all');
  const same = plan.diagnostics.filter((one) => one.code === 'SameDatabase' && one.address === 'orders/hq');
  expect(same.map((one) => one.hint)).toEqual([expect.stringContaining('say `renamed_from: b` at hq')]);
  const made = plan.steps.filter((step) => ['orders/a-hq', 'orders/hq-c'].includes(step.address));
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter((step) => step.blocked === null)).toEqual([]);
});
