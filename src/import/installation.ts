/** What one of Bucardo's control databases holds, made by whatever hand: what `goatherd import --from-bucardo` reads. Pure data, no secrets. */
import type { ControlSync } from '../observe/control-model.ts';

export interface Installation {
  /** The control database. */
  readonly database: string;
  /** What goatherd has in it already, as its mark and the ledger say: addresses of links by sync; null where it is other hands'. */
  readonly managed: { readonly topology: string; readonly syncs: Readonly<Record<string, string>> } | null;
  /** Settings that are other than Bucardo's defaults, by name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly dbs: readonly InstalledDb[];
  /** Members of dbgroups; `role` is `source`, `target` or `fullcopy`. */
  readonly members: readonly { readonly group: string; readonly db: string; readonly role: string }[];
  readonly goats: readonly InstalledGoat[];
  /** Goat ids by relgroup. */
  readonly herds: Readonly<Record<string, readonly number[]>>;
  readonly syncs: readonly InstalledSync[];
  readonly customNames: readonly CustomRow[];
  readonly customColumns: readonly CustomRow[];
  /** Code that is active, with what it is mapped to; an empty `sync` and a null `goat` stand for nothing. */
  readonly customCode: readonly {
    readonly name: string;
    readonly whenrun: string;
    readonly sync: string;
    readonly goat: number | null;
  }[];
}

/** A row of `bucardo.db`. Text that is not set is empty. */
export interface InstalledDb {
  readonly name: string;
  readonly type: string;
  readonly host: string;
  readonly port: string;
  readonly dbname: string;
  readonly user: string;
  readonly conn: string;
  readonly service: string;
  readonly dsn: string;
  readonly pgpass: string;
  readonly status: string;
  readonly serverSidePrepares: boolean;
  readonly makedelta: boolean;
  /** Whether a password stands there: it is never read. */
  readonly hasPassword: boolean;
}

export interface InstalledGoat {
  readonly id: number;
  readonly db: string;
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  /** Empty where it is not set. */
  readonly makedelta: string;
  /** Settings of this one table that are other than Bucardo's defaults. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface InstalledSync extends ControlSync {
  /** Columns that are other than Bucardo's defaults, but for those above. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A row of `customname` or `customcols`: `text` is the name or the clause; an empty `db` or `sync` stands for all. */
export interface CustomRow {
  readonly goat: number;
  readonly text: string;
  readonly db: string;
  readonly sync: string;
}
