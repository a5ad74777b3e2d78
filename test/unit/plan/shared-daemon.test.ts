import { describe, expect, test } from 'vitest';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile, reconcileWithCrash } from './world/world-run.ts';
import { tick } from './world/world-daemon.ts';
import { insert } from './world/world-users.ts';
import { Crash, dataOf, declare, type World } from './world/world.ts';

const SHARED = ['bucardo: {instance: pool}'];
const BOTH = orders(['a -> b', 'a -> c'], SHARED);
const OPTIONS = { choose: (count: number): number => count - 1, approvals: 'all' } as const;

/** What keeps a -> b from acting, and nothing from replicating. */
const HOLDS: readonly (readonly [string, (world: World) => void])[] = [
  [
    'preflight',
    (world) => {
      const b = world.databases['b'];
      if (b !== undefined) b.facts.encoding = 'LATIN1';
    },
  ],
  [
    'a person',
    (world) => {
      world.ledger.suspensions['orders/a-b'] = { by: 'eve', reason: 'index on b', since: world.now, held: true };
    },
  ],
];

const ENDS: readonly (readonly [string, readonly string[]])[] = [
  ['is removed', ['a -> b']],
  ['is stopped', ['a -> b', '{from: a, to: c, state: stopped}']],
  ['is detached', ['a -> b', '{from: a, to: c, state: detached}']],
];

const CASES = HOLDS.flatMap(([holder, hold]) => ENDS.map(([end, links]) => ({ holder, hold, end, after: orders(links, SHARED) })));

function held(hold: (world: World) => void, after: string): World {
  const world = worldOf({ topology: BOTH });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  hold(world);
  declare(world, topologyOf(after));
  return world;
}

function expectDelivery(world: World): void {
  expect(world.violations).toEqual([]);
  expect(world.instances['orders_pool']?.daemon?.syncs.map((sync) => sync.name)).toEqual(['orders_a_b']);
  insert(world, 'a', 'public.invoice', 'late');
  for (let second = 0; second < 5; second += 1) tick(world);
  expect(dataOf(world, 'b', 'public.invoice').rows).toContain('late');
}

/** Preflight and people keep a link from being changed, not from replicating: what stops its daemon for another link starts it again. */
describe('a link that replicates and may not act goes on when another link of its daemon ends', () => {
  test.each(CASES)('the other one $end, this one is held by $holder', ({ hold, after }) => {
    const world = held(hold, after);
    const start = planFor(world, 'all').steps.find((step) => step.kind === 'start_daemon');
    expect(start).toMatchObject({ what: 'start daemon orders_pool with orders_a_b', blocked: null });
    expect(reconcile(world, OPTIONS).fault).toBeNull();
    expectDelivery(world);
  });

  test.each(CASES)('the other one $end, this one is held by $holder: killed before any statement', ({ hold, after }) => {
    const probe = held(hold, after);
    const first = probe.statements;
    reconcile(probe, OPTIONS);
    for (let crashAt = first; crashAt < probe.statements; crashAt += 1) {
      const world = held(hold, after);
      expect(reconcileWithCrash(world, crashAt, 2, OPTIONS).fault).toBeNull();
      expectDelivery(world);
    }
  });

  test('a link that a person stopped stays down', () => {
    const world = held(
      (seen) => {
        seen.ledger.suspensions['orders/a-b'] = { by: 'eve', reason: 'index on b', since: seen.now };
      },
      orders(['a -> b'], SHARED),
    );
    expect(planFor(world, 'all').steps.filter((step) => step.kind === 'start_daemon' && step.blocked === null)).toEqual([]);
  });
});

/** Of a -> b, which runs, and a -> c, whose first copy runs in the same daemon: killed there, and then a person, or preflight, holds a -> c. */
function copyingHeld(hold: (world: World) => void, after: string): World {
  const world = worldOf({ topology: orders(['a -> b'], SHARED, ['a', 'b', 'c']), copyTicks: 20 });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  declare(world, topologyOf(BOTH));
  const users = (): void => {
    if (copyRuns(world)) throw new Crash('killed while it copies');
  };
  expect(() => reconcile(world, { ...OPTIONS, users })).toThrow('killed while it copies');
  hold(world);
  declare(world, topologyOf(after));
  return world;
}

const copyRuns = (world: World): boolean =>
  world.instances['orders_pool']?.daemon?.syncs.some((sync) => sync.name === 'orders_a_c' && sync.run?.kind === 'copy') === true;

describe('a link whose first copy runs and which may not act is not disturbed (rule 3)', () => {
  const holds: readonly (readonly [string, (world: World) => void])[] = [
    [
      'preflight',
      (world) => {
        const c = world.databases['c'];
        if (c !== undefined) c.facts.encoding = 'LATIN1';
      },
    ],
    [
      'a person',
      (world) => {
        world.ledger.suspensions['orders/a-c'] = { by: 'eve', reason: 'index on c', since: world.now, held: true };
      },
    ],
  ];
  const edits = [
    ['a setting of the other link', orders(['{from: a, to: b, kick_interval: 5s}', 'a -> c'], SHARED)],
    ['the end of the other link', orders(['a -> c'], SHARED)],
    ['the stop of the other link', orders(['{from: a, to: b, state: stopped}', 'a -> c'], SHARED)],
  ] as const;

  test.each(holds.flatMap(([holder, hold]) => edits.map(([edit, after]) => ({ holder, hold, edit, after }))))(
    'held by $holder: $edit waits for the copy',
    ({ hold, after }) => {
      const world = copyingHeld(hold, after);
      const stop = planFor(world, 'all').steps.find((step) => step.kind === 'stop_daemon');
      expect(stop?.blocked).toBe('waits for the copy of a-c, which runs in daemon orders_pool');
      const { daemon } = world.instances['orders_pool'] ?? {};
      expect(reconcile(world, OPTIONS).fault).toBeNull();
      expect(world.instances['orders_pool']?.daemon).toBe(daemon);
      for (let second = 0; copyRuns(world) && second < 60; second += 1) tick(world);
      expect(copyRuns(world)).toBe(false);
      expect(planFor(world, 'all').steps.find((step) => step.kind === 'stop_daemon')?.blocked).toBeNull();
      expect(reconcile(world, OPTIONS).fault).toBeNull();
      expect(planFor(world, 'all').steps.filter((step) => step.blocked === null)).toEqual([]);
      expect(world.violations).toEqual([]);
    },
  );
});
