import { expect, test } from 'vitest';
import { CatalogAge } from '../../../src/controller/topology/catalog-age.ts';

const EVERY_MS = 30_000;

/** Read at 0, when no flight was under way. */
function readAtZero(): CatalogAge {
  const age = new CatalogAge(EVERY_MS);
  expect(age.isStale(0, 0)).toBe(true);
  age.read(age.begin(0, 0));
  return age;
}

test('what was read counts as fresh for a while, from when its reading began', () => {
  const age = readAtZero();
  expect([age.isStale(EVERY_MS - 1, 0), age.isStale(EVERY_MS, 0)]).toEqual([false, true]);
});

test('a step that a flight has done since is not in it', () => {
  const age = readAtZero();
  expect(age.isStale(1, 1)).toBe(true);
  age.read(age.begin(1, 1));
  expect(age.isStale(2, 1)).toBe(false);
  age.flightEnded();
  expect(age.isStale(3, 0)).toBe(true);
});

test('a doubt that comes while they are read is not answered by that reading', () => {
  const age = readAtZero();
  const reading = age.begin(EVERY_MS, 0);
  age.distrust();
  age.read(reading);
  expect(age.isStale(EVERY_MS + 1, 0)).toBe(true);
  age.read(age.begin(EVERY_MS + 1, 0));
  expect(age.isStale(EVERY_MS + 2, 0)).toBe(false);
});
