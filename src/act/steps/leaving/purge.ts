import { quoteIdent } from '../../../bucardo/names.ts';
import type { Access } from '../../../postgres/access.ts';
import type { Topology } from '../../../topology/model.ts';

/** Bucardo's own purge waits this long after delivery, and so do we. */
const OLDER_THAN = "interval '45 seconds'";

/**
 * Removes delivered changes on sources with several targets, where Bucardo's purge is off: it counts track rows, so that two rows of one
 * target pass for two targets (FACTS 9.4). Here a change goes when every distinct target of its table has it. One line for each source.
 */
export async function purgeDelivered(access: Access, topology: Topology): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const name of await sourcesToPurge(access, topology)) {
    const session = access.database(name);
    const tables = await session.query<{ delta: string; track: string; targets: string[] }>(
      `SELECT 'delta_' || maker AS delta, 'track_' || maker AS track, targets FROM (
         SELECT t.tablename, array_agg(DISTINCT t.target) AS targets, trim(both '"' FROM bucardo.bucardo_tablename_maker(n.nspname || '_' || c.relname)) AS maker
         FROM bucardo.bucardo_delta_targets t JOIN pg_class c ON c.oid = t.tablename JOIN pg_namespace n ON n.oid = c.relnamespace GROUP BY 1, n.nspname, c.relname) x
       WHERE to_regclass(format('bucardo.%I', 'delta_' || maker)) IS NOT NULL`,
    );
    let purged = 0;
    for (const table of tables) {
      const delta = `bucardo.${quoteIdent(table.delta)}`;
      const track = `bucardo.${quoteIdent(table.track)}`;
      const rows = await session.query<{ purged: number }>(
        `WITH delivered AS (SELECT txntime FROM ${track} WHERE target = ANY ($1) AND txntime < now() - ${OLDER_THAN} GROUP BY txntime HAVING count(DISTINCT target) = cardinality($1)),
              gone AS (DELETE FROM ${delta} d USING delivered WHERE d.txntime = delivered.txntime RETURNING 1),
              untracked AS (DELETE FROM ${track} t USING delivered WHERE t.txntime = delivered.txntime RETURNING 1)
         SELECT (SELECT count(*) FROM gone)::int AS purged, (SELECT count(*) FROM untracked) AS tracks`,
        [table.targets],
      );
      purged += rows[0]?.purged ?? 0;
    }
    if (purged > 0) notes.push(`purged ${purged} delivered changes on ${name}, which has several targets`);
  }
  return notes;
}

/** Sources on which Bucardo's own purge is off: those with several targets, of other topologies too. */
async function sourcesToPurge(access: Access, topology: Topology): Promise<readonly string[]> {
  const sources: string[] = [];
  for (const name of new Set(topology.links.map((link) => link.from))) {
    const session = access.database(name);
    const [there] = await session.query<{ there: boolean }>("SELECT to_regclass('bucardo.bucardo_delta_targets') IS NOT NULL AS there");
    if (there?.there !== true) continue;
    const [count] = await session.query<{ targets: number }>(
      'SELECT count(DISTINCT target)::int AS targets FROM bucardo.bucardo_delta_targets',
    );
    if ((count?.targets ?? 0) > 1) sources.push(name);
  }
  return sources;
}
