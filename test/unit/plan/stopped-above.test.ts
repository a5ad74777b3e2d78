import { describe, expect, test } from 'vitest';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { unmet } from './world/expectations.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { insert } from './world/world-users.ts';
import { dataOf, declare, type World } from './world/world.ts';

interface Case {
  readonly name: string;
  readonly before: readonly string[];
  readonly between?: readonly string[];
  readonly after: readonly string[];
  /** The copy, or what asks for it. */
  readonly copy: string;
}

const CASES: readonly Case[] = [
  {
    name: 'a link that comes back from `detached`, of whatever `copy_data`',
    before: ['a -> b', '{from: b, to: c, copy_data: never}'],
    between: ['a -> b', '{from: b, to: c, copy_data: never, state: detached}'],
    after: ['{from: a, to: b, state: stopped}', '{from: b, to: c, copy_data: never}'],
    copy: 'b-c/copy-again',
  },
  {
    name: 'a link that is new',
    before: ['a -> b'],
    after: ['{from: a, to: b, state: stopped}', 'b -> c'],
    copy: 'b-c/activate',
  },
  {
    name: 'a link that is new below one that is detached',
    before: ['a -> b'],
    after: ['{from: a, to: b, state: detached}', 'b -> c'],
    copy: 'b-c/activate',
  },
  {
    name: 'a table that joins',
    before: ['a -> b', '{from: b, to: c, tables: {exclude: [public.invoice]}}'],
    after: ['{from: a, to: b, state: stopped}', 'b -> c'],
    copy: 'b-c/copy-tables',
  },
];

/** What the link above brings until its daemon is down, nobody writes down for the link below: its daemon has read an older makedelta. */
describe('a copy below a link that is stopped in the same plan waits until no daemon runs that one:', () => {
  test.each(CASES)('$name', ({ before, between, after, copy }) => {
    const world = worldOf({ topology: orders(before) });
    const options = { choose: (count: number) => count - 1, approvals: 'all' as const };
    for (const links of [before, between ?? before]) {
      declare(world, topologyOf(orders(links)));
      expect(reconcile(world, options).fault).toBeNull();
    }
    declare(world, topologyOf(orders(after)));
    const step = planFor(world, 'all').steps.find((one) => one.id === copy);
    expect(step?.after).toContain('orders_a_b/stop-0');

    let written = 0;
    const users = (seen: World): void => insert(seen, 'a', 'public.invoice', `w${(written += 1)}`);
    expect(reconcile(world, { ...options, users }).fault).toBeNull();
    expect(unmet(world)).toEqual([]);
    expect([...dataOf(world, 'c', 'public.invoice').rows].filter((row) => row.startsWith('w'))).toEqual(
      [...dataOf(world, 'b', 'public.invoice').rows].filter((row) => row.startsWith('w')),
    );
  });
});
