/**
 * What the ledger knows: a cache of what stands marked in the databases, and what nothing else can tell - receipts of copies,
 * proofs of arrival, approvals (DESIGN 4, rules 6, 12, 14). Pure data.
 */
import type { Database, DriftPolicy, LeftInstance, Link, SchemaOwner } from '../topology/model.ts';
import type { LinkNames } from '../topology/names.ts';

export interface Ledger {
  /** Whether the ledger's database exists with its tables. */
  readonly present: boolean;
  readonly version: number;
  /** By link address, `orders/a-b`. */
  readonly links: Readonly<Record<string, LedgerLink>>;
  readonly approvals: readonly Approval[];
  /** Links that a person stopped or suspended, by address, and topologies, by name. */
  readonly suspensions: Readonly<Record<string, Suspension>>;
  /** What a person last did with a link, and why, by address: within a day, where a reason was given. */
  readonly words?: Readonly<Record<string, LastWord>>;
  /** Where databases stood when they were last seen as they should be, by `orders/a`. */
  readonly seen?: Readonly<Record<string, SeenDatabase>>;
  /** What was put back, and when, by link address: those of the last hour and some more. */
  readonly heals?: Readonly<Record<string, readonly Heal[]>>;
  /**
   * Names that the marks on control databases tell of, by link address, one for each control database whose mark names the link: what a ledger
   * that was lost or restored does not know.
   */
  readonly marked?: Readonly<Record<string, readonly LinkNames[]>>;
  /** Who holds the lock, as text for people; null when nobody does. */
  readonly holder: string | null;
}

export interface LedgerLink {
  readonly address: string;
  /** The names that it was given, and keeps (rule 22). */
  readonly names: LinkNames;
  /** Instances that it has not left altogether. */
  readonly leaves: readonly LeftInstance[];
  /** What its source and its target were seen to be (`ObservedDatabase.identity`); null where that is not known. */
  readonly identities: LinkIdentities;
  /** Where the ledger still has it, when `withRenames` has found that its file calls it otherwise now. */
  readonly formerAddress?: string;
  /** The definition that was last applied, as `definitionOf` wrote it. */
  readonly definition: FormerDefinition | null;
  /** sha256 of the definition that was last applied in full; null before. */
  readonly appliedDefinition: string | null;
  readonly request: CopyRequest | null;
  readonly receipt: Receipt | null;
  /** Tables that are to be copied again, written down before anything is touched; null when there are none. */
  readonly recopy: Recopy | null;
  /** Tables whose changes may be lost, since when and why; ended by a copy or by `accept`. */
  readonly suspects: readonly Suspicion[];
  /** Tables left alone by a copy that a person has accepted as they are. */
  readonly accepted: readonly string[];
  /** Tables whose own copy began and has no receipt yet: what the target holds of them came from that copy. */
  readonly copying: readonly string[];
  /** When a change was last proved to arrive, epoch milliseconds; null never. */
  readonly provedAt: number | null;
  /** When the ledger came to know it, ISO 8601: tells it from a later link of the same name. */
  readonly since?: string;
}

export interface LinkIdentities {
  readonly from: string | null;
  readonly to: string | null;
}

/** What the ledger keeps of a link's declaration: enough to reach and remove it when its file no longer names it. */
export interface FormerDefinition extends Omit<Link, 'at' | 'former' | 'protect' | 'drift' | 'copyGeneration' | keyof LinkNames> {
  /** A ledger of an earlier version says nothing of these. */
  readonly protect?: boolean;
  readonly drift?: DriftPolicy;
  readonly copyGeneration?: number;
  /** Ids of the links that leave its target and that its changes are written down for there. */
  readonly passedOn?: readonly string[];
  readonly source: FormerDatabase;
  readonly target: FormerDatabase;
}

type FormerDatabase = Omit<Database, 'name' | 'at' | 'schemaOwner' | 'renamedFrom'> & { readonly schemaOwner: SchemaOwner | null };

/** One reason to doubt some tables of a link. */
export interface Suspicion {
  readonly code: string;
  readonly tables: readonly string[];
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** A copy that was decided on. Times are epoch milliseconds of the control database's clock. */
export interface CopyRequest {
  readonly mode: 'empty' | 'always' | 'never';
  /** Addresses of the tables that the copy is to fill. */
  readonly tables: readonly string[];
  /** Left alone because the target held rows. */
  readonly skipped: readonly string[];
  /** `always`: when the target's tables were emptied. */
  readonly emptiedAt: number | null;
  /** When Bucardo was asked; null while the link is still prepared. */
  readonly askedAt: number | null;
  /** Of the declaration that asked; 1 where a ledger of an earlier version says nothing. */
  readonly generation?: number;
}

export interface Receipt {
  readonly mode: 'empty' | 'always' | 'never' | 'unknown';
  /** The last `copy_generation` that was satisfied; 1 where a ledger of an earlier version says nothing. */
  readonly generation?: number;
  readonly copied: readonly string[];
  readonly skipped: readonly string[];
  /** Rows seen on the target. */
  readonly rows: number;
  readonly endedAt: number;
}

/** A database as it was last seen. */
export interface SeenDatabase {
  readonly place: SeenPlace;
  /** Tables that links replicate, by address. */
  readonly tables: Readonly<Record<string, SeenTable>>;
}

/** Where a cluster stood in time. */
export interface SeenPlace {
  /** The cluster's system identifier; a copy of it has the same. */
  readonly system: string;
  readonly timeline: number;
  /** Bytes of WAL that are flushed, or replayed by a standby: no crash takes it back. */
  readonly position: number;
  /** Its clock then, epoch milliseconds. */
  readonly now: number;
}

export interface SeenTable {
  readonly oid: number;
  /** Of its delta table, and of the file that holds that; null where it has none. */
  readonly deltaOid: number | null;
  readonly deltaFile: number | null;
}

/** A fact that drifted and was put back. */
export interface Heal {
  /** `trigger public.items delta`: the key of a `DriftFact`. */
  readonly fact: string;
  /** Hash of the definition that it was put back for: another one begins anew. */
  readonly definition: string;
  /** Epoch milliseconds of the hub's clock. */
  readonly at: number;
}

/** Why tables of a link that has its receipt are copied again. */
export type RecopyCause =
  /** `copy_generation` was raised. */
  | 'generation'
  /** A link above copies them again (rule 7). */
  | 'above'
  /** `cascade` was off on the source, and what came from above meanwhile was not passed on. */
  | 'cascade'
  /** It was detached: nothing was recorded meanwhile. */
  | 'detached';

/** A copy that is repeated. The link stands still from before the links above it begin until `tables` is empty. */
export interface Recopy {
  readonly cause: RecopyCause;
  /** What the receipt says when it is done. */
  readonly generation: number;
  /** Tables still to be copied. */
  readonly tables: readonly string[];
  /** Tables that held rows and are left alone: said in the receipt. */
  readonly skipped: readonly string[];
}

/** A link, or a whole topology, is observed and not touched until a person, or time, ends this. */
export interface Suspension {
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** `held` (`goatherd suspend`): what runs goes on, and nothing is done about it. Without it the link stands still (`goatherd stop`). */
  readonly held?: boolean;
  /** When it ends by itself, epoch milliseconds. */
  readonly until?: number;
}

/** A verb of a person on a link. */
export interface LastWord {
  /** `restart`. */
  readonly what: string;
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Approval {
  readonly id: string;
  readonly topology: string;
  readonly step: string;
  readonly by: string;
  /** False where the caps of the host bind it (`goatherd approve`, approvals in git). */
  readonly overCap?: boolean;
}

/** An approval of some steps, as it is written down. */
export interface GivenApproval {
  readonly id: string;
  readonly steps: readonly string[];
  readonly by: string;
  readonly overCap: boolean;
  readonly reason: string;
}

/** How long a link, or another address of a topology, that failed is left alone. Times are epoch milliseconds. */
export interface Retry {
  readonly address: string;
  /** Failures in a row. */
  readonly attempts: number;
  readonly nextAt: number;
  /** The last one. */
  readonly error: string;
  /** Waiting does not cure it. */
  readonly fatal: boolean;
}

/** One run of one topology that did something, or tried. Times are epoch milliseconds. */
export interface PastRun {
  readonly topology: string;
  readonly run: string;
  readonly command: string;
  readonly revision: string | null;
  readonly fingerprint: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly stepsDone: number;
  readonly stepsFailed: number;
}

export const EMPTY_LEDGER: Ledger = { present: false, version: 0, links: {}, approvals: [], suspensions: {}, holder: null };
