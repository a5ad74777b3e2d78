import { expect, test } from 'vitest';
import { sequence } from './world/arbitrary-world.ts';
import { unmet } from './world/expectations.ts';
import { insert, truncate } from './world/world-users.ts';
import { tick } from './world/world-daemon.ts';
import { addTable, orders, topologyOf, worldOf } from './world/world-build.ts';
import { Crash, dataOf, declare, type World } from './world/world.ts';
import { planFor, reconcile, reconcileWithCrash, type RunOptions } from './world/world-run.ts';

const TABLES = [
  { name: 't1', key: ['id'] },
  { name: 't2', key: ['id', 'line'] },
];

/** A -> B -> C of which the second link carries t1 only; A is written to all the while. `more`: keys of the topology. */
function converged(
  seed: number,
  more: readonly string[],
): { readonly world: World; readonly options: RunOptions; readonly join: () => void } {
  const text = (tables: string): string => orders(['{from: a, to: b}', `{from: b, to: c${tables}}`], more);
  const world = worldOf({ topology: text(', tables: {include: [public.t1]}'), tables: TABLES, rows: { a: { t1: ['r1'], t2: ['r1'] } } });
  const next = sequence(seed);
  let count = 0;
  const options: RunOptions = {
    choose: next,
    approvals: [],
    // Daemons go on between any two steps.
    users: (seen) => {
      count += 1;
      if (count % 7 === 0) truncate(seen, 'a', 'public.t2');
      insert(seen, 'a', 'public.t2', `w${count}`);
      tick(seen);
    },
  };
  expect(reconcile(world, options).fault).toBeNull();
  return { world, options, join: () => declare(world, topologyOf(text(''))) };
}

const INSTANCES: readonly (readonly [string, readonly string[]])[] = [
  ['in instances of their own', []],
  ['in one instance', ['bucardo: {instance: pool}']],
];

test.each(INSTANCES)(
  'a table that joins below a link that carries it already misses nothing of what that brings meanwhile, %s',
  (_what, more) => {
    for (let seed = 0; seed < 40; seed += 1) {
      const { world, options, join } = converged(seed, more);
      join();
      expect(reconcile(world, options).fault).toBeNull();
      expect(planFor(world).steps).toEqual([]);
      expect(unmet(world)).toEqual([]);
    }
  },
);

test('nor when the run is killed at any statement; nothing is doubted that was not lost', () => {
  for (let crashAt = 0; crashAt < 60; crashAt += 1) {
    const { world, options, join } = converged(crashAt, []);
    join();
    expect(reconcileWithCrash(world, world.statements + crashAt, 1, options).fault).toBeNull();
    expect(unmet(world)).toEqual([]);
  }
});

/** What the source of a new link lacks goes from its target by the copy, and from the targets below that replicate already. */
test.each([
  ['a link is put above one that replicates', orders(['b -> c'], [], ['b', 'c'])],
  ['a table joins a link above one that carries it', orders(['{from: a, to: b, tables: {include: [public.t2]}}', 'b -> c'])],
])('%s: no row stays below that is gone above', (_what, before) => {
  const rows = { a: { t1: ['r1'] }, b: { t1: ['r1', 'gone'] }, c: {} };
  for (let seed = 0; seed < 10; seed += 1) {
    const world = worldOf({ topology: before, tables: TABLES, rows, more: ['a', 'b', 'c'] });
    const options = { choose: sequence(seed), approvals: 'all' } as const;
    expect(reconcile(world, options).fault).toBeNull();
    expect([...dataOf(world, 'c', 'public.t1').rows].toSorted()).toEqual(['gone', 'r1']);
    declare(world, topologyOf(orders(['{from: a, to: b, copy_data: always}', 'b -> c'])));
    expect(reconcileWithCrash(world, world.statements + seed * 9, 1, options).fault).toBeNull();
    for (let second = 0; second < 10; second += 1) tick(world);
    expect([...dataOf(world, 'c', 'public.t1').rows]).toEqual(['r1']);
    expect(unmet(world)).toEqual([]);
  }
});

test.each(INSTANCES)(
  'a table that is made while first copies run is copied when they have ended, whenever it is made, %s',
  (_what, more) => {
    for (let madeAt = 1; madeAt < 60; madeAt += 1) {
      const world = worldOf({ topology: orders(['a -> b', 'b -> c'], more), tables: TABLES, rows: { a: { t1: ['r1'] } }, copyTicks: 3 });
      const options: RunOptions = { choose: sequence(madeAt), approvals: [] };
      world.crashAt = madeAt;
      try {
        reconcile(world, options);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
      world.crashAt = null;
      addTable(world, 't3');
      // What stood there before anything recorded it.
      insert(world, 'a', 'public.t3', 'old');
      expect(reconcile(world, options).fault).toBeNull();
      expect(unmet(world)).toEqual([]);
      expect([...dataOf(world, 'c', 'public.t3').rows]).toContain('old');
    }
  },
);
