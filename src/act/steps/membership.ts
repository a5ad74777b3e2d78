import { AS_REPLICA, MARK_CHANGED } from '../../bucardo/control-facts.ts';
import type { Work } from '../../plan/work-model.ts';
import { type ActContext, done, failed, linkAt, type Outcome } from '../context.ts';
import { exclusiveHolder } from '../quiet.ts';
import { plural } from '../../lib/format.ts';
import { noteTruncated } from './leaving/set-aside.ts';

/** Everything that validate_sync could make on a source, as one hash: the same before and after, or it found something to do. */
const OBJECTS = `
SELECT md5(coalesce(string_agg(line, '|' ORDER BY line), '')) AS hash FROM (
  SELECT 'c' || oid || relname || relkind::text AS line FROM pg_class WHERE relnamespace = to_regnamespace('bucardo')
  UNION ALL SELECT 'p' || oid || proname || md5(prosrc) FROM pg_proc WHERE pronamespace = to_regnamespace('bucardo')
  UNION ALL SELECT 't' || oid || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'bucardo%') AS objects`;

/**
 * Puts tables whose triggers stand into the relgroup and lets Bucardo validate, in one transaction: a validation that fails leaves no
 * member. It reaches the databases from the hub's server, which so is tried too (rule 19).
 */
export async function joinRelgroup(context: ActContext, work: Extract<Work, { kind: 'membership' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const holder = (await exclusiveHolder(context, link.from, work.addresses)) ?? (await exclusiveHolder(context, link.to, work.addresses));
  if (holder !== null) {
    return {
      state: 'pending',
      progress: {
        done: 0,
        total: work.addresses.length,
        unit: 'members',
        waitingFor: `a quiet moment for Bucardo's validation; ${holder}`,
      },
      retryMs: 1000,
    };
  }
  const source = context.access.database(link.from);
  await noteTruncated(context, link, work.returning);
  const before = (await source.query<{ hash: string }>(OBJECTS))[0]?.hash;
  await context.access.control(work.instance).transaction([AS_REPLICA, "SET LOCAL statement_timeout = '10min'"], async (client) => {
    await client.query(
      `INSERT INTO bucardo.herdmap(herd, goat) SELECT $1, g.id FROM bucardo.goat g WHERE g.db = $2 AND g.schemaname || '.' || g.tablename = ANY ($3)
       AND NOT EXISTS (SELECT 1 FROM bucardo.herdmap h WHERE h.herd = $1 AND h.goat = g.id)`,
      [link.relgroup, link.aliases.from, work.addresses],
    );
    await client.query(MARK_CHANGED);
    await client.query('SET LOCAL session_replication_role = origin');
    await client.query('SELECT bucardo.validate_sync($1)', [link.sync]);
  });
  const after = (await source.query<{ hash: string }>(OBJECTS))[0]?.hash;
  if (before !== after) {
    return failed(
      'ValidationMadeObjects',
      `Bucardo's validation of ${link.sync} made or changed objects on ${link.from} that goatherd should have made`,
      'run the plan again; if it stays, please report it',
    );
  }
  return done(`${plural(work.addresses.length, 'member')}, nothing left to do for Bucardo`);
}

export async function setMakedelta(context: ActContext, work: Extract<Work, { kind: 'makedelta' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  await context.access.control(work.instance).transaction([AS_REPLICA], async (client) => {
    await client.query(
      `UPDATE bucardo.goat g SET makedelta = w.makedelta FROM jsonb_to_recordset($2) AS w(address text, makedelta text)
       WHERE g.db = $1 AND g.schemaname || '.' || g.tablename = w.address`,
      [link.aliases.from, JSON.stringify(work.goats)],
    );
    if (work.whole === true) await client.query('UPDATE bucardo.db SET makedelta = false WHERE name = $1', [link.aliases.to]);
    await client.query(MARK_CHANGED);
  });
  // Last: as long as the ledger says so, it is written and read once more.
  if (work.ended !== undefined) await context.ledger.savePassedOnNoLonger(work.link, work.ended);
  return done();
}
