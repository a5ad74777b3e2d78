/** What leaves below a link that only the mark on its control database tells of, while that one writes its changes down there. */
import { describe, expect, it } from 'vitest';
import { EMPTY_LEDGER } from '../../../src/ledger/model.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { tick } from './world/world-daemon.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { insert } from './world/world-users.ts';
import { dataOf, declare, tableOf, type Mutable, type World } from './world/world.ts';

const OPTIONS = { choose: (): number => 0, approvals: 'all' } as const;
const T = 'public.invoice';
const WRITTEN = 'a-b writes its changes down: neither the file nor the ledger knows it';
const DETACHED = '{from: b, to: c, state: detached}';

/** A -> B -> C, converged; then the ledger is lost, and the line of a -> b with it. */
function forgotten(more: readonly string[], links: readonly string[] = ['a -> b', 'b -> c']): World {
  const world = worldOf({ topology: orders(links, more) });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  world.ledger = structuredClone(EMPTY_LEDGER) as Mutable<typeof EMPTY_LEDGER>;
  declare(world, topologyOf(orders(links.slice(1), more)));
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  const [seen] = planFor(world).diagnostics.filter((one) => one.code === 'LinkForgotten');
  expect(seen?.address).toBe('orders/a-b');
  return world;
}

const reasons = (plan: Plan): readonly (string | null)[] => [
  ...new Set(plan.steps.map((step) => step.blocked).filter((one) => one?.startsWith('waits for step') !== true)),
];

/** What is written on A arrives on B, and no run of a -> b fails for want of what it writes to. */
function expectDelivery(world: World, row: string): void {
  insert(world, 'a', T, row);
  for (let second = 0; second < 8; second += 1) tick(world);
  expect(dataOf(world, 'b', T).rows).toContain(row);
  expect(world.violations).toEqual([]);
  expect(tableOf(world, 'b', T)?.bucardo?.deltaColumns).not.toBeNull();
}

describe.each([
  ['instances of their own', []],
  ['one instance', ['bucardo: {instance: pool}']],
])('below a link that is forgotten, in %s', (_what, more) => {
  it.each([
    ['is detached', [DETACHED]],
    ['is removed', []],
  ])('one that %s stays as it is, and says why; it goes when the line above is back', (_how, links) => {
    const world = forgotten(more);
    declare(world, topologyOf(orders(links, more)));
    expect(reasons(planFor(world, 'all'))).toEqual([WRITTEN]);
    expect(reconcile(world, OPTIONS)).toMatchObject({ fault: null, plan: { verdict: 'blocked' } });
    expectDelivery(world, 'late');
    expect(dataOf(world, 'c', T).rows).toContain('late');

    declare(world, topologyOf(orders(['a -> b', ...links], more)));
    expect(reasons(planFor(world, 'all'))).toEqual([null]);
    expect(reconcile(world, OPTIONS)).toMatchObject({ fault: null, plan: { steps: [] } });
    insert(world, 'a', T, 'later');
    for (let second = 0; second < 8; second += 1) tick(world);
    expect(dataOf(world, 'b', T).rows).toContain('later');
    expect(world.violations).toEqual([]);
    expect(tableOf(world, 'b', T)?.bucardo?.triggers ?? []).toEqual([]);
  });

  it('a table that leaves stays as long', () => {
    const world = forgotten(more);
    const without = `{from: b, to: c, tables: {exclude: [${T}]}}`;
    declare(world, topologyOf(orders([without], more)));
    expect(reconcile(world, OPTIONS).fault).toBeNull();
    expectDelivery(world, 'late');
    declare(world, topologyOf(orders(['a -> b', without], more)));
    expect(reconcile(world, OPTIONS)).toMatchObject({ fault: null, plan: { steps: [] } });
    insert(world, 'a', T, 'later');
    for (let second = 0; second < 8; second += 1) tick(world);
    expect(dataOf(world, 'b', T).rows).toContain('later');
    expect(world.violations).toEqual([]);
    expect(tableOf(world, 'b', T)?.bucardo?.deltaColumns ?? null).toBeNull();
  });
});

it('a link whose source receives nothing from there is not concerned', () => {
  const world = forgotten(['bucardo: {instance: pool}'], ['a -> b', 'a -> c']);
  declare(world, topologyOf(orders(['{from: a, to: c, state: detached}'], ['bucardo: {instance: pool}'])));
  expect(reconcile(world, OPTIONS)).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
  insert(world, 'a', T, 'late');
  for (let second = 0; second < 8; second += 1) tick(world);
  expect(dataOf(world, 'b', T).rows).toContain('late');
  expect(world.violations).toEqual([]);
});
