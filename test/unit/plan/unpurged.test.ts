import { expect, test } from 'vitest';
import type { Unpurged } from '../../../src/observe/model.ts';
import { EMPTY_LEDGER } from '../../../src/ledger/model.ts';
import { unpurgedOf, unpurgedText } from '../../../src/plan/status/unpurged.ts';
import type { UnpurgedStatus } from '../../../src/plan/status/status-model.ts';
import { linkStatus } from '../report/snapshots.ts';
import { orders, topologyOf } from './world/world-build.ts';

const at = Date.UTC(2026, 10, 23, 6, 0, 0);
const topology = topologyOf(orders(['a -> b', 'b -> c']));

function part(rows: number, rest: Partial<Unpurged['parts'][number]> = {}): Unpurged['parts'][number] {
  return { rows, oldestAt: at, missing: [], miscounted: false, ...rest };
}

/** Of the first source, whose VAC process lives and waits for nobody. */
function of(seen: Partial<Unpurged>, ledger = EMPTY_LEDGER): UnpurgedStatus {
  const measured = { a: { parts: [], purgers: [{ pid: 7, waitsFor: [] }], targets: 1, ...seen } };
  const [found] = unpurgedOf(topology, ledger, [linkStatus('orders', 'a-b', { state: 'down' })], measured);
  if (found === undefined) throw new Error('nothing was made of it');
  return found;
}

test('a source that keeps nothing too long is known as one, and no word is said of it', () => {
  expect(of({})).toEqual({ database: 'a', rows: 0, since: null, reasons: [] });
  expect(unpurgedText(of({}))).toEqual([]);
});

test.each<readonly [string, Partial<Unpurged>, RegExp]>([
  ['TargetBehind', { parts: [part(3, { missing: ['dbgroup orders_a_b'] })], targets: 2 }, /^a-b has not got them: down$/],
  [
    'UnknownTarget',
    { parts: [part(3, { missing: ['dbgroup elsewhere'] })], targets: 2 },
    /^dbgroup elsewhere has not got them, and no link/,
  ],
  ['NoPurge', { parts: [part(3)], targets: 2 }, /^every target has them; a has 2 targets, where goatherd purges/],
  ['NoPurge', { parts: [part(3)], purgers: [] }, /^no VAC process of Bucardo, which purges, is connected to a$/],
  ['Miscounted', { parts: [part(3, { miscounted: true })] }, /noted more than once/],
  ['PurgeWaits', { parts: [part(3)], purgers: [{ pid: 7, waitsFor: [41, 42] }] }, /holds$/],
  ['PurgeDue', { parts: [part(3)] }, /lives$/],
])('%s is told of it', (reason, seen, message) => {
  const found = of(seen);
  expect(found.reasons).toMatchObject([{ reason, rows: 3, message: expect.stringMatching(message) as string }]);
  expect(unpurgedText(found)).toEqual([
    expect.stringContaining('3 delivered changes not purged on a, the oldest of 2026-11-23 06:00:00Z: '),
  ]);
});

test('each reason has its rows, the most first; the oldest of all tells since when', () => {
  const found = of({
    parts: [
      part(2, { missing: ['dbgroup elsewhere'] }),
      part(5, { missing: ['dbgroup elsewhere', 'dbgroup orders_a_b'], oldestAt: at - 60_000 }),
      part(1, { missing: ['dbgroup orders_a_b'] }),
    ],
    targets: 2,
  });
  expect(found).toMatchObject({
    rows: 8,
    since: at - 60_000,
    reasons: [
      { reason: 'UnknownTarget', rows: 7 },
      { reason: 'TargetBehind', rows: 6 },
    ],
  });
  expect(unpurgedText(found)[0]).toMatch(/serves it \(7 rows\); a-b has not got them: down \(6 rows\)$/);
});
