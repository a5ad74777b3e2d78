import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/plan/model.ts';
import { sequence } from './arbitrary-world.ts';
import { unmet } from './expectations.ts';
import { orders, topologyOf, worldOf } from './world-build.ts';
import { planFor, reconcile, reconcileWithCrash, type RunOptions } from './world-run.ts';
import { tick } from './world-daemon.ts';
import { insert, truncate } from './world-users.ts';
import { dataOf, declare, type World } from './world.ts';

const CHAIN = { links: ['{from: a, to: b}', '{from: b, to: c}'] } as const;

/** A converged A -> B -> C; `more` are keys of a link, by its id. */
function converged(more: Readonly<Record<string, string>> = {}, keys: readonly string[] = []): World {
  const world = worldOf({ topology: chain(more, keys) });
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  for (let second = 0; second < 5; second += 1) tick(world);
  return world;
}

function chain(more: Readonly<Record<string, string>>, keys: readonly string[] = []): string {
  const text = (link: string, id: string): string => (more[id] === undefined ? link : link.replace('}', `, ${more[id]}}`));
  return orders(
    CHAIN.links.map((link, index) => text(link, ['a-b', 'b-c'][index] ?? '')),
    keys,
  );
}

const stepsOf = (plan: Plan, kind: string): readonly string[] => plan.steps.filter((step) => step.kind === kind).map((step) => step.id);

describe('a copy that is asked for again', () => {
  test('is forced on the links below, which stand still from before it begins, under one approval', () => {
    const world = converged();
    declare(world, topologyOf(chain({ 'a-b': 'copy_data: always, copy_generation: 2', 'b-c': 'copy_data: never' })));
    const plan = planFor(world);
    expect(plan.approvals.required).toMatchObject([{ steps: ['a-b/copy-again', 'b-c/copy-again'], given: false }]);
    expect(plan.steps.every((step) => step.blocked !== null)).toBe(true);
    expect(plan.verdict).toBe('blocked');
    const approved = planFor(world, 'all');
    expect(approved.steps.every((step) => step.blocked === null)).toBe(true);
    const place = (id: string): number => approved.steps.findIndex((step) => step.id === id);
    for (const id of ['b-c/recopy', 'b-c/deactivate', 'orders_b_c/stop-0', 'a-b/deactivate', 'orders_a_b/stop-0']) {
      expect(place(id)).toBeGreaterThanOrEqual(0);
      expect(place(id)).toBeLessThan(place('a-b/copy-again'));
    }
    expect(place('a-b/copy-again')).toBeLessThan(place('b-c/copy-again'));
    expect(place('b-c/copy-again')).toBeLessThan(place('b-c/activate'));
    expect(approved.risk.sentences).toEqual(
      expect.arrayContaining(['Empties 2 tables of b that hold rows.', 'Empties 2 tables of c that hold rows.']),
    );
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(unmet(world)).toEqual([]);
    expect(world.ledger.links['orders/a-b']?.receipt).toMatchObject({ generation: 2 });
    expect(world.ledger.links['orders/b-c']?.receipt?.generation).toBe(1);
  });

  test('takes under `empty` the tables that are empty then, and these alone below', () => {
    const world = converged();
    dataOf(world, 'b', 'public.invoice').rows.clear();
    declare(world, topologyOf(chain({ 'a-b': 'copy_generation: 2' })));
    const plan = planFor(world);
    expect(plan.steps.filter((step) => step.kind === 'copy_tables').map((step) => step.work)).toMatchObject([
      { link: 'orders/a-b', tables: ['public.invoice'], emptied: [] },
      { link: 'orders/b-c', tables: ['public.invoice'], emptied: ['public.invoice'] },
    ]);
    expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
    expect(unmet(world)).toEqual([]);
    // What the link has carried since its copy is no reason for doubt.
    expect(world.ledger.links['orders/a-b']?.receipt?.skipped).toEqual([]);
    expect(planFor(world).links.every((link) => link.suspect === null)).toBe(true);
  });

  test('is noted and copies nothing under `never`, and under `empty` where nothing is empty', () => {
    const world = converged();
    declare(world, topologyOf(chain({ 'a-b': 'copy_generation: 3', 'b-c': 'copy_data: never, copy_generation: 2' })));
    expect(stepsOf(planFor(world), 'copy_tables')).toEqual([]);
    expect(planFor(world).steps.map((step) => step.id)).toEqual(['b-c/recopy', 'a-b/recopy', 'arrival']);
    expect(reconcile(world, { choose: () => 0, approvals: [] }).plan.verdict).toBe('in_sync');
    expect(world.ledger.links['orders/a-b']?.receipt?.generation).toBe(3);
  });

  test('that is not approved holds nothing else, in a shared instance neither', () => {
    const world = converged({}, ['bucardo: {instance: pool}']);
    const pool = ['bucardo: {instance: pool, settings: {log_level: verbose}}'];
    declare(world, topologyOf(chain({ 'a-b': 'copy_data: always, copy_generation: 2' }, pool)));
    const { plan, fault } = reconcile(world, { choose: () => 0, approvals: [] });
    expect(fault).toBeNull();
    expect(plan.verdict).toBe('blocked');
    expect(world.instances['orders_pool']?.control?.settings['log_level']).toBe('verbose');
    expect(world.instances['orders_pool']?.daemon?.syncs.map((sync) => sync.name)).toEqual(['orders_a_b', 'orders_b_c']);
    expect(world.ledger.links['orders/b-c']?.recopy).toBeNull();
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(unmet(world)).toEqual([]);
  });

  test('with a lower number does nothing, and says so', () => {
    const world = converged({ 'a-b': 'copy_generation: 4' });
    declare(world, topologyOf(chain({ 'a-b': 'copy_generation: 2' })));
    const plan = planFor(world);
    expect(plan.steps).toEqual([]);
    expect(plan.diagnostics).toMatchObject([{ severity: 'warning', code: 'GenerationLowered', address: 'orders/a-b' }]);
  });

  test('waits while a link below cannot stand still and copy, and says for what', () => {
    const world = converged();
    world.ledger.suspensions['orders/b-c'] = { by: 'eve', reason: 'index on c', since: 0 };
    declare(world, topologyOf(chain({ 'a-b': 'copy_data: always, copy_generation: 2' })));
    const { plan } = reconcile(world, { choose: () => 0, approvals: 'all' });
    expect(plan.diagnostics.find((one) => one.code === 'CopyAgainWaits')?.message).toContain('waits for b-c: suspended by eve');
    expect(world.ledger.links['orders/a-b']?.receipt?.generation).toBe(1);
    world.ledger.suspensions = {};
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(unmet(world)).toEqual([]);
  });

  test('is owed by a link that is declared stopped until it runs again', () => {
    const world = converged();
    declare(world, topologyOf(chain({ 'a-b': 'copy_data: always, copy_generation: 2', 'b-c': 'state: stopped' })));
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(world.ledger.links['orders/b-c']?.recopy?.tables).toHaveLength(2);
    declare(world, topologyOf(chain({ 'a-b': 'copy_data: always, copy_generation: 2' })));
    expect(planFor(world).approvals.required).toMatchObject([{ steps: ['b-c/copy-again'] }]);
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(unmet(world)).toEqual([]);
  });

  test('ends what was doubted of its tables', () => {
    const world = converged({ 'a-b': 'copy_data: always' });
    world.ledger.links['orders/a-b']?.suspects.push({ code: 'TriggerMissing', tables: ['public.invoice'], since: '2026-11-23T00:00:00Z' });
    declare(world, topologyOf(chain({ 'a-b': 'copy_data: always, copy_generation: 2' })));
    reconcile(world, { choose: () => 0, approvals: 'all' });
    expect(world.ledger.links['orders/a-b']?.suspects).toEqual([]);
  });
});

const names = ['a', 'b', 'c', 'd'];
const mode = fc.constantFrom('always', 'always', 'empty', 'never');
const tree = fc.record({
  links: fc.array(
    fc.record({
      parent: fc.nat(2),
      mode,
      raised: fc.boolean(),
      stopped: fc.nat(7).map((n) => n === 0),
      shared: fc.boolean(),
      warns: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  damaged: fc.array(fc.record({ link: fc.nat(2), table: fc.constantFrom('public.customer', 'public.invoice') }), { maxLength: 3 }),
  seed: fc.nat(1_000_000),
});
type Tree = typeof tree extends fc.Arbitrary<infer T> ? T : never;

function textOf({ links }: Tree, again: boolean): string {
  return orders(
    links.map((one, index) => {
      const keys = [
        `from: ${names[one.parent % (index + 1)]}`,
        `to: ${names[index + 1]}`,
        `copy_data: ${one.mode}`,
        ...(again && one.raised ? ['copy_generation: 2'] : []),
        ...(again && one.stopped ? ['state: stopped'] : []),
        ...(one.warns ? ['drift: warn'] : []),
        ...(one.shared ? ['bucardo: {instance: pool}'] : []),
      ];
      return `{${keys.join(', ')}}`;
    }),
    [],
    names.slice(0, links.length + 1),
  );
}

/** Rows go from a target unseen: what a copy again is asked for. Under `empty` the whole table, as nothing else is copied there. */
function damage(world: World, { links, damaged }: Tree): void {
  for (const { link, table } of damaged) {
    const one = links[link];
    if (one?.raised !== true || one.stopped || one.mode === 'never') continue;
    const { rows } = dataOf(world, names[link + 1] ?? '', table);
    if (one.mode === 'empty') rows.clear();
    else rows.delete([...rows][0] ?? '');
  }
}

function users(seed: number): RunOptions['users'] {
  const next = sequence(seed + 3);
  return (world) => {
    const table = ['public.customer', 'public.invoice'][next(2)] ?? '';
    const chance = next(10);
    if (chance < 4) insert(world, 'a', table, `w${world.statements}-${world.now}`);
    if (chance === 9) truncate(world, 'a', table);
  };
}

test('any tree of links copies again what it is asked for, and the links below with it, killed or not', { timeout: 300_000 }, () => {
  const runs = process.env['GOATHERD_TEST_ALL'] === '1' ? { numRuns: 4000 } : { numRuns: 200, seed: 20_261_123 };
  fc.assert(
    fc.property(tree, fc.option(fc.nat(60)), fc.nat(4), (given, crashAt, seconds) => {
      const world = worldOf({ topology: textOf(given, false) });
      const options: RunOptions = { choose: sequence(given.seed), approvals: 'all', users: users(given.seed) };
      expect(reconcile(world, options).fault).toBeNull();
      for (let second = 0; second < 5; second += 1) tick(world);
      damage(world, given);
      declare(world, topologyOf(textOf(given, true)));
      const at = crashAt === null ? null : world.statements + crashAt;
      const { fault } = at === null ? reconcile(world, options) : reconcileWithCrash(world, at, seconds, options);
      expect({ fault, violations: world.violations }).toEqual({ fault: null, violations: [] });
      expect(unmet(world)).toEqual([]);
      expect(planFor(world, 'all').steps).toEqual([]);
    }),
    runs,
  );
});
