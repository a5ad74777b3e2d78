import type { SeenPlace } from '../ledger/model.ts';
import type { InstanceObservation, WantedDb } from './control-model.ts';
import type { ObservedSequence, ObservedTable } from './table-model.ts';

/**
 * What the world is: one snapshot of every database, control database, process and file that a topology touches.
 * Pure data, sorted by name, so that the same world gives the same bytes. Measures (sizes, ages, pids) are marked as such:
 * plans may show them and never depend on them for their fingerprint (rule 18).
 */

export interface Observation {
  /** How each database of the topology is reached, secrets, services and defaults resolved: what `bucardo.db` must say. */
  readonly connections: Readonly<Record<string, WantedDb>>;
  readonly databases: Readonly<Record<string, DatabaseObservation>>;
  readonly hub: HubObservation;
  /** By instance name; only those that a link of the topology names. */
  readonly instances: Readonly<Record<string, InstanceObservation>>;
  /**
   * Measure: changes on the source that the target does not have yet, by link address and table. Of links that their file no longer names all
   * tables, of others those that match them no longer; tables with none are left out, and a link whose changes could not be counted is missing.
   */
  readonly undelivered?: Readonly<Record<string, UndeliveredOfLink>>;
  /** Measure: when this was, by the hub's clock, epoch milliseconds. */
  readonly now?: number;
}

export interface Unreachable {
  readonly reachable: false;
  /** SQLSTATE or errno. */
  readonly code: string;
  readonly message: string;
}

export type DatabaseObservation = Unreachable | ObservedDatabase;

export interface ObservedDatabase {
  readonly reachable: true;
  /** `server_version_num`, such as 150020. */
  readonly version: number;
  readonly database: string;
  readonly user: string;
  readonly encoding: string;
  readonly inRecovery: boolean;
  /**
   * `<system identifier>/<oid>`: another one is another database, or the same data in another cluster. An equal one proves nothing, as copies
   * of a cluster share it. Null where the role may not ask.
   */
  readonly identity: string | null;
  /** Other names of the topology, `hub` or `ledger` that turned out to be this very database: a session through the one was seen through the other. */
  readonly sameAs: readonly string[];
  /** Measure: where its cluster stands in time. */
  readonly place?: SeenPlace;
  readonly maxLocksPerTransaction: number;
  readonly rights: Rights;
  readonly tables: readonly ObservedTable[];
  readonly sequences: readonly ObservedSequence[];
  /** Names of publications FOR ALL TABLES. */
  readonly publicationsForAllTables: readonly string[];
  readonly bucardo: ObservedBucardo | null;
  /** Measure: transactions older than a minute. */
  readonly longTransactions: readonly {
    readonly pid: number;
    readonly seconds: number;
    readonly application: string;
    readonly state: string;
  }[];
  /** Where `schema_owner` is declared: whether a session of that role can be had. */
  readonly schemaOwner: { readonly user: string; readonly reachable: boolean; readonly message: string } | null;
}

/** By table. */
export type UndeliveredOfLink = Readonly<Record<string, Undelivered>>;

/** What a target does not have of one table. */
export interface Undelivered {
  /** Changes of rows. */
  readonly changes: number;
  /** TRUNCATEs that Bucardo recorded as such; one that was recorded as keys stands among the changes. */
  readonly truncates: number;
}

export interface Rights {
  readonly superuser: boolean;
  /** May SET session_replication_role. */
  readonly replicationRole: boolean;
  /** May CREATE schemas in the database. */
  readonly createInDatabase: boolean;
}

/** Schema `bucardo` on a user database. */
export interface ObservedBucardo {
  /** The mark we leave as COMMENT on the schema; null when another hand made it. */
  readonly mark: string | null;
  /** md5 of the bodies of Bucardo's global functions, by `name(args)`. */
  readonly functions: Readonly<Record<string, string>>;
  /** Those of `GLOBAL_TABLES` that stand. */
  readonly globalTables: readonly string[];
  /** md5 of our TRUNCATE recorder's body, null when missing. */
  readonly recorderMd5: string | null;
  /** `sync|schema.table` of bucardo_delta_names. */
  readonly deltaNames: readonly string[];
  /** Tables whose changes may not have arrived, noted by our trigger where it could not keep them (rule 8). */
  readonly suspects: readonly { readonly sync: string; readonly table: string; readonly reason: string; readonly since: string }[];
  /** Open truncate records by sync. */
  readonly openTruncates: Readonly<Record<string, number>>;
  /** Names of delta, track and stage tables whose table is gone. */
  readonly orphanMakers?: readonly string[];
  /** When a TRUNCATE of a table was last recorded or carried on, by oid: its trigger empties the delta table. Epoch milliseconds. */
  readonly truncatedAt?: Readonly<Record<number, number>>;
  /** Syncs for which a kick function stands. */
  readonly kickFunctions: readonly string[];
}

export interface HubObservation {
  readonly reachable: boolean;
  readonly code: string;
  readonly message: string;
  readonly version: number;
  readonly superuser: boolean;
  readonly createDatabase: boolean;
  /** Whether the server can load plperlu. */
  readonly plperlu: boolean;
  /** Databases on the hub, with their COMMENT. */
  readonly databases: Readonly<Record<string, string | null>>;
  readonly bucardo: BucardoInstallation;
  /** The name of this host, as `hostname` gives it. */
  readonly here?: string;
  /** Problems with log_dir and pid_dir: path and what is wrong. */
  readonly directories: readonly { readonly path: string; readonly problem: string }[];
}

export interface BucardoInstallation {
  /** `5.6.0`, or null when the command is missing. */
  readonly version: string | null;
  /** Path of bucardo.schema, or null. */
  readonly schemaFile: string | null;
  readonly problem: string | null;
  /** md5 of the bodies of the global functions in the installed bucardo.schema, by `name(args)`. */
  readonly functions: Readonly<Record<string, string>>;
}

/** Measure: what has not reached a link's target yet. */
export interface Backlog {
  /** Changed keys that no run has delivered. */
  readonly rows: number;
  /** Tables that hold them. */
  readonly tables: number;
  /** Age of the oldest of them, TRUNCATEs included, by the source's clock; 0 when nothing waits. */
  readonly lagSeconds: number;
}

/** Measure: changes on a source that at least one target got, and that stand though they are older than any purge lets them be. */
export interface Unpurged {
  /** By the targets (`dbgroup orders_a_b`) that lack them; none of them where all have them. */
  readonly parts: readonly {
    readonly rows: number;
    /** When the oldest was committed, epoch milliseconds. */
    readonly oldestAt: number;
    readonly missing: readonly string[];
    /** All have them, and their track rows are more than there are targets: Bucardo's purge never takes these (FACTS 9.4). */
    readonly miscounted: boolean;
  }[];
  /** Bucardo's VAC sessions on the source, with the pids whose locks they wait for. */
  readonly purgers: readonly { readonly pid: number; readonly waitsFor: readonly number[] }[];
  /** Distinct targets on the source: with several Bucardo's purge is off, and goatherd's instead of it. 0 where there are no parts. */
  readonly targets: number;
}

/** Measure: the table that a link's copy fills. */
export interface CopyNow {
  readonly table: string;
  readonly bytes: number;
}
