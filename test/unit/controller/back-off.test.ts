import { describe, expect, test } from 'vitest';
import { withKnownSince } from '../../../src/controller/keeper.ts';
import { BackOff, jittered } from '../../../src/controller/topology/back-off.ts';
import { StartLimits } from '../../../src/controller/topology/start-limits.ts';
import type { Condition } from '../../../src/plan/status/condition-model.ts';
import { condition } from '../report/snapshots.ts';

const middle = (): number => 0.5;

test('doubles the delay with each failure up to five minutes, and forgets it at the first progress', () => {
  const backOff = new BackOff(middle);
  const delays: number[] = [];
  let now = 1_000_000;
  for (let count = 0; count < 11; count += 1) {
    backOff.failed('orders/a-b', now, 'no route', false);
    const [retry] = backOff.list();
    delays.push((retry?.nextAt ?? 0) - now);
    expect(backOff.holds('orders/a-b', now)).toBe(true);
    expect(backOff.holds('orders/a-b', retry?.nextAt ?? 0)).toBe(false);
    now = retry?.nextAt ?? 0;
  }
  expect(delays.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(delays.at(-1)).toBe(300_000);
  expect(backOff.holds('orders/b-c', now)).toBe(false);
  backOff.progressed('orders/a-b');
  expect(backOff.list()).toEqual([]);
  backOff.failed('orders/a-b', now, 'no route', false);
  expect((backOff.list()[0]?.nextAt ?? 0) - now).toBe(1_000);
});

test('tries an error that waiting does not cure slowly, and says when the next try is due', () => {
  const backOff = new BackOff(middle);
  backOff.failed('orders/a-b', 0, 'permission denied', true);
  backOff.failed('orders/b-c', 0, 'busy', false);
  expect(backOff.list()).toMatchObject([
    { address: 'orders/a-b', nextAt: 30_000, fatal: true, attempts: 1 },
    { address: 'orders/b-c', nextAt: 1_000, fatal: false, attempts: 1 },
  ]);
  expect(backOff.nextAt(0)).toBe(1_000);
  expect(backOff.nextAt(1_000)).toBe(30_000);
  expect(backOff.nextAt(30_000)).toBe(null);
  backOff.clear();
  expect(backOff.holds('orders/a-b', 0)).toBe(false);
});

test('spreads what would come together', () => {
  expect([0, 0.25, 0.5, 0.999].map((chance) => jittered(30_000, 0.1, () => chance))).toEqual([27_000, 28_500, 30_000, 32_994]);
});

test('starts a daemon that dies again and again ever more seldom, and never gives it up', () => {
  const limits = new StartLimits();
  const minute = 60_000;
  const waits: number[] = [];
  for (let now = 0, count = 0; count < 12; count += 1) {
    const allowed = Math.max(now, limits.allowedAt('orders_a_b', now));
    waits.push((allowed - now) / minute);
    limits.started('orders_a_b', allowed);
    now = allowed + 1;
  }
  expect(waits.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(waits.slice(6).map(Math.round)).toEqual([1, 2, 4, 8, 10, 10]);
});

test('what the controller before knew is gone on with, and holds nothing for longer than ever', () => {
  const before = new BackOff(middle);
  for (const at of [0, 1, 2]) before.failed('orders/a-b', at, 'no route', false);
  const after = new BackOff(middle);
  after.restore(before.list(), 10);
  expect(after.list()).toEqual(before.list());
  after.failed('orders/a-b', 10, 'no route', false);
  expect(after.list()[0]?.attempts).toBe(4);
  after.restore([{ address: 'orders/b-c', attempts: 1, nextAt: 1e12, error: 'of a clock that goes wrong', fatal: false }], 10);
  expect(after.list().map(({ address }) => address)).toEqual(['orders/b-c']);
  expect(after.nextAt(10)).toBeLessThanOrEqual(10 + 360_000);
});

test('starts of daemons count over a restart', () => {
  const before = new StartLimits();
  for (const at of [1, 2, 3, 4, 5, 6, 7]) before.started('orders_a_b', at);
  const after = new StartLimits();
  after.restore(before.list(8));
  expect(after.allowedAt('orders_a_b', 8)).toBe(before.allowedAt('orders_a_b', 8));
  expect(after.allowedAt('orders_a_b', 8)).toBeGreaterThan(60_000);
  expect(before.list(4_000_000)).toEqual({});
});

describe('since when a condition is so, after a restart', () => {
  const one = (status: Condition['status'], since: number): Condition[] => [condition('orders/a-b', 'Ready', status, 'Why', '', since)];
  test.each([
    ['still so: since then', one('False', 50), one('False', 10), true, 10],
    ['not known here yet: as it was, so that the first look decides', one('Unknown', 50), one('False', 10), true, 10],
    ['later it is unknown here, whatever another one sees', one('Unknown', 50), one('False', 10), false, 50],
    ['other than it was: since it was seen', one('True', 50), one('False', 10), true, 50],
    ['never known before', one('True', 50), [], true, 50],
  ])('%s', (_, known, before, first, since) => {
    expect(withKnownSince(known, before, first)[0]?.since).toBe(since);
  });
});
