/**
 * The SQL of what goatherd puts on a source database: what `validate_sync` would make, under the same names, but for the two
 * differences of rule 24 and the truncate trigger of rule 8. Pure text; `src/act` runs it.
 * An equivalence test compares the result with what Bucardo itself makes.
 */
import { hash } from 'node:crypto';
import {
  DELTA_TRIGGER,
  deltaTable,
  isPlainIdent,
  kickName,
  quoteIdent,
  quoteTable,
  SCHEMA_MARK,
  stageTable,
  trackTable,
  trackTimeIndex,
  truncateName,
} from './names.ts';

/**
 * Unique for each transaction, where Bucardo's `now()` loses rows when two transactions share a microsecond (rule 24): ages
 * stay good to a second, the microseconds are the transaction's number.
 */
export const DELTA_DEFAULT = "date_trunc('second', now()) + (txid_current() % 1000000) * interval '1 microsecond'";

/** The same default as pg_get_expr prints it, compared when observing. */
export const DELTA_DEFAULT_PRINTED =
  "(date_trunc('second'::text, now()) + (((txid_current() % (1000000)::bigint))::double precision * '00:00:00.000001'::interval))";

/** Above this many rows a TRUNCATE of a referenced table is recorded as Bucardo does: a kid needs about 470 bytes a key (rule 8). */
export const RECORD_KEYS_UP_TO = 1_000_000;

export const RECORDER = 'goatherd_record_truncate';

/** Where the recorder notes what may not arrive: the link is `Suspect` with that table (rule 8). */
export const SUSPECTS = 'goatherd_suspect';

/** A table of the user's, as its helper objects need to know it. `maker`: the name that `bucardo_tablename_maker` gives, unquoted. */
export interface HelperSpec {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly maker: string;
  readonly keyColumns: readonly string[];
  /** Type of each key column with its collation, as a column definition needs it. */
  readonly keyDefinitions: readonly string[];
}

/** Schema, mark and the tables that belong to no user table. Every statement may be repeated. */
export function globalStatements(): readonly string[] {
  return [
    'CREATE SCHEMA IF NOT EXISTS bucardo',
    `COMMENT ON SCHEMA bucardo IS '${SCHEMA_MARK}'`,
    `CREATE TABLE IF NOT EXISTS bucardo.bucardo_delta_names (sync TEXT, tablename TEXT, deltaname TEXT, trackname TEXT, cdate TIMESTAMPTZ NOT NULL DEFAULT now())`,
    `CREATE UNIQUE INDEX IF NOT EXISTS bucardo_delta_names_unique ON bucardo.bucardo_delta_names (sync,tablename)`,
    `CREATE OR REPLACE TRIGGER bucardo_delta_namemaker BEFORE INSERT OR UPDATE ON bucardo.bucardo_delta_names FOR EACH ROW EXECUTE PROCEDURE bucardo.bucardo_delta_names_helper()`,
    `CREATE TABLE IF NOT EXISTS bucardo.bucardo_delta_targets (tablename OID NOT NULL, target TEXT NOT NULL, cdate TIMESTAMPTZ NOT NULL DEFAULT now())`,
    `CREATE INDEX IF NOT EXISTS bucardo_delta_target_unique ON bucardo.bucardo_delta_targets(tablename,target)`,
    `CREATE TABLE IF NOT EXISTS bucardo.bucardo_truncate_trigger (tablename OID NOT NULL, sname TEXT NOT NULL, tname TEXT NOT NULL, sync TEXT NOT NULL, replicated TIMESTAMPTZ NULL, cdate TIMESTAMPTZ NOT NULL DEFAULT now())`,
    `CREATE INDEX IF NOT EXISTS bucardo_truncate_trigger_index ON bucardo.bucardo_truncate_trigger (sync, tablename) WHERE replicated IS NULL`,
    `CREATE TABLE IF NOT EXISTS bucardo.bucardo_truncate_trigger_log (tablename OID NOT NULL, sname TEXT NOT NULL, tname TEXT NOT NULL, sync TEXT NOT NULL, target TEXT NOT NULL, replicated TIMESTAMPTZ NOT NULL, cdate TIMESTAMPTZ NOT NULL DEFAULT now())`,
    `CREATE TABLE IF NOT EXISTS bucardo.bucardo_sequences (schemaname TEXT NOT NULL, seqname TEXT NOT NULL, syncname TEXT NOT NULL, targetname TEXT NOT NULL, last_value BIGINT NOT NULL, start_value BIGINT NOT NULL, increment_by BIGINT NOT NULL, max_value BIGINT NOT NULL, min_value BIGINT NOT NULL, is_cycled BOOL NOT NULL, is_called BOOL NOT NULL)`,
    `CREATE UNIQUE INDEX IF NOT EXISTS bucardo_sequences_tablename ON bucardo.bucardo_sequences (schemaname, seqname, syncname, targetname)`,
    `CREATE TABLE IF NOT EXISTS bucardo.${SUSPECTS} (sname TEXT NOT NULL, tname TEXT NOT NULL, sync TEXT NOT NULL, reason TEXT NOT NULL, since TIMESTAMPTZ NOT NULL DEFAULT now())`,
    recorderStatement(),
  ];
}

/** Tables of schema bucardo that `globalStatements` makes. */
export const GLOBAL_TABLES = [
  'bucardo_delta_names',
  'bucardo_delta_targets',
  'bucardo_sequences',
  'bucardo_truncate_trigger',
  'bucardo_truncate_trigger_log',
  SUSPECTS,
] as const;

/**
 * Our BEFORE TRUNCATE trigger function (rule 8). Arguments: delta table, key columns (both quoted), sync.
 * Bucardo's own TRUNCATE of a table that a foreign key references fails on the target, says Good, and sticks on a duplicate key
 * for ever; recorded keys arrive as deletes instead.
 */
function recorderStatement(): string {
  return `CREATE OR REPLACE FUNCTION bucardo.${RECORDER}() RETURNS TRIGGER LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $goatherd$${recorderBody()}$goatherd$`;
}

function recorderBody(): string {
  return `
DECLARE
  many boolean;
BEGIN
  EXECUTE format('SELECT count(*) > ${RECORD_KEYS_UP_TO} FROM (SELECT 1 FROM ONLY %I.%I LIMIT ${RECORD_KEYS_UP_TO + 1}) AS counted', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO many;
  IF many THEN
    INSERT INTO bucardo.bucardo_truncate_trigger(tablename, sname, tname, sync) VALUES (TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[2]);
    INSERT INTO bucardo.${SUSPECTS}(sname, tname, sync, reason) VALUES (TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[2], 'TruncateOfManyRows');
  ELSE
    EXECUTE format('INSERT INTO bucardo.%s (%s) SELECT %2$s FROM ONLY %I.%I', TG_ARGV[0], TG_ARGV[1], TG_TABLE_SCHEMA, TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END;
`;
}

/** md5 of the recorder's body: how it is seen to be as declared. */
export const RECORDER_MD5 = hash('md5', recorderBody());

/** The body of a table's delta function, word for word Bucardo's (S:2420-2448), so that its md5 can be compared. */
export function deltaFunctionBody(spec: HelperSpec): string {
  const table = quoteDelta(spec.maker);
  const fresh = spec.keyColumns.map((column) => `NEW."${column}"`).join(',');
  const old = spec.keyColumns.map((column) => `OLD."${column}"`).join(',');
  const changed = spec.keyColumns.map((column) => `OLD."${column}" <> NEW."${column}"`).join(' OR ');
  return `
        BEGIN
        IF (TG_OP = 'INSERT') THEN
          INSERT INTO bucardo.${table} VALUES (${fresh});
        ELSIF (TG_OP = 'UPDATE') THEN
          INSERT INTO bucardo.${table} VALUES (${old});
          IF (${changed}) THEN
            INSERT INTO bucardo.${table} VALUES (${fresh});
          END IF;
        ELSE
          INSERT INTO bucardo.${table} VALUES (${old});
        END IF;
        RETURN NULL;
        END;
        `;
}

export function deltaFunctionMd5(spec: HelperSpec): string {
  return hash('md5', deltaFunctionBody(spec));
}

/** Bucardo writes these names with the quotes that quote_ident gives; the text inside functions must be the same to compare equal. */
function quoteDelta(maker: string): string {
  return isPlainIdent(maker) ? deltaTable(maker) : quoteIdent(deltaTable(maker));
}

/**
 * Helper tables, indexes and the trigger function of one table. They lock nothing of the user's: the delta table's columns are
 * written out instead of copied with CREATE TABLE AS.
 */
export function helperStatements(spec: HelperSpec): readonly string[] {
  const q = (name: string): string => `bucardo.${quoteIdent(name)}`;
  const delta = q(deltaTable(spec.maker));
  const track = q(trackTable(spec.maker));
  const keys = spec.keyColumns.map(quoteIdent).join(',');
  const columns = spec.keyColumns.map((column, index) => `${quoteIdent(column)} ${spec.keyDefinitions[index] ?? ''}`).join(', ');
  return [
    `CREATE TABLE IF NOT EXISTS ${delta} (${columns}, txntime TIMESTAMPTZ NOT NULL DEFAULT ${DELTA_DEFAULT})`,
    `CREATE INDEX IF NOT EXISTS ${quoteIdent(`dex1_${spec.maker}`)} ON ${delta}(txntime)`,
    `CREATE INDEX IF NOT EXISTS ${quoteIdent(`dex2_${spec.maker}`)} ON ${delta}(${keys})`,
    `CREATE OR REPLACE FUNCTION ${delta}() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER VOLATILE AS $clone$${deltaFunctionBody(spec)}$clone$`,
    `CREATE TABLE IF NOT EXISTS ${track} (txntime TIMESTAMPTZ, target TEXT)`,
    `CREATE INDEX IF NOT EXISTS ${quoteIdent(`dex3_${spec.maker}`)} ON ${track}(target text_pattern_ops, txntime)`,
    `CREATE INDEX IF NOT EXISTS ${quoteIdent(trackTimeIndex(spec.maker))} ON ${track}(txntime)`,
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${q(stageTable(spec.maker))} (txntime TIMESTAMPTZ, target TEXT)`,
  ];
}

/** Puts a default that others changed back. Takes ACCESS EXCLUSIVE on the delta table, for an instant. */
export function deltaDefaultStatement(maker: string): string {
  return `ALTER TABLE bucardo.${quoteIdent(deltaTable(maker))} ALTER txntime SET DEFAULT ${DELTA_DEFAULT}`;
}

export function deltaTriggerStatement(spec: HelperSpec): string {
  return `CREATE OR REPLACE TRIGGER ${DELTA_TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON ${quoteTable(spec.schema, spec.table)} FOR EACH ROW EXECUTE PROCEDURE bucardo.${quoteIdent(deltaTable(spec.maker))}()`;
}

/** Bucardo's own record of a TRUNCATE, or our recorder of keys. */
export function truncateTriggerStatement(spec: HelperSpec, sync: string, kind: 'keys' | 'record'): string {
  const on = quoteTable(spec.schema, spec.table);
  const name = quoteIdent(truncateName(sync));
  if (kind === 'record') {
    return `CREATE OR REPLACE TRIGGER ${name} AFTER TRUNCATE ON ${on} FOR EACH STATEMENT EXECUTE PROCEDURE bucardo.bucardo_note_truncation('${sync}')`;
  }
  const args = recorderArguments(spec, sync).map((one) => `'${one.replaceAll("'", "''")}'`);
  return `CREATE OR REPLACE TRIGGER ${name} BEFORE TRUNCATE ON ${on} FOR EACH STATEMENT EXECUTE PROCEDURE bucardo.${RECORDER}(${args.join(', ')})`;
}

/** Delta table and key columns, quoted, and the sync: what the recorder is told by its trigger. */
export function recorderArguments(spec: Pick<HelperSpec, 'maker' | 'keyColumns'>, sync: string): readonly string[] {
  return [quoteIdent(deltaTable(spec.maker)), spec.keyColumns.map(quoteIdent).join(','), sync];
}

/** The kick function of a sync: `NOTIFY bucardo, 'kick_sync_<sync>'` (S:1852-1871). It takes no lock on user tables. */
export function kickFunctionStatement(sync: string): string {
  return `CREATE OR REPLACE FUNCTION bucardo.${quoteIdent(kickName(sync))}()
                  RETURNS TRIGGER
                  VOLATILE
                  LANGUAGE plpgsql
                  AS $notify$
                  BEGIN
                    EXECUTE $nn$NOTIFY bucardo, 'kick_sync_${sync}'$nn$;
                  RETURN NEW;
                  END;
                  $notify$`;
}

export function kickTriggerStatement(schema: string, table: string, sync: string): string {
  const name = quoteIdent(kickName(sync));
  return `CREATE OR REPLACE TRIGGER ${name} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${quoteTable(schema, table)} FOR EACH STATEMENT EXECUTE PROCEDURE bucardo.${name}()`;
}
