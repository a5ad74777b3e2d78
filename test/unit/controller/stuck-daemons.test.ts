import { expect, test } from 'vitest';
import { StuckDaemons } from '../../../src/controller/topology/stuck-daemons.ts';
import type { ObservedRuns } from '../../../src/observe/control-model.ts';
import { statusOf } from '../../../src/plan/status/status.ts';
import { worldOf } from '../plan/world/world-build.ts';
import { stopDaemon } from '../plan/world/world-daemon.ts';
import { look } from '../plan/world/world-observe.ts';
import { planFor, reconcile } from '../plan/world/world-run.ts';
import type { World } from '../plan/world/world.ts';

const CHAIN = `topology: orders
databases: {a: {host: pg-a, dbname: orders}, b: {host: pg-b, dbname: orders}, c: {host: pg-c, dbname: orders}}
links: [a -> b, b -> c]
`;
const MINUTE = 60_000;

function converged(): World {
  const world = worldOf({ topology: CHAIN });
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  return world;
}

type Sight = Parameters<StuckDaemons['stuckInstance']>[0];

/** What a look shows when changes of `a-b` wait for so long, with these runs of it. */
function sightOf(world: World, lagSeconds: number, runs: Partial<ObservedRuns> = {}): Sight {
  const seen = look(world);
  const instance = seen.observation.instances['orders_a_b'];
  const control = instance?.control;
  if (instance === undefined || control === null || control === undefined) throw new Error('it is there');
  const usual: ObservedRuns = { running: null, lastGood: { startedAt: 1, endedAt: 2 }, lastBad: null };
  const observation = {
    ...seen.observation,
    instances: {
      ...seen.observation.instances,
      orders_a_b: { ...instance, control: { ...control, runs: { ...control.runs, orders_a_b: { ...usual, ...runs } } } },
    },
  };
  const plan = planFor(world, []);
  const backlog = Object.fromEntries(
    world.topology.links.map((link) => [link.address, { rows: 9, tables: 1, lagSeconds: link.id === 'a-b' ? lagSeconds : 0 }]),
  );
  const status = statusOf(world.topology, observation, seen.ledger, plan, { backlog, copies: {}, unpurged: {} });
  return { topology: world.topology, look: { observation, ledger: seen.ledger }, plan, status };
}

/** The instance that is called stuck at each of these minutes. */
function stuckAt(sights: readonly (readonly [minute: number, sight: Sight])[]): readonly (string | null)[] {
  const stuck = new StuckDaemons(5 * MINUTE);
  return sights.map(([minute, sight]) => stuck.stuckInstance(sight, minute * MINUTE)?.instance ?? null);
}

test('a daemon under which changes grow old while no run begins or ends is stuck, after that time and not before', () => {
  const world = converged();
  const old = sightOf(world, 600);
  expect(
    stuckAt([
      [0, old],
      [4, old],
      [6, old],
    ]),
  ).toEqual([null, null, 'orders_a_b']);
});

test('one that has nothing to do, that runs, or whose runs come and go is not', () => {
  const world = converged();
  const idle = sightOf(world, 0);
  expect(
    stuckAt([
      [0, idle],
      [6, idle],
    ]),
  ).toEqual([null, null]);
  const long = sightOf(world, 600, { running: { startedAt: 3, status: 'Begin txn' } });
  expect(
    stuckAt([
      [0, long],
      [60, long],
    ]),
  ).toEqual([null, null]);
  const lively = (end: number): Sight => sightOf(world, 600, { lastGood: { startedAt: end, endedAt: end } });
  expect(
    stuckAt([
      [0, lively(1)],
      [4, lively(2)],
      [8, lively(3)],
      [12, lively(4)],
    ]),
  ).toEqual([null, null, null, null]);
  const failing = (end: number): Sight => sightOf(world, 600, { lastBad: { startedAt: end, endedAt: end, error: 'no column' } });
  expect(
    stuckAt([
      [0, failing(1)],
      [6, failing(2)],
    ]),
  ).toEqual([null, null]);
});

test('neither is one that a person suspended, whose database is away, or that is down anyway', () => {
  const suspended = converged();
  suspended.ledger.suspensions['orders/a-b'] = { by: 'eve', reason: 'index', since: 0, held: true };
  const away = converged();
  const b = away.databases['b'];
  if (b === undefined) throw new Error('it is there');
  b.reachable = false;
  const down = converged();
  stopDaemon(down, 'orders_a_b');
  for (const world of [suspended, away, down]) {
    const sight = sightOf(world, 600);
    expect(
      stuckAt([
        [0, sight],
        [60, sight],
      ]),
    ).toEqual([null, null]);
  }
});
