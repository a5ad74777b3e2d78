/**
 * What goatherd adds to a control database: a note of when facts changed that a daemon reads only when it starts, and the pruning of
 * Bucardo's own run and connection logs (rule 24: a polled link adds a row a second, Bucardo never removes one).
 */

/** Rows of the logs that are kept: the flags' rows always, the others this long. */
const KEEP_RUNS = "interval '6 hours'";
const KEEP_CONNECTIONS = "interval '7 days'";

/** Where the time of changes is kept: in an adopted control database from the beginning. */
export const FACT_STATEMENTS: readonly string[] = [
  'CREATE SCHEMA IF NOT EXISTS goatherd',
  'CREATE TABLE IF NOT EXISTS goatherd.fact (key text PRIMARY KEY, at timestamptz NOT NULL)',
];

/** About one insert in a hundred prunes. It skips rows that others hold, and an error in it never reaches Bucardo. */
export const CONTROL_STATEMENTS: readonly string[] = [
  ...FACT_STATEMENTS,
  `CREATE OR REPLACE FUNCTION goatherd.prune() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $goatherd$
BEGIN
  IF random() > 0.01 THEN RETURN NULL; END IF;
  IF TG_TABLE_NAME = 'syncrun' THEN
    DELETE FROM bucardo.syncrun WHERE ctid IN (
      SELECT ctid FROM bucardo.syncrun WHERE ended < now() - ${KEEP_RUNS} AND NOT (lastgood OR lastbad OR lastempty) LIMIT 10000 FOR UPDATE SKIP LOCKED);
  ELSE
    DELETE FROM bucardo.db_connlog WHERE ctid IN (
      SELECT ctid FROM bucardo.db_connlog WHERE conndate < now() - ${KEEP_CONNECTIONS} LIMIT 10000 FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $goatherd$`,
  'CREATE OR REPLACE TRIGGER goatherd_prune AFTER INSERT ON bucardo.db_connlog FOR EACH STATEMENT EXECUTE FUNCTION goatherd.prune()',
  // Last: that it stands is how the whole is seen to stand.
  'CREATE OR REPLACE TRIGGER goatherd_prune AFTER INSERT ON bucardo.syncrun FOR EACH STATEMENT EXECUTE FUNCTION goatherd.prune()',
];

/**
 * The columns of each table as they were when its link was registered: Bucardo's controllers read them once, when they start, and say of
 * no table what they read (P:2146). A row whose goat is gone means nothing.
 */
export const SHAPE_TABLE = 'CREATE TABLE IF NOT EXISTS goatherd.shape (goat integer PRIMARY KEY, columns text NOT NULL)';

/** Says that a daemon which began before this moment has not read everything. Part of the transaction that changes the facts. */
export const MARK_CHANGED =
  "INSERT INTO goatherd.fact VALUES ('changed', clock_timestamp()) ON CONFLICT (key) DO UPDATE SET at = excluded.at";

/** Statements inside it reach no Bucardo trigger: none connects anywhere, none validates (rule 23). */
export const AS_REPLICA = 'SET LOCAL session_replication_role = replica';
