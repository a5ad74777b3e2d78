import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { noticeChannels } from '../../../src/bucardo/notices.ts';
import { Hearing } from '../../../src/controller/hearing.ts';
import { Hints } from '../../../src/controller/topology/hints.ts';
import { GoatherdError } from '../../../src/lib/errors.ts';

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

test('what is listened to follows the links, and a database that is away does not stop that', async () => {
  const syncs: Record<string, string[]> = { bucardo_orders_one: ['orders_a_b'], bucardo_other: ['other_a_b'] };
  const hinted: string[] = [];
  const worker = (database: string) => ({
    syncsIn: (control: string) => (control === database ? (syncs[control] ?? []) : []),
    hint: () => void hinted.push(database),
  });
  const hearing = new Hearing(
    ['goatherd', 'postgres'],
    new Map([
      ['orders', worker('bucardo_orders_one')],
      ['other', worker('bucardo_other')],
    ]),
  );
  const asked: string[] = [];
  const hub = {
    listenAnew: (database: string): Promise<void> => {
      asked.push(database);
      return database === 'bucardo_orders_one' ? Promise.reject(new GoatherdError('08006', 'away')) : Promise.resolve();
    },
  };
  expect([hearing.noticesOf('goatherd'), hearing.noticesOf('postgres')]).toEqual([undefined, undefined]);
  const notices = hearing.noticesOf('bucardo_orders_one');
  expect(notices?.channels()).toContain('bucardo_synckill_orders_a_b');
  expect(hearing.noticesOf('bucardo_other')?.channels()).not.toContain('bucardo_synckill_orders_a_b');
  notices?.heard('bucardo_stopped');
  expect(hinted).toEqual(['bucardo_orders_one']);
  await hearing.follow(hub);
  expect(asked).toEqual([]);
  syncs['bucardo_orders_one'] = ['orders_b_c', 'orders_a_b'];
  syncs['bucardo_other'] = [];
  await hearing.follow(hub);
  await hearing.follow(hub);
  expect(asked).toEqual(['bucardo_orders_one', 'bucardo_other']);
  expect(notices?.channels()).toContain('bucardo_synckill_orders_b_c');
});
