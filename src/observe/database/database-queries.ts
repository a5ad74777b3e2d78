/**
 * The SQL that looks at one user database: a fixed number of queries, however many tables it has (DESIGN 10). All of it runs in
 * one REPEATABLE READ, READ ONLY transaction with an empty search_path, so that expressions print fully qualified.
 */

/** Schemas that never take part: the system's, Bucardo's, ours. Extensions' tables are left to the globs. */
const USER_SCHEMA = String.raw`n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bucardo', 'goatherd')`;

/** has_parameter_privilege came with PostgreSQL 15; before, only a superuser may become replica. */
export function factsQuery(version: number): string {
  const replica = version >= 150000 ? "has_parameter_privilege(current_user, 'session_replication_role', 'SET')" : 'r.rolsuper';
  return `
SELECT current_database() AS database, current_user::text AS user, pg_encoding_to_char(d.encoding) AS encoding, pg_is_in_recovery() AS in_recovery,
       CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE') THEN (SELECT system_identifier FROM pg_control_system()) || '/' || d.oid END AS identity,
       r.rolsuper AS superuser, ${replica} AS replication_role, has_database_privilege(d.oid, 'CREATE') AS create_in_database,
       current_setting('max_locks_per_transaction')::int AS max_locks,
       ARRAY(SELECT pubname::text FROM pg_publication WHERE puballtables ORDER BY 1) AS publications,
       (SELECT system_identifier::text FROM pg_control_system()) AS system, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END AS timeline,
       (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn)::float8 AS position
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`;
}

/**
 * Looked up table by table (LATERAL): the catalog describes Bucardo's tables and all indexes too, and reading it whole took longer.
 * Columns come as one text for each table, rows parted by U+001E and fields by U+001F: a text that is equal on source and target is
 * never taken apart. pg_get_expr and pg_relation_size would wait for whoever holds ACCESS EXCLUSIVE: the expressions of such a
 * table are `?`, and its size is what VACUUM last saw.
 */
export const TABLES_QUERY = String.raw`
WITH rel AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition, c.relrowsecurity, c.relowner, c.relhastriggers, c.relpages
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${USER_SCHEMA}
), locked AS (
  SELECT relation FROM pg_locks WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), idx AS (
  SELECT i.indrelid, i.indexrelid, i.indisprimary, NOT i.indimmediate AS deferrable, i.indnkeyatts, bool_or(NOT a.attnotnull) AS nullable,
         array_agg(a.attname::text ORDER BY k.ord) AS columns,
         array_agg(CASE t.typname WHEN 'int2' THEN 'smallint' WHEN 'int4' THEN 'integer' WHEN 'int8' THEN 'bigint' ELSE t.typname::text END ORDER BY k.ord) AS types,
         array_agg(format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END ORDER BY k.ord) AS definitions
  FROM pg_index i JOIN rel ON rel.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, ord)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum JOIN pg_type t ON t.oid = a.atttypid
  WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND k.ord <= i.indnkeyatts
  GROUP BY i.indrelid, i.indexrelid, i.indisprimary, i.indimmediate, i.indnkeyatts
), key AS (
  SELECT DISTINCT ON (idx.indrelid) idx.* FROM idx
  ORDER BY idx.indrelid, idx.indisprimary DESC, idx.nullable, idx.deferrable, idx.indnkeyatts, idx.indexrelid DESC
), fk AS (
  SELECT f.confrelid, array_agg(DISTINCT fn.nspname || '.' || fc.relname ORDER BY fn.nspname || '.' || fc.relname) AS by
  FROM pg_constraint f JOIN pg_class fc ON fc.oid = f.conrelid JOIN pg_namespace fn ON fn.oid = fc.relnamespace
  WHERE f.contype = 'f' AND f.confrelid <> f.conrelid GROUP BY 1
), alw AS (
  SELECT tgrelid, array_agg(tgname::text ORDER BY tgname) AS names FROM pg_trigger
  WHERE tgenabled = 'A' AND NOT tgisinternal AND tgname NOT LIKE 'bucardo%' GROUP BY 1
)
SELECT rel.oid::int8 AS oid, rel.nspname::text AS schema, rel.relname::text AS name, rel.relkind AS kind, rel.relpersistence AS persistence,
       pn.nspname || '.' || pc.relname AS parent, rel.relrowsecurity AS row_security, col.columns, fk.by AS referenced_by, alw.names AS always_triggers,
       (SELECT ci.relname::text FROM pg_class ci WHERE ci.oid = key.indexrelid) AS key_index, key.indisprimary AS key_primary, key.deferrable AS key_deferrable, key.nullable AS key_nullable,
       key.columns AS key_columns, key.types AS key_types, key.definitions AS key_definitions,
       CASE WHEN rel.relkind <> 'r' THEN 0
            WHEN rel.oid IN (SELECT relation FROM locked) THEN greatest(rel.relpages, 1) * current_setting('block_size')::int8
            ELSE pg_relation_size(rel.oid) END AS bytes,
       (CASE WHEN has_table_privilege(rel.oid, 'SELECT') THEN 's' ELSE '' END
        || CASE WHEN has_table_privilege(rel.oid, 'INSERT') AND has_table_privilege(rel.oid, 'DELETE') THEN 'w' ELSE '' END
        || CASE WHEN has_table_privilege(rel.oid, 'TRUNCATE') THEN 't' ELSE '' END
        || CASE WHEN has_table_privilege(rel.oid, 'TRIGGER') THEN 'g' ELSE '' END
        || CASE WHEN pg_has_role(rel.relowner, 'USAGE') THEN 'o' ELSE '' END) AS rights
FROM rel
LEFT JOIN LATERAL (
  SELECT string_agg(concat_ws(E'\x1f', a.attname, format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text ELSE '' END,
           CASE WHEN a.attnotnull THEN 'n' ELSE '' END,
           CASE WHEN d.adbin IS NULL THEN '' WHEN d.adrelid IN (SELECT relation FROM locked) THEN '?' ELSE pg_get_expr(d.adbin, d.adrelid) END, a.attgenerated::text, a.attidentity::text), E'\x1e' ORDER BY a.attnum) AS columns
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped) col ON true
LEFT JOIN key ON key.indrelid = rel.oid LEFT JOIN fk ON fk.confrelid = rel.oid LEFT JOIN alw ON alw.tgrelid = rel.oid
LEFT JOIN pg_inherits h ON h.inhrelid = rel.oid AND rel.relispartition
LEFT JOIN pg_class pc ON pc.oid = h.inhparent LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace
ORDER BY rel.nspname::text COLLATE "C", rel.relname::text COLLATE "C"`;

export const SEQUENCES_QUERY = `
SELECT n.nspname::text AS schema, c.relname::text AS name, used.by AS used_by,
       has_sequence_privilege(c.oid, 'SELECT') AND has_sequence_privilege(c.oid, 'UPDATE') AS usage
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT tn.nspname || '.' || tc.relname AS by FROM (
    SELECT d.refobjid AS rel, 0 AS rank FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    UNION ALL
    SELECT ad.adrelid, 1 FROM pg_depend d JOIN pg_attrdef ad ON ad.oid = d.objid
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
  ) owner JOIN pg_class tc ON tc.oid = owner.rel JOIN pg_namespace tn ON tn.oid = tc.relnamespace
  ORDER BY owner.rank, 1 LIMIT 1) used ON true
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${USER_SCHEMA}
ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C"`;

/** Bucardo's triggers on user tables: one row for each table, one field for each trigger. */
export const TRIGGERS_QUERY = String.raw`
SELECT t.tgrelid::int8 AS oid, string_agg(concat_ws(E'\x1f', t.tgname, t.tgenabled::text, p.proname, t.tgtype::text, encode(t.tgargs, 'escape')), E'\x1e' ORDER BY t.tgname) AS triggers
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgname LIKE 'bucardo%' AND t.tgparentid = 0 GROUP BY 1`;

export const SCHEMA_QUERY = `
SELECT obj_description(n.oid, 'pg_namespace') AS mark,
       ARRAY(SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r' AND (c.relname LIKE 'bucardo%' OR c.relname = 'goatherd_suspect') ORDER BY 1) AS tables
FROM pg_namespace n WHERE n.nspname = 'bucardo'`;

/** Delta, track and stage tables and their indexes, one row for each user table, by the name that they share. */
export const HELPERS_QUERY = String.raw`
WITH parts AS MATERIALIZED (
  SELECT c.oid, p.prefix, substr(c.relname::text, length(p.prefix) + 1) COLLATE "C" AS maker
  FROM pg_class c
  JOIN (VALUES ('delta_', 'r'::"char"), ('track_', 'r'), ('stage_', 'r'), ('dex1_', 'i'), ('dex2_', 'i'), ('dex3_', 'i'), ('goat_', 'i')) p(prefix, kind)
    ON c.relkind = p.kind AND starts_with(c.relname::text, p.prefix)
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'bucardo') AND c.relkind IN ('r', 'i')
), named AS (
  SELECT maker, string_agg(prefix, ',' ORDER BY prefix) AS parts, max(oid) FILTER (WHERE prefix = 'delta_') AS delta FROM parts GROUP BY 1
)
SELECT maker, parts, named.delta::int8 AS delta, (SELECT relfilenode FROM pg_class WHERE oid = named.delta)::int8 AS file, described.columns, described.default
FROM named LEFT JOIN LATERAL (
  SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), E'\x1e' ORDER BY a.attnum) AS columns,
         max(CASE WHEN d.adbin IS NOT NULL THEN pg_get_expr(d.adbin, d.adrelid) END) AS default
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attname = 'txntime'
  WHERE a.attrelid = named.delta AND a.attnum > 0 AND NOT a.attisdropped) described ON true`;

export const FUNCTIONS_QUERY = `
SELECT p.proname::text AS name, oidvectortypes(p.proargtypes) AS args, md5(p.prosrc) AS md5
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'bucardo' ORDER BY 1, 2`;

export const TARGETS_QUERY =
  'SELECT tablename::int8 AS oid, array_agg(target ORDER BY target) AS targets FROM bucardo.bucardo_delta_targets GROUP BY 1';
export const NAMES_QUERY = "SELECT sync || '|' || tablename AS name FROM bucardo.bucardo_delta_names ORDER BY 1";
export const TRUNCATES_QUERY =
  'SELECT sync, count(*)::int AS open FROM bucardo.bucardo_truncate_trigger WHERE replicated IS NULL GROUP BY 1 ORDER BY 1';

export const TRUNCATED_QUERY =
  'SELECT tablename::int8 AS oid, (extract(epoch FROM max(greatest(cdate, replicated))) * 1000)::float8 AS at FROM bucardo.bucardo_truncate_trigger GROUP BY 1';

export const SUSPECTS_QUERY =
  "SELECT sync, sname || '.' || tname AS table, reason, to_char(min(since) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"') AS since FROM bucardo.goatherd_suspect GROUP BY 1, 2, 3 ORDER BY 1, 2";

/** Transactions older than a minute: what a trigger may have to wait for. */
export const LONG_TRANSACTIONS_QUERY = `
SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds, application_name AS application, coalesce(state, '') AS state
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '1 minute'
ORDER BY xact_start LIMIT 20`;

/** Tables that somebody holds, or waits for, so that nobody may read them. */
export const EXCLUSIVELY_LOCKED_QUERY = `
SELECT relation::int8 AS oid FROM pg_locks
WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** $1: oids, $2: quoted names. */
export const FILLED_QUERY = `
SELECT t.oid, query_to_xml('SELECT count(*) AS f FROM (SELECT 1 FROM ONLY ' || t.name || ' LIMIT 1) AS one', false, true, '')::text LIKE '%<f>1</f>%' AS filled
FROM unnest($1::int8[], $2::text[]) AS t(oid, name)`;
