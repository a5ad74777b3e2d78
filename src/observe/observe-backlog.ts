import type { Access } from '../postgres/access.ts';
import type { Topology } from '../topology/model.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Backlog, CopyNow } from './model.ts';

/**
 * What waits for each sync on one source: changed keys that no track row names as delivered (FACTS 9.3), and TRUNCATEs not replicated.
 * One statement whatever the number of tables. Those without a page are not opened, and the locks of each other one go with its own
 * subtransaction, so that 10,000 of them do not fill the server's lock table.
 */
const MEASURE = `DO $goatherd$
DECLARE
  -- Sync and dbgroup.
  wanted jsonb := current_setting('goatherd.syncs')::jsonb;
  found jsonb := '{}';
  entry record;
  waiting bigint;
  oldest timestamptz;
BEGIN
  IF to_regclass('bucardo.bucardo_delta_names') IS NOT NULL THEN
    FOR entry IN SELECT sync, deltaname, trackname FROM bucardo.bucardo_delta_names
      WHERE wanted ? sync AND pg_relation_size(to_regclass('bucardo.' || deltaname)) > 0 AND to_regclass('bucardo.' || trackname) IS NOT NULL LOOP
      BEGIN
        EXECUTE format('SELECT count(*), min(d.txntime) FROM bucardo.%s d WHERE NOT EXISTS (SELECT 1 FROM bucardo.%s t WHERE t.txntime = d.txntime AND t.target = $1)',
          entry.deltaname, entry.trackname) INTO waiting, oldest USING 'dbgroup ' || (wanted ->> entry.sync);
        RAISE SQLSTATE 'GH000';
      EXCEPTION WHEN SQLSTATE 'GH000' THEN
        NULL;
      END;
      IF waiting > 0 THEN
        found := jsonb_set(found, ARRAY[entry.sync], jsonb_build_object(
          'rows', coalesce((found #>> ARRAY[entry.sync, 'rows'])::bigint, 0) + waiting,
          'tables', coalesce((found #>> ARRAY[entry.sync, 'tables'])::int, 0) + 1,
          'oldest', least((found #>> ARRAY[entry.sync, 'oldest'])::float8, extract(epoch FROM oldest)::float8)));
      END IF;
    END LOOP;
  END IF;
  IF to_regclass('bucardo.bucardo_truncate_trigger') IS NOT NULL THEN
    FOR entry IN SELECT sync, min(cdate) AS oldest FROM bucardo.bucardo_truncate_trigger WHERE replicated IS NULL AND wanted ? sync GROUP BY sync LOOP
      found := jsonb_set(found, ARRAY[entry.sync], jsonb_build_object(
        'rows', coalesce((found #>> ARRAY[entry.sync, 'rows'])::bigint, 0),
        'tables', coalesce((found #>> ARRAY[entry.sync, 'tables'])::int, 0),
        'oldest', least((found #>> ARRAY[entry.sync, 'oldest'])::float8, extract(epoch FROM entry.oldest)::float8)));
    END LOOP;
  END IF;
  PERFORM set_config('goatherd.backlog', found::text, true);
END $goatherd$`;

const READ_ONLY = [
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
  "SET LOCAL lock_timeout = '500ms'",
  "SET LOCAL statement_timeout = '60s'",
];

type Measured = Readonly<Record<string, { readonly rows: number; readonly tables: number; readonly oldest: number }>>;

/** The backlog of each link that could be measured, by address; four statements for each source. */
export async function observeBacklog(access: Access, topology: Topology): Promise<Readonly<Record<string, Backlog>>> {
  const sources = [...new Set(topology.links.map((link) => link.from))];
  const parts = await Promise.all(
    sources.map(async (name): Promise<[string, Backlog][]> => {
      const links = topology.links.filter((link) => link.from === name);
      try {
        return await access.database(name).transaction(READ_ONLY, async (client) => {
          const groups = Object.fromEntries(links.map((link) => [link.sync, link.dbgroup]));
          await client.query("SELECT set_config('goatherd.syncs', $1, true)", [JSON.stringify(groups)]);
          await client.query(MEASURE);
          const { rows } = await client.query<{ found: Measured; now: number }>(
            "SELECT current_setting('goatherd.backlog')::jsonb AS found, extract(epoch FROM clock_timestamp())::float8 AS now",
          );
          const { found = {}, now = 0 } = rows[0] ?? {};
          return links.map((link): [string, Backlog] => {
            const one = found[link.sync];
            if (one === undefined) return [link.address, { rows: 0, tables: 0, lagSeconds: 0 }];
            return [link.address, { rows: one.rows, tables: one.tables, lagSeconds: Math.max(0, now - one.oldest) }];
          });
        });
      } catch (error) {
        // What cannot be measured is unknown, never zero.
        if (error instanceof GoatherdError) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(parts.flat());
}

/** What each link copies at this moment, by address: the table that its kid fills (FACTS 5.4). One statement for each target. */
export async function observeCopies(
  access: Access,
  topology: Topology,
  addresses: readonly string[],
): Promise<Readonly<Record<string, CopyNow>>> {
  const links = topology.links.filter((link) => addresses.includes(link.address));
  const parts = await Promise.all(
    links.map(async (link): Promise<[string, CopyNow][]> => {
      try {
        const rows = await access.database(link.to).query<{ table: string; bytes: string }>(
          `SELECT p.relid::regclass::text AS table, p.bytes_processed::text AS bytes FROM pg_stat_progress_copy p JOIN pg_stat_activity a USING (pid)
           WHERE a.datname = current_database() AND a.application_name LIKE $1 AND p.command = 'COPY FROM' LIMIT 1`,
          [`bucardo KID (${link.sync})%`],
        );
        return rows.map((row) => [link.address, { table: row.table, bytes: Number(row.bytes) }]);
      } catch (error) {
        if (error instanceof GoatherdError) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(parts.flat());
}
