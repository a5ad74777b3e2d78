import type { Retry } from '../../ledger/model.ts';

/** How long a link that failed is left alone. Pure: time and chance are given. Times are milliseconds. */

const FIRST_MS = 1_000;
/** An error that waiting does not cure is tried again all the same, but slowly: what it needs may be mended behind our back. */
const FIRST_FATAL_MS = 30_000;
const LONGEST_MS = 300_000;
/** Of a delay, up or down, so that what failed together does not come back together. */
const JITTER = 0.2;

/** Back-off of every address of one topology: doubled by each failure, ended by progress. */
export class BackOff {
  readonly #retries = new Map<string, Retry>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  failed(address: string, now: number, error: string, fatal: boolean): void {
    const attempts = (this.#retries.get(address)?.attempts ?? 0) + 1;
    const first = fatal ? FIRST_FATAL_MS : FIRST_MS;
    const delay = Math.min(LONGEST_MS, first * 2 ** Math.min(attempts - 1, 20));
    this.#retries.set(address, { address, attempts, nextAt: now + jittered(delay, JITTER, this.#random), error, fatal });
  }

  progressed(address: string): void {
    this.#retries.delete(address);
  }

  /** A new revision, or a person's word: everything may be tried at once. */
  clear(): void {
    this.#retries.clear();
  }

  /** What the controller before knew, in the place of what is known here. Its clock may be another one: nothing is held for longer than ever. */
  restore(retries: readonly Retry[], now: number): void {
    this.#retries.clear();
    const latest = now + LONGEST_MS * (1 + JITTER);
    for (const retry of retries) this.#retries.set(retry.address, { ...retry, nextAt: Math.min(retry.nextAt, latest) });
  }

  holds(address: string, now: number): boolean {
    const retry = this.#retries.get(address);
    return retry !== undefined && retry.nextAt > now;
  }

  /** When the next address may be tried; null when none is held. */
  nextAt(now: number): number | null {
    const times = [...this.#retries.values()].map((retry) => retry.nextAt).filter((at) => at > now);
    return times.length === 0 ? null : Math.min(...times);
  }

  list(): readonly Retry[] {
    return [...this.#retries.values()].toSorted((one, other) => (one.address < other.address ? -1 : 1));
  }
}

/** `delay`, up to `part` of it shorter or longer. `random`: from 0 to below 1. */
export function jittered(delay: number, part: number, random: () => number): number {
  return Math.round(delay * (1 + part * (2 * random() - 1)));
}
