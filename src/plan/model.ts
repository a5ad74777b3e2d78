/**
 * A plan: what would be done, in order, and why. Frozen, JSON-serialisable, the same bytes for the same input.
 */
import type { RecopyCause } from '../ledger/model.ts';
import type { Position } from '../topology/model.ts';
import type { LinkNames } from '../topology/names.ts';

/** What a person or the host allows: part of the plan's input, so that the plan stays a function of its arguments. */
export interface Policy {
  /** Ids given with `--approve`. */
  readonly approvals: readonly string[];
}

export type Verdict = 'in_sync' | 'changes' | 'drift' | 'blocked';

/** What a step can do to users (DESIGN 1). */
export type Hazard = 'LOCKS_WRITERS' | 'LOCKS_READERS' | 'PAUSES_LINK' | 'EMPTIES_TABLES' | 'LOSES_RESUME';

export type LockMode = 'none' | 'ACCESS SHARE' | 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE';

export interface Plan {
  readonly topology: string;
  readonly file: string;
  readonly verdict: Verdict;
  /** sha256 over the facts used, the desired state and the policy; measures left out (rule 18). */
  readonly fingerprint: string;
  readonly drawing: Drawing;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly diagnostics: readonly Diagnostic[];
  readonly approvals: { readonly required: readonly RequiredApproval[] };
  readonly risk: Risk;
  readonly counts: Counts;
  /** Facts compared with what is declared. */
  readonly factsChecked: number;
  /** Each link in order, with what the last line says of it. */
  readonly links: readonly LinkSummary[];
}

export interface Drawing {
  readonly nodes: readonly { readonly name: string; readonly target: string; readonly cascade: boolean; readonly reachable: boolean }[];
  readonly edges: readonly { readonly id: string; readonly from: string; readonly to: string; readonly label: string }[];
}

export interface Change {
  /** `orders/a-b`, or `orders/a`. */
  readonly address: string;
  readonly action: 'create' | 'change' | 'remove' | 'drift';
  /** One line: what the change consists of. */
  readonly what: string;
  readonly reason: string;
  readonly fields: readonly { readonly path: string; readonly before: string | null; readonly after: string | null }[];
  /** Set on drift. */
  readonly drift?: DriftPart;
}

/** What is done about facts that drifted. */
export interface DriftPart {
  /** `contended`: put back too often within an hour, and left alone (rule 15). */
  readonly treatment: 'heal' | 'warn' | 'contended';
  /** Id of the step that puts them back, planned or not. */
  readonly step: string;
  /** Nothing is to be put back: what was lost is noted, and the link is `Suspect`. */
  readonly onlyNoted: boolean;
  /** What the ledger counts them by. */
  readonly keys: readonly string[];
}

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

/** One table's Bucardo objects on a source, as they shall be. */
export interface TableWork {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly maker: string;
  readonly keyColumns: readonly string[];
  /** Type and collation of each key column, as a column definition needs them. */
  readonly keyDefinitions: readonly string[];
  /** Whether TRUNCATE is recorded as keys (rule 8) or by Bucardo's own trigger. */
  readonly truncate: 'keys' | 'record';
  /** What is missing or other than declared. */
  readonly missing: readonly string[];
}

/** What a step's executor works on. Names only; connections are found by name, secrets never stand here. */
export type Work =
  | { readonly kind: 'ledger' }
  | { readonly kind: 'rename'; readonly rows: readonly { readonly from: string; readonly to: string }[] }
  /** `names`: those that stand; null where the sync has not one source and one target, and the step is blocked. */
  | { readonly kind: 'adopt'; readonly link: string; readonly names: LinkNames | null }
  | { readonly kind: 'control_database'; readonly instance: string }
  | {
      readonly kind: 'register';
      readonly link: string;
      readonly instance: string;
      readonly tables: readonly GoatWork[];
      readonly sequences: readonly GoatWork[];
    }
  | { readonly kind: 'settings'; readonly instance: string; readonly settings: Readonly<Record<string, string>> }
  | {
      readonly kind: 'helpers';
      readonly link: string;
      readonly database: string;
      readonly global: boolean;
      readonly tables: readonly TableWork[];
    }
  | {
      readonly kind: 'triggers';
      readonly link: string;
      readonly database: string;
      readonly kick: boolean;
      readonly tables: readonly TableWork[];
    }
  | {
      readonly kind: 'membership';
      readonly link: string;
      readonly instance: string;
      readonly addresses: readonly string[];
      /** Those of them that were set aside and come back with what was recorded meanwhile. */
      readonly returning: readonly string[];
    }
  | { readonly kind: 'set_aside'; readonly link: string; readonly instance: string; readonly addresses: readonly string[] }
  | {
      readonly kind: 'resend';
      readonly link: string;
      readonly instance: string;
      readonly database: string;
      readonly tables: readonly string[];
    }
  | {
      readonly kind: 'rekey';
      readonly link: string;
      readonly database: string;
      readonly tables: readonly RekeyWork[];
    }
  | {
      readonly kind: 'makedelta';
      readonly link: string;
      readonly instance: string;
      readonly database: string;
      readonly goats: readonly { readonly address: string; readonly makedelta: string | null }[];
      /** Set where it is on for the whole target database, which ends. */
      readonly whole?: true;
    }
  | {
      readonly kind: 'always';
      readonly link: string;
      readonly database: string;
      readonly tables: readonly string[];
      readonly triggers: readonly string[];
      readonly mode: 'A' | 'O';
    }
  | { readonly kind: 'truncate_records'; readonly link: string; readonly database: string }
  | { readonly kind: 'stop_daemon'; readonly instance: string }
  | { readonly kind: 'empty_tables'; readonly link: string; readonly database: string; readonly tables: readonly string[] }
  | {
      readonly kind: 'activate';
      readonly link: string;
      readonly instance: string;
      readonly copy: boolean;
      /** What the copy is to fill and what it leaves alone: written to the ledger before Bucardo is asked. */
      readonly tables: readonly string[];
      readonly skipped: readonly string[];
      readonly mode: 'empty' | 'always' | 'never';
    }
  | { readonly kind: 'deactivate'; readonly link: string; readonly instance: string }
  | { readonly kind: 'start_daemon'; readonly instance: string; readonly restart: boolean; readonly syncs: readonly string[] }
  | { readonly kind: 'wait_copy'; readonly link: string; readonly instance: string; readonly tables: readonly string[] }
  | {
      readonly kind: 'receipt';
      readonly link: string;
      readonly instance: string;
      readonly copied: readonly string[];
      readonly skipped: readonly string[];
    }
  | {
      readonly kind: 'copy_tables';
      readonly link: string;
      readonly instance: string;
      /** Tables that join a link which replicates already, and are copied by goatherd before they do. */
      readonly tables: readonly string[];
      /** Those whose rows on the target are removed first. */
      readonly emptied: readonly string[];
      /** Those that keep what the target holds. */
      readonly skipped: readonly string[];
      /** Set where the tables are members already and are copied once more, while the link stands still. */
      readonly again: boolean;
    }
  | {
      readonly kind: 'recopy';
      readonly link: string;
      readonly cause: RecopyCause;
      readonly generation: number;
      readonly tables: readonly string[];
      readonly skipped: readonly string[];
    }
  | { readonly kind: 'wait_drained'; readonly link: string; readonly instance: string }
  | {
      readonly kind: 'drop_triggers';
      readonly link: string;
      readonly database: string;
      readonly tables: readonly { readonly address: string; readonly triggers: readonly string[] }[];
    }
  | {
      readonly kind: 'drop_helpers';
      readonly link: string;
      readonly database: string;
      /** Names (without prefix) of delta, track and stage tables that no other link uses. */
      readonly makers: readonly string[];
      /** Whether schema bucardo goes, as nothing else uses it. */
      readonly schema: boolean;
      /** Set when single tables left the link: nothing of its other tables is touched. */
      readonly only: readonly { readonly oid: number; readonly schema: string; readonly table: string; readonly maker: string }[] | null;
    }
  | { readonly kind: 'leave'; readonly link: string; readonly instance: string; readonly addresses: readonly string[] }
  | { readonly kind: 'drop_control'; readonly link: string; readonly instance: string; readonly whole: boolean }
  | { readonly kind: 'move'; readonly link: string; readonly instance: string }
  | { readonly kind: 'leave_instance'; readonly link: string; readonly instance: string; readonly whole: boolean }
  | { readonly kind: 'forget'; readonly link: string }
  | {
      readonly kind: 'sweep';
      readonly link: string;
      readonly database: string;
      /** Of links that are no more: their rows, and kick functions. */
      readonly syncs: readonly string[];
      /** Names (without prefix) of delta, track and stage tables that nothing uses. */
      readonly makers: readonly string[];
    }
  | {
      readonly kind: 'suspect';
      readonly link: string;
      readonly losses: readonly { readonly code: string; readonly tables: readonly string[] }[];
    }
  | { readonly kind: 'wait_run'; readonly link: string; readonly instance: string; readonly since: number }
  | { readonly kind: 'arrival'; readonly links: readonly string[] };

/** A table whose helper objects were made for another key. */
export interface RekeyWork extends TableWork {
  /** Columns of the key that its delta table was made for, with their types there. */
  readonly oldColumns: readonly { readonly name: string; readonly type: string }[];
  /** Databases whose rows tell the new key of a row that its old key named: the source, and every target that may lack a change of it. */
  readonly targets: readonly string[];
  /** Whether the old key still finds its rows on all of them; otherwise every row is noted as changed. */
  readonly translatable: boolean;
}

export interface GoatWork {
  readonly schema: string;
  readonly name: string;
  /** What is noted of its columns (`shapeToNote`); empty for sequences. */
  readonly shape: string;
  readonly pkey: readonly string[];
  readonly types: readonly string[];
  /** Columns that Bucardo must carry where generated ones stand in the table; null for all. */
  readonly columns: readonly string[] | null;
}

/** A preflight finding, or a remark about the topology. Codes are CamelCase and stable. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: string;
  readonly message: string;
  /** What it concerns: tables, sequences, roles. Never cut in JSON. */
  readonly objects: readonly string[];
  readonly hint: string;
  /** Address of the link or database. */
  readonly address: string;
  readonly at: Position | null;
}

export interface RequiredApproval {
  /** `xxxx-xxxx`. */
  readonly id: string;
  readonly steps: readonly string[];
  readonly given: boolean;
  /** Set where it is given in a way that a cap of the host binds, and over it: `cap links_removed: 2 > 1`. */
  readonly cap?: string;
}

export interface Risk {
  readonly maxLock: LockMode;
  readonly destructive: boolean;
  /** One sentence each, in order. */
  readonly sentences: readonly string[];
}

export interface Counts {
  readonly create: number;
  readonly change: number;
  readonly remove: number;
  readonly drift: number;
  readonly steps: number;
  readonly waits: number;
  readonly blocked: number;
}

export interface LinkSummary {
  readonly address: string;
  readonly tables: number;
  readonly sequences: number;
  readonly state: 'converged' | 'pending' | 'blocked' | 'stopped' | 'detached';
  /** Copied, skipped, never asked for; null when there is no receipt. */
  readonly copy: string | null;
  readonly suspect: string | null;
}
