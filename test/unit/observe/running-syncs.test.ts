import { expect, test } from 'vitest';
import { runningSyncs } from '../../../src/observe/running-syncs.ts';

const NOW = 1_000_000;
const ran = (ago: number) => ({ running: null, lastGood: { startedAt: NOW - ago, endedAt: NOW - ago }, lastBad: null });
const signs = { titled: ['one'], controlled: [], startedAt: NOW - 600_000, runs: { one: ran(300_000) }, now: NOW };

test('a sync that the title names runs while it has a controller, has run lately, or its master is young', () => {
  expect(runningSyncs({ ...signs, controlled: ['one'] })).toEqual(['one']);
  expect(runningSyncs({ ...signs, runs: { one: ran(5_000) } })).toEqual(['one']);
  expect(runningSyncs({ ...signs, startedAt: NOW - 5_000, runs: {} })).toEqual(['one']);
});

test('one without any of that is not run, whatever the title says; a run that is noted as going on proves nothing', () => {
  expect(runningSyncs(signs)).toEqual([]);
  const begun = { ...ran(300_000), running: { startedAt: NOW - 300_000, status: 'Started' } };
  expect(runningSyncs({ ...signs, runs: { one: begun } })).toEqual([]);
});

test('a controller is enough where the title was cut; what nobody looked at is believed', () => {
  expect(runningSyncs({ ...signs, titled: [], controlled: ['two', 'one'] })).toEqual(['one', 'two']);
  expect(runningSyncs({ ...signs, runs: null })).toEqual(['one']);
  expect(runningSyncs({ ...signs, now: null })).toEqual(['one']);
});
