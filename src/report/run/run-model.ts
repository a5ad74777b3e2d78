/**
 * What happens while a plan is carried out: events, and the record of a run that they add up to. Times are epoch milliseconds and come in
 * with the events, so that everything here is a function of them.
 */

/** A step as a run shows it; the plan's own step has these under the same names. */
export interface RunStepInfo {
  /** Stable over plans: `a-b/triggers`. */
  readonly id: string;
  readonly seq: number;
  readonly symbol: '+' | '~' | '-' | '|' | '=';
  /** `orders/a-b`. */
  readonly address: string;
  readonly what: string;
  readonly blocked: string | null;
  readonly estimateSeconds: number | null;
}

/** How far a step or the gate that waits for something has come. */
export interface Progress {
  readonly done: number;
  /** Null when it is not known how many there are. */
  readonly total: number | null;
  /** Plural, such as `tables`. */
  readonly unit: string;
  readonly bytes?: number;
  readonly totalBytes?: number;
  readonly rows?: number;
  readonly totalRows?: number;
  /** A second: bytes where `bytes` is given, else rows where `rows` is, else units. */
  readonly rate?: number;
  readonly etaSeconds?: number;
  /** What is worked on: `public.events`. */
  readonly now?: string;
  /** What is waited for and why: `lock on public.events, held by pid 991, idle in transaction for 00:07:12`. */
  readonly waitingFor?: string;
  /** Objects put off to a later round, and why: `pid 991 idle in transaction 00:07:12`. */
  readonly skipped?: readonly { readonly object: string; readonly reason: string }[];
}

/** How the run of one topology ended. */
export type RunOutcome =
  | 'converged'
  /** Syncs of other hands were adopted, which was all of the plan; what differs from the rules is the next one. */
  | 'adopted'
  /** All that may be done is done. */
  | 'blocked'
  /** An error that waiting does not cure. */
  | 'failed'
  /** `--timeout` passed, or the lock budget is spent. */
  | 'not_converged'
  | 'interrupted'
  /** The saved plan no longer fits the facts, or was used. */
  | 'stale'
  /** Another run holds the lock. */
  | 'lock_held'
  /** The topology or the configuration is invalid. */
  | 'invalid';

/** Epoch milliseconds, and the topology that the event belongs to. */
interface EventBase {
  readonly time: number;
  readonly topology: string;
}

export type RunEvent = EventBase &
  (
    | { readonly kind: 'run_start'; readonly run: string; readonly steps: readonly RunStepInfo[] }
    /** A newer plan: a newer commit, or facts that moved. Steps that are done stay. */
    | { readonly kind: 'plan_changed'; readonly reason: string; readonly steps: readonly RunStepInfo[] }
    | { readonly kind: 'step_start'; readonly step: string }
    | { readonly kind: 'step_progress'; readonly step: string; readonly progress: Progress }
    | { readonly kind: 'step_blocked'; readonly step: string; readonly reason: string }
    | { readonly kind: 'step_done'; readonly step: string; readonly result?: string }
    | { readonly kind: 'step_failed'; readonly step: string; readonly code: string; readonly message: string; readonly hint: string | null }
    /** A gate that still holds its steps. */
    | { readonly kind: 'gate_wait'; readonly step: string; readonly progress: Progress; readonly overdue?: boolean }
    /** What the gate waited for is a fact. */
    | { readonly kind: 'gate_open'; readonly step: string; readonly result?: string }
    | { readonly kind: 'message'; readonly level: 'info' | 'warning' | 'error'; readonly text: string }
    | { readonly kind: 'summary'; readonly outcome: RunOutcome; readonly reason: string | null; readonly driftLeft?: boolean }
  );

export type StepState = 'pending' | 'running' | 'waiting' | 'blocked' | 'done' | 'failed';

/** One step of a run, as far as it is known. */
export interface RunStep extends RunStepInfo {
  readonly state: StepState;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly progress: Progress | null;
  /** What came of it, once it is done: `42 tables, 118 GB`. */
  readonly result: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

/** The run of one topology. */
export interface RunRecord {
  readonly topology: string;
  readonly run: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Null while it goes on. */
  readonly outcome: RunOutcome | null;
  readonly reason: string | null;
  /** Whether drift remains that is left as it is: by the policy, or because only another declaration ends it. */
  readonly driftLeft: boolean;
  readonly steps: readonly RunStep[];
}

/** Every topology of one command, in the order of their first events. */
export interface RunState {
  readonly runs: readonly RunRecord[];
}

export const emptyRunState: RunState = { runs: [] };
