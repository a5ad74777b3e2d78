import type { SeenPlace } from '../ledger/model.ts';

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
  /** Measure: changes on the source that the target does not have yet, by link address; only of links that their file no longer names. */
  readonly undelivered?: Readonly<Record<string, number>>;
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

export interface Rights {
  readonly superuser: boolean;
  /** May SET session_replication_role. */
  readonly replicationRole: boolean;
  /** May CREATE schemas in the database. */
  readonly createInDatabase: boolean;
}

/** A table (relkind r or p) outside the system, bucardo and goatherd schemas. */
export interface ObservedTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `schema.name`, unquoted: the address in plans and the text that globs match. */
  readonly address: string;
  readonly kind: 'table' | 'partitioned';
  /** Unlogged tables are `u`. */
  readonly persistence: 'p' | 'u';
  /** Address of the partitioned parent, or null. */
  readonly parent: string | null;
  readonly key: ObservedKey | null;
  /** In attribute order; one text for each: see `parseColumns`. */
  readonly columns: readonly string[];
  /** Addresses of tables that have a foreign key which references this one. */
  readonly referencedBy: readonly string[];
  readonly rowSecurity: boolean;
  /** User triggers, not Bucardo's, that are ENABLE ALWAYS. */
  readonly alwaysTriggers: readonly string[];
  readonly rights: {
    readonly select: boolean;
    readonly write: boolean;
    readonly truncate: boolean;
    readonly trigger: boolean;
    readonly own: boolean;
  };
  /** Measure, bytes of the main fork. 0 means that the table is empty for certain. */
  readonly bytes: number;
  /** Whether it holds a row; null when that was not asked (it is asked of targets before their copy). */
  readonly hasRows: boolean | null;
  readonly bucardo: TableBucardo | null;
}

/** The primary key, else the unique index that Bucardo would choose. */
export interface ObservedKey {
  readonly index: string;
  readonly primary: boolean;
  readonly columns: readonly string[];
  /** Bucardo's words for the types (`goat.pkeytype`): integer, bigint, smallint, else pg_type.typname. */
  readonly types: readonly string[];
  /** Type and collation as a column definition needs them. */
  readonly definitions: readonly string[];
  readonly nullable: boolean;
  readonly deferrable: boolean;
}

/** What Bucardo (or we) put on one table of a source. */
export interface TableBucardo {
  /** By trigger name. */
  readonly triggers: readonly ObservedTrigger[];
  /** The name that `bucardo_tablename_maker` gives, unquoted, without the `delta_` prefix. */
  readonly maker: string;
  /** Columns of `delta_*`, in order, `name type` each, txntime last; null when the table is missing. */
  readonly deltaColumns: readonly string[] | null;
  /** The default of `delta_*.txntime` as the catalog prints it. */
  readonly deltaDefault: string | null;
  /** Of the delta table, and of the file that holds it: other ones after it was made anew or truncated. */
  readonly deltaOid?: number | null;
  readonly deltaFile?: number | null;
  readonly track: boolean;
  readonly stage: boolean;
  /** Which of dex1, dex2, dex3 and goat stand. */
  readonly indexes: readonly string[];
  /** md5 of the trigger function's body, null when missing. */
  readonly functionMd5: string | null;
  /** `bucardo_delta_targets.target` rows of the table's oid. */
  readonly targets: readonly string[];
}

export interface ObservedTrigger {
  readonly name: string;
  /** pg_trigger.tgenabled: O origin, D disabled, A always, R replica. */
  readonly enabled: 'O' | 'D' | 'A' | 'R';
  /** Unqualified name of the function it calls. */
  readonly functionName: string;
  /** pg_trigger.tgtype: 34 is BEFORE TRUNCATE of statement, 32 AFTER TRUNCATE, 29 AFTER INSERT OR UPDATE OR DELETE of row. */
  readonly type: number;
  readonly args: readonly string[];
}

export interface ObservedSequence {
  readonly schema: string;
  readonly name: string;
  readonly address: string;
  /** Address of the table that owns it or whose column default uses it; null when free. */
  readonly usedBy: string | null;
  readonly usage: boolean;
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

/** Measure: the table that a link's copy fills. */
export interface CopyNow {
  readonly table: string;
  readonly bytes: number;
}

/** One control database and its daemon. */
export interface InstanceObservation {
  readonly name: string;
  /** Control database `bucardo_<name>`. */
  readonly control: ControlObservation | null;
  readonly daemon: DaemonObservation;
}

export interface ControlObservation {
  /** The mark in its COMMENT; null when it is not ours. */
  readonly mark: string | null;
  /** bucardo_config, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** What bucardo_config held when it was made (`defval`), by name. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly dbs: readonly ControlDb[];
  readonly goats: readonly ControlGoat[];
  readonly syncs: readonly ControlSync[];
  /** Members of dbgroups. */
  readonly dbmap: readonly { readonly group: string; readonly db: string; readonly role: string }[];
  /** Goat ids by relgroup. */
  readonly herds: Readonly<Record<string, readonly number[]>>;
  /** Set when facts changed that a daemon reads only when it starts: epoch milliseconds of the control database's clock, 0 never. */
  readonly changedAt: number;
  /** Whether the pruning of the run and connection logs stands (rule 24). */
  readonly pruning: boolean;
  /** What is known of each sync's runs. */
  readonly runs: Readonly<Record<string, ObservedRuns>>;
  /** What other hands have added: names of tables on targets, and code; an empty sync and a null goat stand for all. */
  readonly customs: readonly {
    readonly kind: 'name' | 'code';
    readonly what: string;
    readonly sync: string;
    readonly goat: number | null;
  }[];
  /** Sync, database, customcols of goats: `goat|clause`. */
  readonly customcols: Readonly<Record<number, string>>;
}

/** A row of `bucardo.db` as it shall be. */
export type WantedDb = Omit<ControlDb, 'name' | 'status' | 'makedelta'>;

export interface ControlDb {
  readonly name: string;
  readonly host: string;
  readonly port: string;
  readonly dbname: string;
  readonly user: string;
  readonly service: string;
  readonly dbconn: string;
  readonly status: string;
  /** Whether what enters it is written down there for every table; goatherd sets that for each table instead (rule 9). */
  readonly makedelta: boolean;
  /** sha256 of the password, or null: compared, never shown. */
  readonly passwordHash: string | null;
}

export interface ControlGoat {
  readonly id: number;
  readonly db: string;
  readonly address: string;
  readonly type: 'table' | 'sequence';
  readonly pkey: string;
  readonly makedelta: string | null;
  /** What was noted of its columns when it was registered (`src/plan/view/shape.ts`); null when nothing was. */
  readonly shape: string | null;
}

export interface ControlSync {
  readonly name: string;
  readonly herd: string;
  readonly dbs: string;
  readonly status: string;
  readonly autokick: boolean;
  /** Whole seconds, null when unset. */
  readonly checktimeSeconds: number | null;
  readonly onetimecopy: number;
}

/** Times are epoch milliseconds of the control database's clock. */
export interface ObservedRuns {
  readonly running: { readonly startedAt: number; readonly status: string } | null;
  readonly lastGood: { readonly startedAt: number; readonly endedAt: number } | null;
  readonly lastBad: { readonly startedAt: number; readonly endedAt: number; readonly error: string } | null;
}

export interface DaemonObservation {
  /** Sessions of it in the control database (`bucardo …`), by kind. */
  readonly sessions: readonly { readonly kind: 'MCP' | 'CTL' | 'KID' | 'VAC'; readonly pid: number; readonly startedAt: number }[];
  /** pid of the pid file whose process lives and is a Bucardo master; null otherwise. */
  readonly masterPid: number | null;
  /** When that master's session in the control database began, epoch milliseconds of the control database's clock. */
  readonly startedAt: number | null;
  /** Syncs that the master says it activated. */
  readonly activeSyncs: readonly string[];
  /** Processes of this instance (seen by their sessions) that live without that master. */
  readonly orphans: readonly number[];
  readonly stalePidFile: boolean;
}
