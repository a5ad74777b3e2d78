import { describe, expect, test } from 'vitest';
import type { Condition } from '../../../src/plan/status/condition-model.ts';
import { type ConditionInput, conditionsOf } from '../../../src/plan/status/conditions.ts';
import { statusOf } from '../../../src/plan/status/status.ts';
import { explainText, explanation } from '../../../src/report/status/explain-text.ts';
import { parseWish, wishState } from '../../../src/report/status/wish.ts';
import { topologyOf, worldOf } from './world/world-build.ts';
import { stopDaemon } from './world/world-daemon.ts';
import { look } from './world/world-observe.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { declare, type World } from './world/world.ts';

const CHAIN = `topology: orders
databases:
  a: {host: pg-a.internal, dbname: orders}
  b: {host: pg-b.internal, dbname: orders}
  c: {host: pg-c.internal, dbname: orders}
links: [a -> b, b -> c]
`;

function converged(): World {
  const world = worldOf({ topology: CHAIN });
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  return world;
}

const NOW = 1_800_000_000_000;

function inputOf(world: World, lags: Readonly<Record<string, number>> = {}): ConditionInput {
  const { observation, ledger } = look(world);
  const plan = planFor(world, []);
  const backlog = Object.fromEntries(
    world.topology.links.map((link) => [link.address, { rows: 0, tables: 0, lagSeconds: lags[link.address] ?? 0 }]),
  );
  const status = statusOf(world.topology, observation, ledger, plan, { backlog, copies: {}, unpurged: {} });
  return {
    topology: world.topology,
    seen: { observation, plan, status },
    missedLooks: 0,
    revision: 'abc',
    problems: [],
    retries: [],
    run: 'none',
    previous: [],
    now: NOW,
  };
}

const at = (conditions: readonly Condition[], address: string, type: Condition['type']): string => {
  const found = conditions.find((one) => one.address === address && one.type === type);
  return `${found?.status} ${found?.reason}`;
};

const explained = (input: ConditionInput, address: string): string => {
  if (input.seen === null) throw new Error('it was seen');
  return explainText(
    explanation(
      { topology: input.topology, ...input.seen, conditions: conditionsOf(input), at: input.now, retries: [], runs: [] },
      address,
    ),
  );
};

describe('conditions', () => {
  test('of a chain that is converged are all as they shall be, and each stands once', () => {
    const conditions = conditionsOf(inputOf(converged()));
    const normal = conditions.filter((one) => !['Suspect', 'Reconciling', 'Stalled', 'Suspended'].includes(one.type));
    expect(normal.filter((one) => one.status !== 'True')).toEqual([]);
    expect(conditions.filter((one) => !normal.includes(one)).every((one) => one.status === 'False')).toBe(true);
    expect(new Set(conditions.map((one) => `${one.address} ${one.type}`)).size).toBe(conditions.length);
    // Only what leaves a database that receives passes anything on.
    expect(conditions.filter((one) => one.type === 'Cascading').map((one) => one.address)).toEqual(['orders/b-c']);
  });

  test('before the first look are unknown, and after three looks that failed are unknown again', () => {
    const input = inputOf(converged());
    for (const conditions of [conditionsOf({ ...input, seen: null }), conditionsOf({ ...input, missedLooks: 3 })])
      expect(conditions.filter((one) => one.type !== 'SpecValid').every((one) => one.status === 'Unknown')).toBe(true);
    expect(at(conditionsOf({ ...input, missedLooks: 2 }), 'orders', 'Ready')).toBe('True Ready');
  });

  test('of a new topology say what is to come, upstream first', () => {
    const conditions = conditionsOf(inputOf(worldOf({ topology: CHAIN })));
    expect(at(conditions, 'orders/a-b', 'Provisioned')).toBe('False Pending');
    expect(at(conditions, 'orders/b-c', 'Provisioned')).toBe('False UpstreamNotReady');
    expect(at(conditions, 'orders', 'InSync')).toBe('False ChangesPending');
    expect(at(conditions, 'orders', 'Ready')).toBe('False Pending');
  });

  test('keep their time while their status stays, whatever the reason', () => {
    const world = converged();
    const before = conditionsOf(inputOf(world));
    stopDaemon(world, 'orders_a_b');
    const after = conditionsOf({ ...inputOf(world), previous: before, now: NOW + 1_000 });
    const since = (address: string, type: string): number | undefined =>
      after.find((one) => one.address === address && one.type === type)?.since;
    expect(since('orders/a-b', 'DaemonRunning')).toBe(NOW + 1_000);
    expect(since('orders/b-c', 'DaemonRunning')).toBe(NOW);
    expect(since('orders/a-b', 'CopyComplete')).toBe(NOW);
  });

  test('keep their time under another name, before the renaming is carried out and after it', () => {
    const world = converged();
    stopDaemon(world, 'orders_b_c');
    const before = conditionsOf(inputOf(world));
    declare(
      world,
      topologyOf(CHAIN.replace('  b: {', '  hq: {renamed_from: b, ').replace('links: [a -> b, b -> c]', 'links: [a -> hq, hq -> c]')),
    );
    // Bucardo still calls it b: its daemons reach the same database by that name.
    Object.assign(world.databases, { hq: world.databases['b'] });
    Object.assign(world.connections, { hq: world.connections['b'] });
    const since = (conditions: readonly Condition[], address: string, type: string): number | undefined =>
      conditions.find((one) => one.address === address && one.type === type)?.since;
    const renamed = conditionsOf({ ...inputOf(world), previous: before, now: NOW + 1_000 });
    expect(since(renamed, 'orders/hq-c', 'DaemonRunning')).toBe(NOW);
    expect(since(renamed, 'orders/a-hq', 'CopyComplete')).toBe(NOW);
    expect(since(renamed, 'orders/hq', 'Reachable')).toBe(NOW);
    expect(since(renamed, 'orders/a', 'Reachable')).toBe(NOW);
    expect(reconcile(world, { choose: () => 0, approvals: [] }).fault).toBeNull();
    const healed = conditionsOf({ ...inputOf(world), previous: renamed, now: NOW + 2_000 });
    expect(since(healed, 'orders/hq-c', 'DaemonRunning')).toBe(NOW + 2_000);
    expect(since(healed, 'orders/hq-c', 'CopyComplete')).toBe(NOW);
  });

  test('of a link that is on its way out say that it passes on, until it is gone', () => {
    const world = converged();
    world.declared = { ...world.declared, links: world.declared.links.filter((link) => link.id === 'a-b') };
    const input = inputOf(world);
    expect(input.seen?.plan.steps.map((step) => step.kind)).toContain('makedelta');
    expect(at(conditionsOf(input), 'orders/b-c', 'Cascading')).toBe('True Cascading');
  });

  test('of a daemon that is down, a late link and a database that is away are never Ready', () => {
    const world = converged();
    expect(at(conditionsOf(inputOf(world, { 'orders/a-b': 600 })), 'orders/a-b', 'Replicating')).toBe('False LagHigh');
    expect(at(conditionsOf(inputOf(world, { 'orders/a-b': 600 })), 'orders', 'Ready')).toBe('False LagHigh');
    stopDaemon(world, 'orders_b_c');
    const down = inputOf(world);
    expect(at(conditionsOf(down), 'orders/b-c', 'DaemonRunning')).toBe('False DaemonDown');
    expect(at(conditionsOf(down), 'orders', 'Ready')).toBe('False DaemonDown');
    expect(at(conditionsOf(down), 'orders', 'InSync')).toBe('False DriftDetected');
    expect(explained(down, 'orders')).toContain('no master process of orders_b_c lives');
    const away = converged();
    const a = away.databases['a'];
    if (a === undefined) throw new Error('it is there');
    a.reachable = false;
    const conditions = conditionsOf(inputOf(away));
    expect(at(conditions, 'orders/a', 'Reachable')).toBe('False ConnectFailed');
    expect(at(conditions, 'orders/b', 'Reachable')).toBe('True Reachable');
    expect(at(conditions, 'orders/a-b', 'Ready')).not.toMatch(/^True/);
    expect(explained(inputOf(away), 'orders/a-b')).toContain('orders/a Reachable=False ConnectFailed');
  });

  test('of a link whose database is away name the database, whatever became of the daemon', () => {
    const world = converged();
    const c = world.databases['c'];
    if (c === undefined) throw new Error('it is there');
    c.reachable = false;
    stopDaemon(world, 'orders_b_c');
    (world.instances['orders_b_c'] ??= { control: null, daemon: null, orphans: [], putDown: false }).orphans.push(4711);
    const input = inputOf(world);
    const conditions = conditionsOf(input);
    expect(at(conditions, 'orders/b-c', 'DaemonRunning')).toBe('False ForeignPid');
    expect(at(conditions, 'orders/b-c', 'Ready')).toBe('False Unreachable');
    const topology = conditions.find((one) => one.address === 'orders' && one.type === 'Ready');
    expect(topology?.message).toMatch(/^orders\/b-c: database c: ./);
    const notes = input.seen?.status.links.find((one) => one.id === 'b-c')?.notes ?? [];
    expect(notes.filter((note) => note.startsWith('drift: daemon'))).toHaveLength(1);
  });

  test('say who suspended what, that a person is needed, and that a file is broken', () => {
    const world = converged();
    world.ledger.suspensions['orders'] = { by: 'eve', reason: 'a look inside', since: NOW, held: true };
    const input = inputOf(world);
    const conditions = conditionsOf(input);
    expect(at(conditions, 'orders', 'Suspended')).toBe('True SuspendedByUser');
    expect(at(conditions, 'orders/b-c', 'Suspended')).toBe('True SuspendedByUser');
    // What runs goes on.
    expect(at(conditions, 'orders/b-c', 'DaemonRunning')).toBe('True Running');
    delete world.ledger.suspensions['orders'];
    const retries = [{ address: 'orders/a-b', error: '42501: permission denied', fatal: true }];
    expect(at(conditionsOf({ ...inputOf(world), retries }), 'orders', 'Stalled')).toBe('True TerminalError');
    const problem = { severity: 'error', code: 'Cycle', message: 'a -> b -> a', at: { file: 'x', line: 1, column: 1 } } as const;
    expect(at(conditionsOf({ ...inputOf(world), problems: [problem] }), 'orders', 'SpecValid')).toBe('False CycleFound');
  });
});

test('a suspended topology plans nothing that may be carried out, until it is resumed', () => {
  const world = converged();
  stopDaemon(world, 'orders_a_b');
  world.ledger.suspensions['orders'] = { by: 'eve', reason: 'a look inside', since: NOW, held: true };
  const plan = planFor(world, []);
  expect(plan.steps.length).toBeGreaterThan(0);
  expect(plan.steps.every((step) => step.blocked !== null)).toBe(true);
  expect(plan.verdict).toBe('blocked');
  delete world.ledger.suspensions['orders'];
  expect(planFor(world, []).steps.some((step) => step.blocked === null)).toBe(true);
  // A single link leaves the others alone.
  world.ledger.suspensions['orders/b-c'] = { by: 'eve', reason: 'index', since: NOW, held: true };
  expect(
    planFor(world, [])
      .steps.filter((step) => step.blocked === null)
      .map((step) => step.kind),
  ).toContain('start_daemon');
  expect(reconcile(world, { choose: () => 0, approvals: [] }).fault).toBeNull();
  expect(planFor(world, []).steps.filter((step) => step.blocked === null)).toEqual([]);
});

test('an explanation follows what waits for what', () => {
  const text = explained(inputOf(worldOf({ topology: CHAIN })), 'orders/b-c');
  expect(text.split('\n')[0]).toBe('orders/b-c Ready=False UpstreamNotReady');
  expect(text).toMatch(
    /<- Provisioned=False UpstreamNotReady: waits for a-b\n {3}<- orders\/a-b Ready=False Pending\n {6}<- Provisioned=False Pending/,
  );
});

test('an explanation of a topology names links that are suspended or Suspect, though they replicate', () => {
  const world = converged();
  world.ledger.suspensions['orders/b-c'] = { by: 'eve', reason: 'a look inside', since: NOW, held: true };
  const suspended = explained(inputOf(world), 'orders');
  expect(suspended).toMatch(/^orders Ready=False Blocked\n<- orders\/b-c Ready=\S+ \S+\n {3}<- Suspended=True SuspendedByUser/);
  const doubted = converged();
  const { suspects } = doubted.ledger.links['orders/a-b'] ?? {};
  suspects?.push({ code: 'TriggerMissing', since: '2026-11-20T12:00:00Z', tables: ['public.items'] });
  expect(explained(inputOf(doubted), 'orders')).toMatch(
    /^orders Ready=True Ready\n<- orders\/a-b Ready=True Ready\n {3}<- Suspect=True Suspect: .*public\.items.*\n {6}<- to do: .*goatherd accept orders\/a-b/,
  );
});

test('a wish names a condition, of one object or of all', () => {
  const conditions = conditionsOf(inputOf(converged()));
  const state = (text: string): string => {
    const wish = parseWish(text);
    return typeof wish === 'string' ? 'none' : wishState(wish, conditions).kind;
  };
  expect(['Ready', 'ready', 'orders/b-c:CopyComplete', 'Suspended=False'].map(state)).toEqual(['holds', 'holds', 'holds', 'holds']);
  expect(state('Suspended')).toBe('waits');
  expect(state('orders/x-y:Ready')).toBe('strange');
  expect(['Reddy', 'Ready=Maybe', '', 'a b'].map(state)).toEqual(['none', 'none', 'none', 'none']);
});
