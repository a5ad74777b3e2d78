import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certainOverlap, covers, matchesPattern, matchesSelection } from '../../../src/topology/glob.ts';

describe('matchesPattern', () => {
  test.each([
    ['*.*', 'public.orders', true],
    ['public.*', 'public.orders', true],
    ['public.*', 'publics.orders', false],
    ['*.orders', 'sales.orders', true],
    ['public.order_?', 'public.order_1', true],
    ['public.order_?', 'public.order_', false],
    ['public.order_?', 'public.order_12', false],
    ['public.Orders', 'public.orders', false],
    ['public.*_log*', 'public.a_log_log', true],
    ['public.a.b', 'public.axb', false],
    ['public.$x', 'public.$x', true],
    ['public.??', 'public.😀é', true],
    ['', '', true],
    ['*', '', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  test('agrees with the regular expression that it stands for', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, letters, (glob, text) => {
        const expression = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u');
        expect(matchesPattern(glob, text)).toBe(expression.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('is not hung by stars', () => {
    expect(matchesPattern(`${'*a'.repeat(30)}b`, 'a'.repeat(5000))).toBe(false);
  });
});

test('what one pattern covers, it matches', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 5 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 });
  fc.assert(
    fc.property(pattern, pattern, text, (wide, narrow, name) => {
      expect(covers(wide, narrow) && matchesPattern(narrow, name) && !matchesPattern(wide, name)).toBe(false);
    }),
    { numRuns: 5000 },
  );
  expect(covers('public.*', 'public.orders')).toBe(true);
  expect(covers('public.?', 'public.*')).toBe(false);
});

describe('matchesSelection', () => {
  const all = { include: ['*.*'], exclude: ['public.log_*'] };
  test.each([
    ['public.orders', true],
    ['public.log_2024', false],
    ['pg_catalog.pg_class', false],
    ['pg_toast.pg_toast_1', false],
    ['information_schema.tables', false],
    ['bucardo.bucardo_config', false],
    ['goatherd.runs', false],
    ['bucardo2.things', true],
    ['pgbench.accounts', true],
  ])('%s: %s', (address, expected) => {
    expect(matchesSelection(all, address)).toBe(expected);
  });
});

describe('certainOverlap', () => {
  const select = (include: string[], exclude: string[] = []): { include: string[]; exclude: string[] } => ({ include, exclude });
  test.each([
    [select(['*.*']), select(['*.*']), '*.*'],
    [select(['*.*']), select(['sales.orders']), 'sales.orders'],
    [select(['*.*'], ['sales.*']), select(['sales.orders']), undefined],
    [select(['*.*'], ['sales.*']), select(['sales.or*']), undefined],
    [select(['*.*'], ['sales.orders']), select(['sales.*']), 'sales.*'],
    [select(['sales.*']), select(['stock.*']), undefined],
    [select(['sales.a*']), select(['sales.*b']), undefined],
    [select(['a.x', 'b.y']), select(['c.z', 'b.y']), 'b.y'],
  ])('%j and %j: %s', (one, other, expected) => {
    expect(certainOverlap(one, other)).toBe(expected);
    expect(certainOverlap(other, one)).toBe(expected);
  });
});
