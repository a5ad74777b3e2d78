/** What `goatherd status` says of a topology, link by link: facts and measures, nothing of what is to be done. Pure data. */
import type { Suspension } from '../../ledger/model.ts';

/** One word for people; the facts beside it are what scripts read. */
export type LinkState =
  /** Every fact is as declared, and a daemon runs it. */
  | 'running'
  /** It runs, and its last run failed. */
  | 'failing'
  /** It runs, and facts are not as they were applied. */
  | 'drifted'
  /** What is declared is not done yet. */
  | 'pending'
  | 'copying'
  /** Its copy waits for one above. */
  | 'waiting'
  | 'suspended'
  /** Declared stopped. */
  | 'stopped'
  /** Declared detached: nothing is recorded for it. */
  | 'detached'
  /** It should run, and no daemon runs it. */
  | 'down'
  | 'blocked'
  /** Its source or target does not answer. */
  | 'unreachable'
  /** Nothing of it stands yet. */
  | 'absent'
  /** The hub does not answer. */
  | 'unknown';

export interface LinkStatus {
  /** `orders/a-b`. */
  readonly address: string;
  readonly id: string;
  readonly state: LinkState;
  /** Epoch milliseconds; null where nothing tells. */
  readonly since: number | null;
  readonly copy: CopyStatus;
  /** Age of the oldest change that has not reached the target; null when it could not be measured. */
  readonly lagSeconds: number | null;
  readonly backlogRows: number | null;
  /** When its last run that was not undone ended, by the clock of the hub, epoch milliseconds; null where none is known. */
  readonly lastGoodAt: number | null;
  /** Triggers as they shall be, of those wanted; null when the source cannot be seen. */
  readonly triggers: { readonly right: number; readonly wanted: number } | null;
  readonly daemon: DaemonStatus | null;
  readonly suspension: Suspension | null;
  /** What is Suspect, blocked, suspended, drifted or failing, one sentence each. */
  readonly notes: readonly string[];
}

export interface CopyStatus {
  readonly state: 'complete' | 'not_requested' | 'unknown' | 'copying' | 'waiting' | 'none';
  /** Tables copied, or asked for. */
  readonly tables: number;
  /** Tables left alone because the target held rows. */
  readonly skipped: number;
  /** Rows on the target when it was complete. */
  readonly rows: number | null;
  /** When it was complete, epoch milliseconds; null while it is not, or where nothing tells. */
  readonly completedAt: number | null;
  /** The table that is filled now. */
  readonly now: string | null;
  /** Id of the link above that it waits for. */
  readonly waitsFor: string | null;
}

export interface DaemonStatus {
  /** `without`: it runs, and not this link. */
  readonly state: 'up' | 'without' | 'down';
  readonly pid: number | null;
  /** Epoch milliseconds. */
  readonly startedAt: number | null;
}

export interface TopologyStatus {
  readonly topology: string;
  readonly file: string;
  readonly verdict: 'ready' | 'not_ready' | 'unknown';
  /** Why, in a few words a link. */
  readonly reasons: readonly string[];
  readonly links: readonly LinkStatus[];
  /** Each source that could be measured, as of the last look that did. */
  readonly unpurged: readonly UnpurgedStatus[];
  /** What concerns no single link. */
  readonly notes: readonly string[];
}

/**
 * Why changes stay that a target got: a link of the same source has not got them; a target that no link serves; a lock that Bucardo's purge
 * waits for; track rows that it counts wrong; nobody who purges; nothing of these.
 */
export type UnpurgedReason = 'TargetBehind' | 'UnknownTarget' | 'PurgeWaits' | 'Miscounted' | 'NoPurge' | 'PurgeDue';

export interface UnpurgedStatus {
  readonly database: string;
  /** Changes that at least one target got, and that no purge has removed though they are more than 11 minutes old. */
  readonly rows: number;
  /** When the oldest of them was committed, epoch milliseconds; null where there are none. */
  readonly since: number | null;
  /** Each with how many rows it holds, the most first. */
  readonly reasons: readonly { readonly reason: UnpurgedReason; readonly rows: number; readonly message: string }[];
}
