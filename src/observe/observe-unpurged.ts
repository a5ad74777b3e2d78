import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import type { Topology } from '../topology/model.ts';
import type { Unpurged } from './model.ts';

/** Five minutes beyond the longest that a purge may take to come: goatherd's own every five minutes, and not before 45 s. */
const OLDER_THAN = "interval '11 minutes'";

/**
 * Changes that at least one target got and that stay though they are old, by the targets that lack them, and whether Bucardo's purge, which
 * counts track rows, takes their number for wrong (FACTS 9.4). One statement whatever the number of tables: those without a page are not
 * opened, in the others an index leads to what is old, and the locks of each go with its own subtransaction.
 */
const MEASURE = `DO $goatherd$
DECLARE
  found jsonb := '[]';
  entry record;
  parts jsonb;
BEGIN
  IF to_regclass('bucardo.bucardo_delta_targets') IS NOT NULL THEN
    FOR entry IN SELECT 'delta_' || maker AS delta, 'track_' || maker AS track, targets FROM (
        SELECT array_agg(DISTINCT t.target) AS targets, trim(both '"' FROM bucardo.bucardo_tablename_maker(n.nspname || '_' || c.relname)) AS maker
        FROM bucardo.bucardo_delta_targets t JOIN pg_class c ON c.oid = t.tablename JOIN pg_namespace n ON n.oid = c.relnamespace GROUP BY n.nspname, c.relname) x
      WHERE pg_relation_size(to_regclass(format('bucardo.%I', 'delta_' || maker))) > 0 AND to_regclass(format('bucardo.%I', 'track_' || maker)) IS NOT NULL LOOP
      BEGIN
        EXECUTE format('WITH old AS (SELECT txntime, count(*) AS rows FROM bucardo.%I WHERE txntime < now() - ${OLDER_THAN.replaceAll("'", "''")} GROUP BY 1),
          got AS (SELECT txntime, rows, array_agg(t.target) AS targets FROM old JOIN bucardo.%I t USING (txntime) GROUP BY 1, 2),
          lacking AS (SELECT txntime, rows, ARRAY(SELECT unnest($1) EXCEPT SELECT unnest(targets) ORDER BY 1) AS missing, cardinality(targets) <> cardinality($1) AS miscounted FROM got)
          SELECT jsonb_agg(part) FROM (SELECT sum(rows)::float8 AS rows, extract(epoch FROM min(txntime))::float8 AS oldest, missing,
            cardinality(missing) = 0 AND miscounted AS miscounted FROM lacking GROUP BY 3, 4) part', entry.delta, entry.track) INTO parts USING entry.targets;
        RAISE SQLSTATE 'GH000';
      EXCEPTION WHEN SQLSTATE 'GH000' THEN
        NULL;
      END;
      found := found || coalesce(parts, '[]');
    END LOOP;
  END IF;
  PERFORM set_config('goatherd.unpurged', found::text, true);
END $goatherd$`;

const RESULT = `SELECT
  (SELECT coalesce(jsonb_agg(part), '[]') FROM (
    SELECT sum(rows) AS rows, min(oldest) AS oldest, missing, miscounted
    FROM jsonb_to_recordset(current_setting('goatherd.unpurged')::jsonb) AS p (rows float8, oldest float8, missing jsonb, miscounted boolean)
    GROUP BY missing, miscounted ORDER BY missing, miscounted) part) AS parts,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('pid', pid, 'waitsFor', pg_blocking_pids(pid)) ORDER BY pid), '[]') FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'bucardo VAC %') AS purgers`;

const TARGETS = `SELECT count(DISTINCT target)::int AS targets FROM bucardo.bucardo_delta_targets`;

const READ_ONLY = [
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
  "SET LOCAL lock_timeout = '500ms'",
  "SET LOCAL statement_timeout = '60s'",
];

interface Measured {
  readonly parts: readonly {
    readonly rows: number;
    readonly oldest: number;
    readonly missing: readonly string[];
    readonly miscounted: boolean;
  }[];
  readonly purgers: Unpurged['purgers'];
}

/**
 * What old changes a source keeps though a target got them.
 * @throws GoatherdError where it cannot be measured
 */
export async function measureUnpurged(access: Access, database: string): Promise<Unpurged> {
  return access.database(database).transaction(READ_ONLY, async (client) => {
    await client.query(MEASURE);
    const { rows } = await client.query<Measured>(RESULT);
    const { parts = [], purgers = [] } = rows[0] ?? {};
    // Without a schema there are no parts either.
    const targets = parts.length === 0 ? 0 : ((await client.query<{ targets: number }>(TARGETS)).rows[0]?.targets ?? 0);
    return { parts: parts.map(({ oldest, ...part }) => ({ ...part, oldestAt: oldest * 1000 })), purgers, targets };
  });
}

/** By source; one that could not be measured is left out: unknown, never zero. */
export async function observeUnpurged(access: Access, topology: Topology): Promise<Readonly<Record<string, Unpurged>>> {
  const sources = [...new Set(topology.links.map((link) => link.from))];
  const seen = await Promise.all(
    sources.map(async (name): Promise<readonly [string, Unpurged][]> => {
      try {
        return [[name, await measureUnpurged(access, name)]];
      } catch (error) {
        if (error instanceof GoatherdError) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(seen.flat());
}
