import { describe, expect, test } from 'vitest';
import * as format from '../../../src/lib/format.ts';
import { labelled, wrap } from '../../../src/report/layout.ts';

describe('formats', () => {
  test.each([
    [0, '0 s'],
    [0.44, '0.4 s'],
    [3, '3 s'],
    [59.6, '1 min'],
    [62, '1 min 2 s'],
    [3599.7, '1 h'],
    [5100, '1 h 25 min'],
    [172_800, '2 d'],
    [273_600, '3 d 4 h'],
    [-1, '?'],
    [Number.NaN, '?'],
  ])('duration of %d', (seconds, text) => {
    expect(format.formatDuration(seconds)).toBe(text);
  });

  test.each([
    [0.2, '0 s'],
    [3, '3 s'],
    [59.6, '~1 min'],
    [62, '~1 min'],
    [5100, '~1 h 25 min'],
  ])('estimate of %d', (seconds, text) => {
    expect(format.formatEstimate(seconds)).toBe(text);
  });

  test.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [10_276_044, '9.8 MB'],
    [118 * 1024 ** 3, '118 GB'],
    [999.7 * 1024 ** 3, '1 TB'],
  ])('size of %d', (bytes, text) => {
    expect(format.formatBytes(bytes)).toBe(text);
  });

  test('amounts of one total are in its unit', () => {
    expect(format.formatBytesOf(71 * 1024 ** 3, 118 * 1024 ** 3)).toBe('71/118 GB');
    expect(format.formatBytesOf(0, 118 * 1024 ** 3)).toBe('0/118 GB');
  });

  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [8_120_551, '8,120,551'],
    [-1234.5, '-1,234.5'],
  ])('count of %d', (count, text) => {
    expect(format.formatCount(count)).toBe(text);
  });

  test('plurals, lists and ranges', () => {
    expect([format.plural(1, 'link'), format.plural(2, 'link'), format.plural(0, 'topology', 'topologies')]).toEqual([
      '1 link',
      '2 links',
      '0 topologies',
    ]);
    expect(format.joinWords(['a', 'b', 'c'])).toBe('a, b and c');
    expect(format.formatRanges([7, 1, 3, 2, 3])).toBe('1-3, 7');
  });

  test('times are UTC', () => {
    expect(format.formatTimestamp(Date.UTC(2026, 10, 23, 6, 14, 2))).toBe('2026-11-23 06:14:02Z');
    expect(format.formatTime(Number.NaN)).toBe('??:??:??');
  });
});

describe('layout', () => {
  test('wraps at spaces and lets longer words stick out', () => {
    expect(wrap('one two  threeeeeeee', 8)).toEqual(['one two', 'threeeeeeee']);
  });

  test('leaves two spaces after a label that is wider than the others', () => {
    expect(labelled('A LONG LABEL', ['text'], 80)).toEqual(['A LONG LABEL  text']);
  });
});
