import type { Work } from './work-model.ts';

/** What a step can do to users (DESIGN 1). */
export type Hazard = 'LOCKS_WRITERS' | 'LOCKS_READERS' | 'PAUSES_LINK' | 'EMPTIES_TABLES' | 'LOSES_RESUME';

export type LockMode = 'none' | 'ACCESS SHARE' | 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE';

/** What each kind of step does: `src/act` has one file for each family. */
export type StepKind =
  | 'ledger'
  | 'rename'
  | 'adopt'
  | 'control_database'
  | 'register'
  | 'settings'
  | 'helpers'
  | 'triggers'
  | 'membership'
  | 'set_aside'
  | 'rekey'
  | 'resend'
  | 'makedelta'
  | 'always'
  | 'truncate_records'
  | 'stop_daemon'
  | 'empty_tables'
  | 'activate'
  | 'deactivate'
  | 'start_daemon'
  | 'wait_copy'
  | 'receipt'
  | 'copy_tables'
  | 'recopy'
  | 'wait_drained'
  | 'drop_triggers'
  | 'drop_helpers'
  | 'drop_control'
  | 'forget'
  | 'leave'
  | 'move'
  | 'leave_instance'
  | 'suspect'
  | 'sweep'
  | 'wait_run'
  | 'arrival';

export interface Step {
  /** Stable over plans: `a-b/triggers`. */
  readonly id: string;
  /** 1-based, in the order of carrying out. */
  readonly seq: number;
  readonly kind: StepKind;
  /** `+` creates, `~` changes, `-` removes, `|` waits, `=` verifies. */
  readonly symbol: '+' | '~' | '-' | '|' | '=';
  /** `orders/a-b`, or the instance's address `orders/instance/orders_a_b`. */
  readonly address: string;
  readonly what: string;
  readonly reason: string;
  /** Names of databases, or `hub`. */
  readonly on: readonly string[];
  readonly lock: { readonly mode: LockMode; readonly timeoutMs: number | null; readonly budgetMs: number | null };
  /** How many objects it works on; null where that says nothing. */
  readonly objects: number | null;
  readonly hazards: readonly Hazard[];
  readonly destructive: boolean;
  /** What a destructive step hits, where its address does not say it all: part of the id that approves it. */
  readonly hits: readonly string[];
  /** Ids of steps that must have ended well before. */
  readonly after: readonly string[];
  /** Seconds, rounded; null when nothing is known. */
  readonly estimateSeconds: number | null;
  /** Facts before and after, one line each. */
  readonly before: readonly string[];
  readonly afterFacts: readonly string[];
  /** Set on gates. */
  readonly gate: Gate | null;
  /** Why it will not be carried out now; null when it may. */
  readonly blocked: string | null;
  /** What the executor needs, by kind. */
  readonly work: Work;
}

export interface Gate {
  readonly condition: 'CopyComplete' | 'RunSeen' | 'Drained';
  /** Ids of the steps it holds. */
  readonly holds: readonly string[];
  readonly warnAfterSeconds: number;
}
