import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationBounds, noDurations, withDuration } from '../../../src/report/durations.ts';

test('a duration counts in every bucket that it fits into', () => {
  const both = withDuration(withDuration(noDurations, 0.3), 400);
  expect(both.count).toBe(2);
  expect(both.sum).toBeCloseTo(400.3);
  expect(both.buckets).toEqual(durationBounds.map((bound) => (bound >= 0.5 ? 1 : 0)));
});

test('a clock that was set back does not spoil the sum', () => {
  expect(withDuration(noDurations, -3)).toEqual({ buckets: durationBounds.map(() => 1), count: 1, sum: 0 });
  expect(withDuration(noDurations, Number.NaN).sum).toBe(0);
});

test('buckets never fall and never pass the count', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1000, noNaN: true })), (list) => {
      const { buckets, count } = list.reduce(withDuration, noDurations);
      expect(buckets).toEqual(buckets.toSorted((left, right) => left - right));
      expect(buckets.at(-1) ?? 0).toBeLessThanOrEqual(count);
    }),
  );
});
