import { deltaTable, kickName, quoteIdent, stageTable, targetName, trackTable } from '../../../bucardo/names.ts';
import { plural } from '../../../lib/format.ts';
import type { Work } from '../../../plan/work-model.ts';
import { type ActContext, done, linkAt, type Outcome } from '../../context.ts';

/** Rows, functions and helper tables of links that are no more. No table of the user's is touched. */
export async function sweep(context: ActContext, work: Extract<Work, { kind: 'sweep' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const targets = work.syncs.map(targetName);
  const setup = [`SET LOCAL lock_timeout = ${link.locks.timeoutMs}`, "SET LOCAL client_min_messages = 'error'"];
  await context.access.database(work.database).transaction(setup, async (client) => {
    // Rows of a target that is no more would keep the purge from counting right (FACTS 2.5).
    const { rows } = await client.query<{ track: string }>(
      `SELECT DISTINCT n.trackname AS track FROM bucardo.bucardo_delta_names n WHERE to_regclass('bucardo.' || n.trackname) IS NOT NULL`,
    );
    if (targets.length > 0)
      for (const { track } of rows) await client.query(`DELETE FROM bucardo.${track} WHERE target = ANY ($1)`, [targets]);
    await client.query(
      'DELETE FROM bucardo.bucardo_delta_targets d WHERE target = ANY ($1) OR NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = d.tablename)',
      [targets],
    );
    await client.query('DELETE FROM bucardo.bucardo_delta_names WHERE sync = ANY ($1) OR deltaname = ANY ($2)', [
      work.syncs,
      work.makers.flatMap((maker) => [deltaTable(maker), quoteIdent(deltaTable(maker))]),
    ]);
    await client.query('DELETE FROM bucardo.bucardo_truncate_trigger WHERE sync = ANY ($1)', [work.syncs]);
    await client.query('DELETE FROM bucardo.goatherd_suspect WHERE sync = ANY ($1)', [work.syncs]);
    const drops = [
      ...work.syncs.map((sync) => `DROP FUNCTION IF EXISTS bucardo.${quoteIdent(kickName(sync))}()`),
      ...work.makers.flatMap((maker) => [
        ...[deltaTable(maker), trackTable(maker), stageTable(maker)].map((name) => `DROP TABLE IF EXISTS bucardo.${quoteIdent(name)}`),
        `DROP FUNCTION IF EXISTS bucardo.${quoteIdent(deltaTable(maker))}()`,
      ]),
    ];
    if (drops.length > 0) await client.query(drops.join('; '));
  });
  return done(
    [
      ...(work.syncs.length > 0 ? [plural(work.syncs.length, 'sync')] : []),
      ...(work.makers.length > 0 ? [plural(work.makers.length, 'table')] : []),
    ].join(', '),
  );
}
