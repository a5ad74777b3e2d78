import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/plan/model.ts';
import { approvalWays } from '../../../src/report/plan-text/destructive.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { tick } from './world/world-daemon.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { insert, truncate } from './world/world-users.ts';
import { dataOf, declare, instanceOf, tableOf, type World } from './world/world.ts';

const CHAIN = orders(['a -> b', 'b -> c']);
const WITHOUT_C = orders(['a -> b']);
const WITHOUT_INVOICE = orders(['a -> b', '{from: b, to: c, tables: {exclude: [public.invoice]}}']);
const T = 'public.invoice';

function converged(): World {
  const world = worldOf({ topology: CHAIN });
  run(world);
  return world;
}

function run(world: World): void {
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
}

/** Rows on b that c does not get: nothing ticks between the writes and the plan. */
function behind(world: World, rows: number): void {
  for (let row = 0; row < rows; row += 1) insert(world, 'b', T, `late${row}`);
}

const daemonOf = (world: World) => instanceOf(world, 'orders_b_c');

const said = (plan: Plan): string[] =>
  plan.diagnostics
    .filter((one) => one.code === 'NeverDelivered' || one.code === 'UndeliveredUnknown')
    .map((one) => `${one.code} ${one.message} [${one.objects.join(' ')}]`);

/** Nothing but the approval stands against the removal, and it can be given in git. */
function waitsForApproval(plan: Plan): void {
  const removal = plan.steps.filter(({ kind, address }) => address === 'orders/b-c' || (kind === 'stop_daemon' && address.endsWith('b_c')));
  expect(removal.length).toBeGreaterThan(3);
  expect(new Set(removal.map((step) => step.blocked))).toEqual(new Set([`approval ${plan.approvals.required[0]?.id ?? ''} is missing`]));
  expect(approvalWays(plan).map((way) => way.by)).toEqual(['git', 'ledger', 'run']);
}

function dropDelta(world: World): void {
  const bucardo = tableOf(world, 'b', T)?.bucardo ?? null;
  if (bucardo === null) throw new Error('nothing stands there');
  bucardo.deltaColumns = null;
  bucardo.deltaDefault = null;
}

/** c lacks a column, so that the table is set aside while the link goes on. */
function setAside(world: World): void {
  for (const name of ['a', 'b']) tableOf(world, name, T)?.columns.push(['extra', 'text', '', '', '', '', ''].join('\u001f'));
  run(world);
}

describe('a link that goes', () => {
  test('says how much of a table that was set aside never arrives, though it waits until it is drained', () => {
    const world = converged();
    setAside(world);
    behind(world, 2);
    for (let second = 0; second < 5; second += 1) tick(world);
    expect(said(planFor(world))).toEqual([]);
    declare(world, topologyOf(WITHOUT_C));
    const plan = planFor(world);
    expect(plan.steps.map((step) => step.kind)).toContain('wait_drained');
    expect(said(plan)).toEqual([
      `NeverDelivered 2 changes of ${T} on b will never reach c: set aside, it is not on its way, and the removal does not wait for it [${T}]`,
    ]);
  });

  test('says that nobody knows how much stood in a delta table that was dropped, and no longer when it drops that itself', () => {
    const world = converged();
    dropDelta(world);
    declare(world, topologyOf(WITHOUT_C));
    expect(said(planFor(world))).toEqual([
      `UndeliveredUnknown how many changes of ${T} on b will never reach c is unknown: its delta table is missing [${T}]`,
    ]);
    const seen: string[][] = [];
    expect(reconcile(world, { choose: () => 0, approvals: 'all', onPlan: (plan) => seen.push(said(plan)) }).fault).toBeNull();
    expect(seen.at(-1)).toEqual([]);
  });

  test('is started first where no daemon runs it, and what it has open arrives', () => {
    const world = converged();
    behind(world, 2);
    daemonOf(world).daemon = null;
    declare(world, topologyOf(WITHOUT_C));
    const kinds: string[] = [];
    const plans: Plan[] = [];
    const { fault } = reconcile(world, {
      choose: () => 0,
      approvals: 'all',
      onPlan: (plan) => plans.push(plan),
      onStep: ({ kind }) => kinds.push(kind),
    });
    expect(fault).toBeNull();
    const first = plans[0]?.steps.find((step) => step.id === 'b-c/deactivate');
    expect(first?.blocked).toBe('waits until b-c runs again, so that what it has open reaches c');
    expect(plans.flatMap(said)).toEqual([]);
    expect(kinds.indexOf('start_daemon')).toBeLessThan(kinds.indexOf('wait_drained'));
    expect(kinds.indexOf('wait_drained')).toBeLessThan(kinds.indexOf('deactivate'));
    expect([...dataOf(world, 'c', T).rows]).toEqual(expect.arrayContaining(['late0', 'late1']));
  });

  test.each([
    ['nothing is done to it', 'active', true],
    ['somebody stopped it, and it is inactive', 'inactive', false],
  ])('goes without a wait where %s, and the plan says what is lost', (_why, status, held) => {
    const world = converged();
    for (let second = 0; second < 5; second += 1) tick(world);
    behind(world, 2);
    daemonOf(world).daemon = null;
    world.ledger.suspensions['orders/b-c'] = { by: 'eve', reason: 'index on c', since: world.now, ...(held ? { held } : {}) };
    for (const sync of daemonOf(world).control?.syncs ?? []) sync.status = status;
    declare(world, topologyOf(WITHOUT_C));
    const plan = planFor(world);
    expect(plan.steps.map((step) => step.kind)).not.toContain('wait_drained');
    waitsForApproval(plan);
    expect(said(planFor(world))).toEqual([`NeverDelivered 2 changes on b will never reach c: the removal does not wait for them [${T}]`]);
    run(world);
    expect(Object.keys(world.ledger.links)).toEqual(['orders/a-b']);
  });

  test('waits for its approval alone where its target is away, and the plan says what brings the rest there', () => {
    const world = converged();
    for (let second = 0; second < 5; second += 1) tick(world);
    behind(world, 1);
    const c = world.databases['c'];
    if (c !== undefined) c.reachable = false;
    declare(world, topologyOf(WITHOUT_C));
    const plan = planFor(world);
    waitsForApproval(plan);
    expect(plan.diagnostics.find((one) => one.code === 'NeverDelivered')).toMatchObject({ hint: 'to deliver them first, bring c back' });
    run(world);
    expect(Object.keys(world.ledger.links)).toEqual(['orders/a-b']);
  });

  test('says nothing of what arrives before it is gone', () => {
    const world = converged();
    behind(world, 2);
    declare(world, topologyOf(WITHOUT_C));
    expect(said(planFor(world))).toEqual([]);
  });
});

describe('a table that leaves a link', () => {
  test('says how much of it never arrives; the number is a measure, and moves no fingerprint', () => {
    const world = converged();
    declare(world, topologyOf(WITHOUT_INVOICE));
    const before = planFor(world);
    expect(said(before)).toEqual([]);
    behind(world, 1);
    const plan = planFor(world);
    expect(said(plan)).toEqual([
      `NeverDelivered 1 change of ${T} on b will never reach c: the removal does not wait for what a table that leaves has not delivered [${T}]`,
    ]);
    expect(plan.fingerprint).toBe(before.fingerprint);
    run(world);
    expect(said(planFor(world))).toEqual([]);
  });

  test('counts a TRUNCATE that no run has carried on yet', () => {
    const world = converged();
    truncate(world, 'b', T);
    insert(world, 'b', T, 'late');
    declare(world, topologyOf(WITHOUT_INVOICE));
    expect(said(planFor(world))).toEqual([
      `NeverDelivered 1 change and 1 TRUNCATE of ${T} on b will never reach c: the removal does not wait for what a table that leaves has not delivered [${T}]`,
    ]);
  });

  test('says that nobody knows, where its delta table was dropped', () => {
    const world = converged();
    dropDelta(world);
    declare(world, topologyOf(WITHOUT_INVOICE));
    expect(said(planFor(world))).toEqual([
      `UndeliveredUnknown how many changes of ${T} on b will never reach c is unknown: its delta table is missing [${T}]`,
    ]);
  });
});
