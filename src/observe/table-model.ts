/** Tables and sequences of a database as they were observed, with what Bucardo (or we) put on them. */

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
