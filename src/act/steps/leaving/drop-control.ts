import { rmSync } from 'node:fs';
import path from 'node:path';
import { AS_REPLICA, SHAPE_TABLE } from '../../../bucardo/control-facts.ts';
import { quoteIdent } from '../../../bucardo/names.ts';
import type { Work } from '../../../plan/work-model.ts';
import type { LeftInstance, Link } from '../../../topology/model.ts';
import { linkNames } from '../../../topology/names.ts';
import { type ActContext, done, linkAt, type Outcome } from '../../context.ts';
import { registeredElsewhere } from '../../siblings.ts';
import { logFile } from '../daemons/daemon.ts';
import { leftKey, markControl } from '../rename.ts';

/** The whole control database with its files, or the rows of one link in it. */
export async function dropControl(context: ActContext, work: Extract<Work, { kind: 'drop_control' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  if (work.whole) await dropWhole(context, work.instance);
  // A control database that is other hands' again has no mark of ours.
  else if (!(await dropRows(context, link, link))) await markControl(context, work.instance, link.address);
  return done();
}

/** Where a link moves, it takes its names and nothing else along: the ledger says where it goes. */
export async function moveLink(context: ActContext, work: Extract<Work, { kind: 'move' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  await context.ledger.moveLink(link.address, linkNames(link), link.leaves ?? []);
  return done();
}

/** What is left of a link in an instance that it does not run in any more, and then the ledger's word of it. */
export async function leaveInstance(context: ActContext, work: Extract<Work, { kind: 'leave_instance' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  let gone = work.whole;
  const left = link.leaves?.find((one) => one.instance === work.instance);
  if (left !== undefined) {
    const name = context.access.controlDatabase(work.instance);
    const there = await context.access.hub(context.config.hub.dbname).query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (work.whole) await dropWhole(context, work.instance);
    else if (there.length > 0) gone = await dropRows(context, link, left);
  }
  await context.ledger.forgetInstance(link.address, work.instance);
  context.memory.set(leftKey(link.address, work.instance), true);
  for (const instance of gone ? [link.instance] : [link.instance, work.instance]) await markControl(context, instance);
  return done();
}

async function dropWhole(context: ActContext, instance: string): Promise<void> {
  const database = context.access.controlDatabase(instance);
  await context.access.forgetHub(database);
  await context.access.hub(context.config.hub.dbname).query(`DROP DATABASE IF EXISTS ${quoteIdent(database)} WITH (FORCE)`);
  rmSync(path.join(context.config.pidDir, instance), { recursive: true, force: true });
  for (const file of [logFile(context, instance), path.join(context.config.logDir, `conflict.bucardo.${instance}`)])
    rmSync(file, { force: true });
}

/** The rows of one link in an instance, which calls its databases by these aliases. Gives whether what is left is other hands' alone. */
async function dropRows(context: ActContext, link: Link, { instance, aliases }: LeftInstance): Promise<boolean> {
  const database = context.access.controlDatabase(instance);
  return context.access.hub(database).transaction([AS_REPLICA], async (client) => {
    // Groups, tables and databases that another sync uses are that one's, too: in an adopted control database it may be anybody's.
    const { rows: goats } = await client.query<{ goat: number }>('SELECT goat FROM bucardo.herdmap WHERE herd = $1', [link.relgroup]);
    await client.query('DELETE FROM bucardo.sync WHERE name = $1', [link.sync]);
    await client.query('DELETE FROM bucardo.syncrun WHERE sync = $1', [link.sync]);
    await client.query(
      'DELETE FROM bucardo.herdmap WHERE herd = $1 AND herd NOT IN (SELECT herd FROM bucardo.sync WHERE herd IS NOT NULL)',
      [link.relgroup],
    );
    await client.query('DELETE FROM bucardo.herd WHERE name = $1 AND name NOT IN (SELECT herd FROM bucardo.sync WHERE herd IS NOT NULL)', [
      link.relgroup,
    ]);
    await client.query(
      'DELETE FROM bucardo.dbmap WHERE dbgroup = $1 AND dbgroup NOT IN (SELECT dbs FROM bucardo.sync WHERE dbs IS NOT NULL)',
      [link.dbgroup],
    );
    await client.query('DELETE FROM bucardo.dbgroup WHERE name = $1 AND name NOT IN (SELECT dbs FROM bucardo.sync WHERE dbs IS NOT NULL)', [
      link.dbgroup,
    ]);
    const others = Object.values(context.known.links).filter(
      (row) => row.address !== link.address && [row.names, ...row.leaves].some((one) => one.control === database),
    );
    const left = await client.query<{ name: string; ours: boolean }>('SELECT name, name = ANY ($1) AS ours FROM bucardo.sync', [
      others.map((row) => row.names.sync),
    ]);
    // Those that no relgroup has yet, or has any more, were registered for it, or for another link of ours; where others work, for anybody.
    const alone = left.rows.every((row) => row.ours);
    const syncs = left.rows.map((row) => row.name);
    const stays = registeredElsewhere(context, link, database, aliases.from, syncs);
    const { rows: free } = await client.query<{ id: number; address: string; type: string }>(
      `SELECT id, schemaname || '.' || tablename AS address, reltype AS type FROM bucardo.goat
       WHERE id NOT IN (SELECT goat FROM bucardo.herdmap) AND (id = ANY ($1) OR ($2 AND db = $3))`,
      [goats.map((row) => row.goat), alone, aliases.from],
    );
    const unused = [free.filter(({ address, type }) => !stays(address, type)).map((row) => row.id)];
    await client.query('DELETE FROM bucardo.customcols WHERE goat = ANY ($1)', unused);
    await client.query('DELETE FROM bucardo.goat WHERE id = ANY ($1)', unused);
    await client.query(SHAPE_TABLE);
    await client.query('DELETE FROM goatherd.shape WHERE goat NOT IN (SELECT id FROM bucardo.goat)');
    await client.query(
      'DELETE FROM bucardo.db WHERE name = ANY ($1) AND name NOT IN (SELECT db FROM bucardo.dbmap) AND name NOT IN (SELECT db FROM bucardo.goat)',
      [[aliases.from, aliases.to]],
    );
    // What is left in it was never adopted: it is other hands' again.
    const theirs = left.rows.length > 0 && left.rows.every((row) => !row.ours);
    if (theirs) await client.query(`DROP SCHEMA IF EXISTS goatherd CASCADE; COMMENT ON DATABASE ${quoteIdent(database)} IS NULL`);
    return theirs;
  });
}
