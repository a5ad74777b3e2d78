/** An instance as it was observed: its control database and its daemon. */

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

/** A row of `sync`. */
export interface ControlSync {
  readonly name: string;
  readonly herd: string;
  readonly dbs: string;
  readonly status: string;
  readonly autokick: boolean;
  /** Null when unset; may be a fraction where other hands set it. */
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
  /** Set where goatherd stopped it and has not started it since: a run may have been killed between the two. */
  readonly putDown?: true;
}
