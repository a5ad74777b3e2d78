/** A ledger that is lost, or restored from before, while links are renamed, moved or removed. */
import { describe, expect, it } from 'vitest';
import { EMPTY_LEDGER } from '../../../src/ledger/model.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { unmet } from './world/expectations.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { declare, type Mutable, type World } from './world/world.ts';

const OPTIONS = { choose: (): number => 0, approvals: 'all' } as const;
const OWN = orders(['a -> b', 'b -> c']);
const SHARED = orders(['a -> b', 'b -> c'], ['bucardo: {instance: main}']);
const WITHOUT_C = orders(['a -> b']);
const RENAMED = orders(['a -> hq', 'hq -> c'], [], ['a', 'hq', 'c']).replace(
  'host: pg-hq.internal',
  'renamed_from: b, host: pg-b.internal',
);

function converged(text: string): World {
  const world = worldOf({ topology: text });
  expect(reconcile(world, OPTIONS).fault).toBeNull();
  return world;
}

function declareText(world: World, text: string): void {
  declare(world, topologyOf(text));
  if (!text.includes('hq')) return;
  // Bucardo still calls it b: its daemons reach the same database by that name.
  Object.assign(world.databases, { hq: world.databases['b'] });
  Object.assign(world.connections, { hq: world.connections['b'] });
}

function lose(world: World): void {
  world.ledger = structuredClone(EMPTY_LEDGER) as Mutable<typeof EMPTY_LEDGER>;
}

const controls = (world: World): readonly string[] =>
  Object.keys(world.hub.databases)
    .filter((name) => name.startsWith('bucardo_'))
    .toSorted();
const said = (plan: Plan, code: string): readonly string[] => plan.diagnostics.filter((one) => one.code === code).map((one) => one.address);

/** How many statements the run takes. */
function lengthOf(before: string, after: string): number {
  const probe = converged(before);
  const first = probe.statements;
  declareText(probe, after);
  reconcile(probe, OPTIONS);
  return probe.statements - first;
}

/** Killed before its `crashAt`th statement; `ledger` is what the next run finds. */
function killed(before: string, after: string, crashAt: number, ledger: 'lost' | 'restored'): World {
  const world = converged(before);
  const backup = structuredClone(world.ledger);
  declareText(world, after);
  world.crashAt = world.statements + crashAt;
  expect(() => reconcile(world, OPTIONS)).toThrow('killed');
  if (ledger === 'lost') lose(world);
  else world.ledger = backup;
  return world;
}

/** Every statement with GOATHERD_TEST_ALL=1, else every third. */
const STRIDE = process.env['GOATHERD_TEST_ALL'] === '1' ? 1 : 3;

const LEDGERS = ['lost', 'restored'] as const;

describe.each([
  ['moved to a shared instance', OWN, SHARED],
  ['moved out of a shared instance', SHARED, OWN],
  ['renamed', OWN, RENAMED],
])('links are %s', (_what, before, after) => {
  it.each(LEDGERS)('and the ledger is %s at any moment: nothing is copied again, nothing runs twice, nothing is left', (ledger) => {
    const wanted = converged(before);
    declareText(wanted, after);
    expect(reconcile(wanted, OPTIONS).fault).toBeNull();
    for (let crashAt = 0; crashAt < lengthOf(before, after); crashAt += STRIDE) {
      const world = killed(before, after, crashAt, ledger);
      const copies = [...world.copies];
      const { fault } = reconcile(world, OPTIONS);
      expect([crashAt, fault, ...unmet(world)]).toEqual([crashAt, null]);
      expect([crashAt, world.copies]).toEqual([crashAt, copies]);
      expect([crashAt, controls(world)]).toEqual([crashAt, controls(wanted)]);
      expect([crashAt, planFor(world).steps.map((step) => step.id)]).toEqual([crashAt, []]);
    }
  });

  it.each(LEDGERS)('and the ledger is %s, and the file is what it was', (ledger) => {
    if (after === RENAMED) return;
    const wanted = controls(converged(before));
    for (let crashAt = 0; crashAt < lengthOf(before, after); crashAt += STRIDE) {
      const world = killed(before, after, crashAt, ledger);
      const copies = [...world.copies];
      declareText(world, before);
      const { fault } = reconcile(world, OPTIONS);
      expect([crashAt, fault, ...unmet(world)]).toEqual([crashAt, null]);
      expect([crashAt, world.copies]).toEqual([crashAt, copies]);
      expect([crashAt, controls(world)]).toEqual([crashAt, wanted]);
    }
  });
});

describe.each([
  ['an instance of its own', OWN, WITHOUT_C],
  ['a shared instance', SHARED, orders(['a -> b'], ['bucardo: {instance: main}'])],
])('a link in %s is removed', (_what, before, after) => {
  it('and the ledger is lost at any moment: what stands is said, serves on, and is known again when its line is back', () => {
    for (let crashAt = 0; crashAt < lengthOf(before, after); crashAt += STRIDE) {
      const world = killed(before, after, crashAt, 'lost');
      const makedelta = (): number =>
        Object.values(world.instances).flatMap((one) => one.control?.goats.filter((goat) => goat.makedelta !== null) ?? []).length;
      const [noted, stands] = [
        makedelta(),
        Object.values(world.instances).some((one) => one.control?.syncs.some((sync) => sync.name === 'orders_b_c')),
      ];
      expect([crashAt, said(planFor(world), 'LinkForgotten')]).toEqual([crashAt, stands ? ['orders/b-c'] : []]);
      expect([crashAt, reconcile(world, OPTIONS).fault, ...unmet(world)]).toEqual([crashAt, null]);
      if (!stands) continue;
      expect([crashAt, makedelta()]).toEqual([crashAt, noted]);
      expect([crashAt, said(planFor(world), 'LinkForgotten')]).toEqual([crashAt, ['orders/b-c']]);

      declareText(world, before);
      expect([crashAt, reconcile(world, OPTIONS).fault]).toEqual([crashAt, null]);
      expect([crashAt, said(planFor(world), 'LinkForgotten')]).toEqual([crashAt, []]);
      declareText(world, after);
      // That nothing was written while makedelta was off or a trigger was gone, nobody but the model knows.
      const faults = (): readonly string[] =>
        unmet(world).filter((fault) => !/^rule 15: orders.b-c is Suspect .* and has lost nothing$/.test(fault));
      expect([crashAt, reconcile(world, OPTIONS).fault, ...faults()]).toEqual([crashAt, null]);
      expect(controls(world)).not.toContain('bucardo_orders_b_c');
    }
  });

  it('and the ledger is restored from before: the removal is planned again, and ends', () => {
    for (let crashAt = 0; crashAt < lengthOf(before, after); crashAt += STRIDE) {
      const world = killed(before, after, crashAt, 'restored');
      expect([crashAt, reconcile(world, OPTIONS).fault, ...unmet(world)]).toEqual([crashAt, null]);
      expect(Object.keys(world.ledger.links)).toEqual(['orders/a-b']);
      expect(controls(world)).not.toContain('bucardo_orders_b_c');
    }
  });
});
