/**
 * A plan: what would be done, in order, and why. Frozen, JSON-serialisable, the same bytes for the same input.
 */
import type { Position } from '../topology/model.ts';
import type { LockMode, Step } from './step-model.ts';

/** What a person or the host allows: part of the plan's input, so that the plan stays a function of its arguments. */
export interface Policy {
  /** Ids given with `--approve`. */
  readonly approvals: readonly string[];
  /** Addresses of links, `--only`: nothing else is done; the topology's every link without it. */
  readonly only?: readonly string[];
}

export type Verdict = 'in_sync' | 'changes' | 'drift' | 'blocked';

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
  /** Id of the step that puts them back, planned or not; null where only another declaration ends them. */
  readonly step: string | null;
  /** Nothing is to be put back: what was lost is noted, and the link is `Suspect`. */
  readonly onlyNoted: boolean;
  /** What the ledger counts them by. */
  readonly keys: readonly string[];
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
