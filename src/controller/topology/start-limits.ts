/** How often a daemon is started again before it is given time. Pure: time is given, in milliseconds. */

const WITHIN_MS = 3_600_000;
/** Starts of one daemon within the hour that follow at once; each one more waits twice as long. */
const AT_ONCE = 6;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 600_000;

/** A daemon that dies again and again is started ever more seldom, and never given up: what kills it may go away. */
export class StartLimits {
  readonly #starts = new Map<string, readonly number[]>();

  started(instance: string, now: number): void {
    this.#starts.set(instance, [...this.#recent(instance, now), now]);
  }

  /** When a daemon may be started once more; 0 for at once. */
  allowedAt(instance: string, now: number): number {
    const recent = this.#recent(instance, now);
    const over = recent.length - AT_ONCE;
    if (over < 0) return 0;
    return (recent.at(-1) ?? 0) + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** over);
  }

  /** Starts within the last hour, by instance: what the next controller has to know. */
  list(now: number): Readonly<Record<string, readonly number[]>> {
    const all = [...this.#starts.keys()].toSorted().map((instance) => [instance, this.#recent(instance, now)] as const);
    return Object.fromEntries(all.filter(([, starts]) => starts.length > 0));
  }

  /** What the controller before did, in the place of what is known here. */
  restore(starts: Readonly<Record<string, readonly number[]>>): void {
    this.#starts.clear();
    for (const [instance, all] of Object.entries(starts)) this.#starts.set(instance, all);
  }

  /** A new revision, or a person's word. */
  clear(): void {
    this.#starts.clear();
  }

  #recent(instance: string, now: number): readonly number[] {
    return (this.#starts.get(instance) ?? []).filter((at) => now - at < WITHIN_MS);
  }
}
