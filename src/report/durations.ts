/**
 * Durations counted since the start, in a bounded room however many there were: what a histogram in the metrics is made of. Pure data.
 */
export interface Durations {
  /** How many took at most the bound of the same place in `durationBounds`: each bucket holds those before it. */
  readonly buckets: readonly number[];
  readonly count: number;
  /** Seconds, of all together. */
  readonly sum: number;
}

/** Upper bounds, seconds: from a look at one small topology to a step that waits for locks. */
export const durationBounds: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export const noDurations: Durations = { buckets: durationBounds.map(() => 0), count: 0, sum: 0 };

/** The same with one more. A duration that is no number at or above zero (a clock was set) counts as zero. */
export function withDuration(durations: Durations, seconds: number): Durations {
  const taken = seconds > 0 && Number.isFinite(seconds) ? seconds : 0;
  return {
    buckets: durations.buckets.map((count, index) => (taken <= (durationBounds[index] ?? Infinity) ? count + 1 : count)),
    count: durations.count + 1,
    sum: durations.sum + taken,
  };
}
