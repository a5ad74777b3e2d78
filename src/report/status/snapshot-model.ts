/**
 * What the controller knows at one moment, whole: what the page, the metrics, `/api/status` and the notifications are made of. Pure data;
 * times are epoch milliseconds.
 */
import type { Condition } from '../../plan/status/condition-model.ts';
import type { Plan } from '../../plan/model.ts';
import type { TopologyStatus } from '../../plan/status/status-model.ts';
import type { Problem } from '../../topology/model.ts';
import type { Durations } from '../durations.ts';
import type { RunOutcome, RunRecord } from '../run/run-model.ts';

export interface ControllerSnapshot {
  readonly tool: string;
  readonly host: string;
  readonly startedAt: number;
  /** When this snapshot was taken. */
  readonly now: number;
  /** Null before the first full loop has ended. */
  readonly lastLoopAt: number | null;
  /** `standby`: another run holds the ledger's lock; it is observed, not acted. */
  readonly role: 'starting' | 'acting' | 'standby' | 'stopping';
  /** Who holds the lock, as text for people; null when nobody does. */
  readonly holder: string | null;
  readonly source: SourceSnapshot;
  /** `SourceReady`, `LockHeld`. */
  readonly conditions: readonly Condition[];
  /** Sorted by name. */
  readonly topologies: readonly TopologySnapshot[];
  /** Files that could not be read as topologies, and topologies that no file names. */
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

export interface SourceSnapshot {
  readonly kind: 'directory' | 'git';
  /** The directory, or the repository without credentials. */
  readonly place: string;
  readonly ref: string | null;
  /** Commit, or hash over the files. `desired`: what the source says now; `attempted`: what was last planned; `applied`: what last converged everywhere. */
  readonly desired: string | null;
  readonly attempted: string | null;
  readonly applied: string | null;
  /** When it was last read well. */
  readonly readAt: number | null;
  /** Why the last reading failed; null when it did not. The last good revision is in force meanwhile. */
  readonly error: string | null;
}

export interface TopologySnapshot {
  readonly name: string;
  readonly file: string;
  readonly desired: string | null;
  readonly attempted: string | null;
  readonly applied: string | null;
  /** Null before the first observation. */
  readonly status: TopologyStatus | null;
  readonly plan: Plan | null;
  /** Of the topology, its databases and its links, by their `address`. */
  readonly conditions: readonly Condition[];
  /** Bytes of Bucardo's tables on each source that could be measured, by database; as of the last deep look. */
  readonly deltaBytes: Readonly<Record<string, number>>;
  readonly observedAt: number | null;
  readonly nextLookAt: number | null;
  /** The run that goes on now, or the last one that did something. */
  readonly run: RunRecord | null;
  /** Newest first, at most 50. */
  readonly history: readonly RunSummary[];
  readonly suspended: { readonly by: string; readonly reason: string; readonly since: number; readonly until: number | null } | null;
  /** Back-off after errors, by link address. */
  readonly retries: readonly { readonly address: string; readonly attempts: number; readonly nextAt: number; readonly error: string }[];
  /** Addresses that `renamed_from` says are others now, former ones first. */
  readonly renames: Readonly<Record<string, string>>;
}

export interface RunSummary {
  readonly run: string;
  readonly revision: string | null;
  readonly fingerprint: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: RunOutcome;
  readonly reason: string | null;
  readonly stepsDone: number;
  readonly stepsFailed: number;
}

/** Counters since the controller started, for metrics: what a snapshot of now cannot tell. All of them only grow. */
export interface ControllerCounters {
  /** By topology. */
  readonly reconciles: Readonly<Record<string, Readonly<Record<'noop' | 'changed' | 'waiting' | 'blocked' | 'error', number>>>>;
  /** Steps and looks that failed, by topology; `terminal`: waiting does not cure it. */
  readonly errors: Readonly<Record<string, Readonly<Record<'transient' | 'terminal', number>>>>;
  /** Tries to have the lock of a table: how they ended, and how long they took. */
  readonly locks: readonly (Readonly<Record<'acquired' | 'timeout' | 'put_off', number>> & {
    readonly topology: string;
    readonly database: string;
    readonly mode: 'share' | 'share_row_exclusive' | 'access_exclusive';
    readonly took: Durations;
  })[];
  readonly steps: readonly {
    readonly topology: string;
    readonly kind: string;
    readonly result: 'done' | 'failed';
    readonly took: Durations;
  }[];
  /** `link` as in its topology: `a-b`. */
  readonly driftCorrected: readonly { readonly topology: string; readonly link: string; readonly count: number }[];
  readonly daemonRestarts: readonly { readonly instance: string; readonly count: number }[];
  readonly sourceFetches: { readonly ok: number; readonly failed: number };
  /** Messages brought to receivers of notifications, and those that could not be. */
  readonly notifications?: { readonly sent: number; readonly failed: number };
  /** How long the loops took, by phase. */
  readonly durations: readonly { readonly topology: string; readonly phase: 'observe' | 'plan' | 'act'; readonly took: Durations }[];
}
