import { AS_REPLICA, MARK_CHANGED, SHAPE_TABLE } from '../../../bucardo/control-facts.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { plural } from '../../../lib/format.ts';
import type { Work } from '../../../plan/work-model.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, done, linkAt, type Outcome } from '../../context.ts';
import { noteEveryKey, suspectOf } from '../copying/note-keys.ts';

/** Takes members out of the relgroup; everything else that stands for them stays, so that they can come back. */
export async function setAside(context: ActContext, work: Extract<Work, { kind: 'set_aside' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  await context.access.hub(context.access.controlDatabase(work.instance)).transaction([AS_REPLICA], async (client) => {
    await client.query(
      `DELETE FROM bucardo.herdmap USING bucardo.goat g WHERE g.id = herdmap.goat AND herdmap.herd = $1 AND g.db = $2 AND g.schemaname || '.' || g.tablename = ANY ($3)`,
      [link.relgroup, link.aliases.from, work.addresses],
    );
    await client.query(SHAPE_TABLE);
    await client.query(
      `INSERT INTO goatherd.shape(goat, columns) SELECT id, 'aside ' FROM bucardo.goat g WHERE g.db = $1 AND g.schemaname || '.' || g.tablename = ANY ($2)
       ON CONFLICT (goat) DO UPDATE SET columns = 'aside ' || shape.columns`,
      [link.aliases.from, work.addresses],
    );
    await client.query(MARK_CHANGED);
  });
  return done(plural(work.addresses.length, 'member'));
}

/**
 * Before tables come back that were set aside: Bucardo marks every truncate record of a sync as done when any of them is (P:4708), those of
 * tables that it does not carry too. Where such a table has one, every key of the target is noted, so that what the TRUNCATE removed on the
 * source is removed there, too. Noting more keys than need be harms nothing.
 */
export async function noteTruncated(context: ActContext, link: Link, addresses: readonly string[]): Promise<void> {
  if (addresses.length === 0) return;
  const source = context.access.database(link.from);
  const records = await source.query<{ address: string }>(
    "SELECT DISTINCT sname || '.' || tname AS address FROM bucardo.bucardo_truncate_trigger WHERE sync = $1 AND sname || '.' || tname = ANY ($2) ORDER BY 1",
    [link.sync, addresses],
  );
  const tooMany: string[] = [];
  for (const { address } of records) {
    const table = tableOn(context, link.from, address);
    if (table === undefined) continue;
    const noted = await source.transaction([], async (client) => noteEveryKey(context, client, table, [link.to]));
    if (!noted) tooMany.push(address);
    await source.query(
      "UPDATE bucardo.bucardo_truncate_trigger SET replicated = now() WHERE sync = $1 AND sname || '.' || tname = $2 AND replicated IS NULL",
      [link.sync, address],
    );
  }
  if (tooMany.length > 0) await suspectOf(context, link, 'TruncateOfManyRows', tooMany);
}

function tableOn(context: ActContext, database: string, address: string): ObservedTable | undefined {
  const observed = context.observation.databases[database];
  return observed?.reachable === true ? observed.tables.find((table) => table.address === address) : undefined;
}
