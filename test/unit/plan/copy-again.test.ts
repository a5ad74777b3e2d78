import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/plan/model.ts';
import { sequence } from './world/arbitrary-world.ts';
import { unmet } from './world/expectations.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile, reconcileWithCrash, type RunOptions } from './world/world-run.ts';
import { tick } from './world/world-daemon.ts';
import { insert, truncate } from './world/world-users.ts';
import { dataOf, declare, type World } from './world/world.ts';

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

describe('`cascade` that is turned on again', () => {
  /** A converged chain whose B does not pass on, after rows came to A. */
  function cascadeOff(): World {
    const world = worldOf({ topology: withCascade(false) });
    expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
    insert(world, 'a', 'public.invoice', 'missed');
    for (let second = 0; second < 5; second += 1) tick(world);
    expect([dataOf(world, 'b', 'public.invoice').rows.has('missed'), dataOf(world, 'c', 'public.invoice').rows.has('missed')]).toEqual([
      true,
      false,
    ]);
    declare(world, topologyOf(withCascade(true)));
    return world;
  }
  const withCascade = (on: boolean): string => chain({}).replace('  b: {', on ? '  b: {' : '  b: {cascade: false, ');

  test('holds the copy of the link below, in the plan that turns it on', () => {
    const world = cascadeOff();
    expect(planFor(world).approvals.required).toMatchObject([{ steps: ['b-c/copy-again'] }]);
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(world.violations).toEqual([]);
    expect(unmet(world)).toEqual([]);
    expect(dataOf(world, 'c', 'public.invoice').rows.has('missed')).toBe(true);
    expect(planFor(world)).toMatchObject({ steps: [], links: [{ suspect: null }, { suspect: null }] });
  });

  test('leaves the link Suspect without its approval, and passes on what comes later', () => {
    const world = cascadeOff();
    const { plan, fault } = reconcile(world, { choose: () => 0, approvals: [] });
    expect({ fault, violations: world.violations }).toEqual({ fault: null, violations: [] });
    expect(plan).toMatchObject({
      verdict: 'blocked',
      links: [{ suspect: null }, { suspect: expect.stringContaining('CascadeWasOff') as unknown }],
    });
    insert(world, 'a', 'public.customer', 'later');
    for (let second = 0; second < 10; second += 1) tick(world);
    expect(dataOf(world, 'c', 'public.customer').rows.has('later')).toBe(true);
    // A person's word ends it, as a copy does.
    (world.ledger.links['orders/b-c'] ?? { suspects: [] }).suspects = [];
    expect(planFor(world)).toMatchObject({ verdict: 'in_sync', steps: [] });
  });
});

describe('a link that is detached', () => {
  const detached = (id: string): string => chain({ [id]: 'state: detached' });
  const triggersOn = (world: World, name: string): readonly string[] =>
    world.databases[name]?.facts.tables.flatMap((table) => table.bucardo?.triggers.map((one) => one.name) ?? []) ?? [];
  const settle = (world: World): void => {
    for (let second = 0; second < 8; second += 1) tick(world);
  };

  test('goes on as it was until that is approved', () => {
    const world = converged();
    declare(world, topologyOf(detached('a-b')));
    const { plan, fault } = reconcile(world, { choose: () => 0, approvals: [] });
    expect({ fault, violations: world.violations }).toEqual({ fault: null, violations: [] });
    expect(plan.verdict).toBe('blocked');
    expect(plan.approvals.required).toMatchObject([{ steps: ['a-b/deactivate', 'a-b/drop-triggers', 'a-b/drop-helpers'] }]);
    expect(plan.steps.every((step) => step.blocked !== null)).toBe(true);
    insert(world, 'a', 'public.invoice', 'still followed');
    settle(world);
    expect(dataOf(world, 'c', 'public.invoice').rows.has('still followed')).toBe(true);
  });

  test('leaves nothing on its source, records nothing, and comes back by a copy of it and of the links below', () => {
    const world = converged();
    declare(world, topologyOf(detached('a-b')));
    expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
    const plan = planFor(world);
    expect(plan).toMatchObject({ verdict: 'in_sync', steps: [], links: [{ state: 'detached' }, { state: 'converged' }] });
    expect(plan.diagnostics).toMatchObject([{ code: 'Detached', address: 'orders/a-b' }]);
    expect(triggersOn(world, 'a')).toEqual([]);
    insert(world, 'a', 'public.invoice', 'not recorded');
    insert(world, 'b', 'public.invoice', 'of b');
    settle(world);
    expect(dataOf(world, 'c', 'public.invoice').rows.has('of b')).toBe(true);

    declare(world, topologyOf(chain({})));
    expect(planFor(world).approvals.required).toMatchObject([{ steps: ['a-b/copy-again', 'b-c/copy-again'] }]);
    // Without the approval it records, and runs nothing.
    const blocked = reconcile(world, { choose: () => 0, approvals: [] });
    expect(blocked).toMatchObject({ fault: null, plan: { verdict: 'blocked' } });
    expect(triggersOn(world, 'a')).not.toEqual([]);
    expect(world.instances['orders_a_b']?.daemon).toBeNull();
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(world.violations).toEqual([]);
    expect(unmet(world)).toEqual([]);
    expect(dataOf(world, 'c', 'public.invoice').rows.has('not recorded')).toBe(true);
    expect(planFor(world).links.every((link) => link.suspect === null)).toBe(true);
  });

  test('below another one ends what that writes down for it first, and may be detached while its target does not answer', () => {
    const world = converged();
    const c = world.databases['c'] as World['databases'][string];
    c.reachable = false;
    declare(world, topologyOf(detached('b-c')));
    expect(reconcile(world, { choose: sequence(5), approvals: 'all' }).fault).toBeNull();
    expect(world.violations).toEqual([]);
    expect(triggersOn(world, 'b')).toEqual([]);
    expect(world.instances['orders_a_b']?.daemon?.syncs[0]?.makedelta).toEqual([]);
    insert(world, 'a', 'public.invoice', 'later');
    settle(world);
    expect(dataOf(world, 'b', 'public.invoice')).toMatchObject({ deltas: [] });
    c.reachable = true;
    declare(world, topologyOf(chain({})));
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(world.violations).toEqual([]);
    expect(unmet(world)).toEqual([]);
  });

  test('leaves alone what another link of its source uses', () => {
    const fan = (more: string): string => orders([`{from: a, to: b${more}}`, '{from: a, to: c}']);
    const world = worldOf({ topology: fan('') });
    reconcile(world, { choose: () => 0, approvals: 'all' });
    declare(world, topologyOf(fan(', state: detached')));
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    insert(world, 'a', 'public.invoice', 'for c');
    settle(world);
    expect([dataOf(world, 'b', 'public.invoice').rows.has('for c'), dataOf(world, 'c', 'public.invoice').rows.has('for c')]).toEqual([
      false,
      true,
    ]);
    declare(world, topologyOf(fan('')));
    expect(reconcile(world, { choose: () => 0, approvals: 'all' })).toMatchObject({ fault: null, plan: { verdict: 'in_sync' } });
    expect(world.violations).toEqual([]);
    expect(unmet(world)).toEqual([]);
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
      between: fc.constantFrom('running', 'running', 'stopped', 'detached'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  damaged: fc.array(fc.record({ link: fc.nat(2), table: fc.constantFrom('public.customer', 'public.invoice') }), { maxLength: 3 }),
  seed: fc.nat(1_000_000),
});
type Tree = typeof tree extends fc.Arbitrary<infer T> ? T : never;

function textOf({ links }: Tree, when: 'before' | 'between' | 'after'): string {
  const again = when === 'after';
  return orders(
    links.map((one, index) => {
      const keys = [
        `from: ${names[one.parent % (index + 1)]}`,
        `to: ${names[index + 1]}`,
        `copy_data: ${one.mode}`,
        ...(again && one.raised ? ['copy_generation: 2'] : []),
        ...(again && one.stopped ? ['state: stopped'] : []),
        ...(when === 'between' ? [`state: ${one.between}`] : []),
        ...(one.warns ? ['drift: warn'] : []),
        ...(one.shared ? ['bucardo: {instance: pool}'] : []),
      ];
      return `{${keys.join(', ')}}`;
    }),
    [],
    names.slice(0, links.length + 1),
  );
}

/**
 * Rows go from a target unseen: what a copy again is asked for. Under `empty` the whole table, as nothing else is copied there; not where the
 * run is killed: a link that runs may fill the table before the next run looks, and what is not empty at that moment is not copied (rule 6).
 */
function damage(world: World, { links, damaged }: Tree, killed: boolean): void {
  for (const { link, table } of damaged) {
    const one = links[link];
    if (one?.raised !== true || one.stopped || one.mode === 'never' || (one.mode === 'empty' && killed)) continue;
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

test(
  'any tree of links copies again what it is asked for, and what it missed while detached, and the links below with it, killed or not',
  { timeout: 300_000 },
  () => {
    const runs = process.env['GOATHERD_TEST_ALL'] === '1' ? { numRuns: 4000 } : { numRuns: 200, seed: 20_261_123 };
    fc.assert(
      fc.property(tree, fc.option(fc.nat(40)), fc.option(fc.nat(60)), fc.nat(4), (given, crashBetween, crashAt, seconds) => {
        const world = worldOf({ topology: textOf(given, 'before') });
        const options: RunOptions = { choose: sequence(given.seed), approvals: 'all', users: users(given.seed) };
        expect(reconcile(world, options).fault).toBeNull();
        for (let second = 0; second < 5; second += 1) tick(world);
        const apply = (when: 'between' | 'after', crash: number | null): void => {
          declare(world, topologyOf(textOf(given, when)));
          const { fault } =
            crash === null ? reconcile(world, options) : reconcileWithCrash(world, world.statements + crash, seconds, options);
          world.crashAt = null;
          expect({ fault, violations: world.violations }).toEqual({ fault: null, violations: [] });
          expect(planFor(world, 'all').steps).toEqual([]);
          for (let second = 0; second < 5; second += 1) tick(world);
        };
        apply('between', crashBetween);
        damage(world, given, crashAt !== null);
        apply('after', crashAt);
        expect(unmet(world)).toEqual([]);
      }),
      runs,
    );
  },
);
