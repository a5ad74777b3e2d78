import type { ObservedRuns } from './control-model.ts';

/** A master starts a controller again within seconds; a sync of which nothing was seen for this long is not run any more. */
const UNSEEN_MS = 60_000;

/** What tells which syncs a living master runs. Times are epoch milliseconds of the control database's clock. */
interface Signs {
  /** Named by the master's title. */
  readonly titled: readonly string[];
  /** Those with a controller that lives. */
  readonly controlled: readonly string[];
  readonly startedAt: number | null;
  /** By sync; null where they were not looked at. */
  readonly runs: Readonly<Record<string, ObservedRuns>> | null;
  readonly now: number | null;
}

/**
 * Syncs that a master runs, sorted. Its title alone is not believed for ever: after a deactivation, or a reload that failed, it still names
 * the sync, which has no controller then and is kicked by nobody (docs/bucardo.md). Between a start and the first run it is all there is.
 */
export function runningSyncs({ titled, controlled, startedAt, runs, now }: Signs): readonly string[] {
  const unseen = (sync: string): boolean => {
    if (runs === null || now === null || startedAt === null || controlled.includes(sync)) return false;
    const seen = runs[sync];
    return now - Math.max(startedAt, seen?.lastGood?.endedAt ?? 0, seen?.lastBad?.endedAt ?? 0) > UNSEEN_MS;
  };
  return [...new Set([...titled.filter((sync) => !unseen(sync)), ...controlled])].toSorted();
}
