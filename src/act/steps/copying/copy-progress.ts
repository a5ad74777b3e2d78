import type { Progress } from '../../../report/run/run-model.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, remembered } from '../../context.ts';

interface Meter {
  /** Tables seen in the progress view so far, in order. */
  readonly seen: Set<string>;
  /** Final figures of tables that are no longer in the view. */
  finished: number;
  rows: number;
  current: { table: string; bytes: number; rows: number } | null;
  readonly startedAt: number;
}

/**
 * How far a copy is: `pg_stat_progress_copy` of the kid's session on the target (FACTS 5.4). The status text of Bucardo does not move
 * during a COPY. Tables that were copied between two looks are counted when a later one is seen.
 */
export async function copyProgress(context: ActContext, link: Link, tables: readonly string[]): Promise<Progress> {
  const meter = remembered<Meter>(context, `copy ${link.address}`, () => ({
    seen: new Set(),
    finished: 0,
    rows: 0,
    current: null,
    startedAt: context.clock.now(),
  }));
  const rows = await context.access.database(link.to).query<{ table: string; bytes: string; rows: string }>(
    `SELECT p.relid::regclass::text AS table, p.bytes_processed AS bytes, p.tuples_processed AS rows
     FROM pg_stat_progress_copy p JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database() AND a.application_name LIKE $1 AND p.command = 'COPY FROM' LIMIT 1`,
    [`bucardo KID (${link.sync})%`],
  );
  const now = rows[0];
  if (meter.current !== null && now?.table !== meter.current.table) {
    meter.finished += meter.current.bytes;
    meter.rows += meter.current.rows;
    meter.current = null;
  }
  if (now !== undefined) {
    meter.current = { table: now.table, bytes: Number(now.bytes), rows: Number(now.rows) };
    meter.seen.add(now.table);
  }
  const bytes = meter.finished + (meter.current?.bytes ?? 0);
  const lock = await lockWait(context, link);
  const seconds = (context.clock.now() - meter.startedAt) / 1000;
  const totalBytes = sourceBytes(context, link, tables);
  const rate = seconds > 1 && bytes > 0 ? bytes / seconds : undefined;
  return {
    done: Math.max(0, meter.seen.size - (meter.current === null ? 0 : 1)),
    total: tables.length,
    unit: 'tables',
    bytes,
    totalBytes,
    rows: meter.rows + (meter.current?.rows ?? 0),
    ...(rate === undefined ? {} : { rate, etaSeconds: Math.max(0, Math.round((totalBytes - bytes) / rate)) }),
    ...(meter.current === null ? {} : { now: meter.current.table }),
    ...(lock === null ? {} : { waitingFor: lock }),
  };
}

/** Who holds the lock that the kid's session waits for, on either side; null when it waits for none. */
async function lockWait(context: ActContext, link: Link): Promise<string | null> {
  for (const database of [link.to, link.from]) {
    const rows = await context.access
      .database(database)
      .query<{ blocker: number; application: string; state: string; relation: string | null }>(
        `SELECT b.pid AS blocker, b.application_name AS application, coalesce(b.state, '') AS state,
              (SELECT l.relation::regclass::text FROM pg_locks l WHERE l.pid = k.pid AND NOT l.granted AND l.locktype = 'relation' LIMIT 1) AS relation
       FROM pg_stat_activity k CROSS JOIN LATERAL unnest(pg_blocking_pids(k.pid)) AS blocking(pid) JOIN pg_stat_activity b ON b.pid = blocking.pid
       WHERE k.datname = current_database() AND k.application_name LIKE $1 AND k.wait_event_type = 'Lock' LIMIT 1`,
        [`bucardo KID (${link.sync})%`],
      );
    const row = rows[0];
    if (row !== undefined) {
      const application = row.application === '' ? '' : ` (${row.application})`;
      return `lock on ${row.relation ?? 'a row'} of ${database}, held by pid ${row.blocker}${application}, ${row.state}`;
    }
  }
  return null;
}

function sourceBytes(context: ActContext, link: Link, tables: readonly string[]): number {
  const source = context.observation.databases[link.from];
  const wanted = new Set(tables);
  return source?.reachable === true
    ? source.tables.filter((table) => wanted.has(table.address)).reduce((sum, table) => sum + table.bytes, 0)
    : 0;
}
