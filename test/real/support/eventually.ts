import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions<T> {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  /** Whether this value is what is awaited; unless given, any value but undefined, null, false, 0 and ''. */
  readonly until?: (value: T) => boolean;
}

/**
 * Calls `probe` until it gives what is awaited, and gives that; a probe that throws is asked again.
 * Fails with the last value or error when the time (two minutes unless told: it is for what never comes, on a slow machine too) is over.
 */
export async function eventually<T>(probe: () => T | Promise<T>, options: EventuallyOptions<T> = {}): Promise<T> {
  const { timeoutMs = 120_000, everyMs = 100, until = Boolean } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    let last: string;
    try {
      const value = await probe();
      if (until(value)) return value;
      last = `the last value was ${inspect(value, { depth: 6 })}`;
    } catch (error) {
      last = `the last attempt failed: ${inspect(error)}`;
    }
    if (performance.now() > end) throw new Error(`not so within ${timeoutMs / 1000} s; ${last}`);
    await sleep(everyMs);
  }
}
