import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { noticeChannels } from '../../../src/bucardo/notices.ts';
import { Hints } from '../../../src/controller/topology/hints.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a hint is followed a moment later and once more, a burst of them as one, and a stream of them every five seconds', () => {
  let followed = 0;
  const hints = new Hints(() => (followed += 1));
  for (let at = 0; at < 20; at += 1) hints.hint();
  expect(followed).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(followed).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(followed).toBe(2);
  for (let at = 0; at < 600; at += 1) {
    hints.hint();
    vi.advanceTimersByTime(100);
  }
  expect(followed - 2).toBeLessThanOrEqual(60_000 / 5_000);
  expect(followed - 2).toBeGreaterThan(60_000 / 5_000 - 2);
  const before = followed;
  hints.hint();
  hints.end();
  vi.advanceTimersByTime(60_000);
  expect(followed).toBe(before);
});

test('the channel of every run is none of those that are listened to, and names fit', () => {
  const channels = noticeChannels(['x'.repeat(35)]);
  expect(channels).not.toContain('bucardo');
  expect(channels.filter((name) => name.includes('syncdone') || name.length > 63)).toEqual([]);
});
