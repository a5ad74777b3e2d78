import type { ClientBase } from 'pg';
import { AS_REPLICA, MARK_CHANGED, SHAPE_TABLE } from '../../../bucardo/control-facts.ts';
import {
  deltaNamesTable,
  deltaTable,
  kickName,
  quoteIdent,
  quoteTable,
  stageTable,
  targetName,
  trackTable,
} from '../../../bucardo/names.ts';
import { RECORDER, SUSPECTS } from '../../../bucardo/objects.ts';
import { plural } from '../../../lib/format.ts';
import type { Work } from '../../../plan/work-model.ts';
import type { Sessions } from '../../../postgres/session.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, done, linkAt, nextLookMs, type Outcome, remembered } from '../../context.ts';
import { membersOf } from '../../members.ts';
import { registeredElsewhere } from '../../siblings.ts';
import { lookAtControl, lookAtDaemon } from '../../instance-look.ts';
import { kick } from '../../kick.ts';
import { type LockedWork, tableByTable } from '../table-by-table.ts';
import { tableAt } from '../triggers.ts';

const TABLES_AT_ONCE = 200;

/**
 * Every change that stood on the source at one moment is tracked for the link. A transaction's txntime is its start, so those that began
 * before the moment and commit later are waited for, too.
 */
export async function waitDrained(context: ActContext, work: Extract<Work, { kind: 'wait_drained' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const session = context.access.database(link.from);
  const moment = remembered<{ at: string | null }>(context, `drain ${work.link}`, () => ({ at: null }));
  moment.at ??= (await session.query<{ now: string }>('SELECT clock_timestamp()::text AS now'))[0]?.now ?? null;
  // What is set aside is not on its way: the link would never be drained.
  const tables = tablesOf(context, link.from, link.dbgroup, membersOf(context, link));
  let open = 0;
  for (let start = 0; start < tables.length; start += TABLES_AT_ONCE) {
    const texts = tables
      .slice(start, start + TABLES_AT_ONCE)
      .map(
        (maker) =>
          `SELECT count(*) AS open FROM bucardo.${quoteIdent(deltaTable(maker))} d WHERE d.txntime <= $1 AND NOT EXISTS (SELECT 1 FROM bucardo.${quoteIdent(trackTable(maker))} t WHERE t.txntime = d.txntime AND t.target = $2)`,
      );
    const rows = await session.query<{ open: string }>(`SELECT sum(open) AS open FROM (${texts.join(' UNION ALL ')}) AS counted`, [
      moment.at,
      targetName(link.dbgroup),
    ]);
    open += Number(rows[0]?.open ?? 0);
  }
  const truncates = await session.query<{ open: number }>(
    'SELECT count(*)::int AS open FROM bucardo.bucardo_truncate_trigger WHERE sync = $1 AND replicated IS NULL AND cdate <= $2',
    [link.sync, moment.at],
  );
  open += truncates[0]?.open ?? 0;
  if (open === 0) return done();
  const [control, daemon] = await Promise.all([lookAtControl(context, work.instance), lookAtDaemon(context, work.instance)]);
  // One that ended, or was started anew while a database did not answer, delivers nothing: the plan after this says what can be done.
  if (!daemon.activeSyncs.includes(link.sync)) return { state: 'moved', why: `no daemon runs ${link.id}` };
  await kick(context, link);
  const bad = control.runs[link.sync]?.lastBad ?? null;
  const fails = bad !== null && bad.startedAt > (control.runs[link.sync]?.lastGood?.startedAt ?? 0);
  return {
    state: 'pending',
    progress: {
      done: 0,
      total: 1,
      unit: 'moments',
      waitingFor: `${plural(open, 'change')} on ${link.from} to reach ${link.to}${fails ? `; its last run failed: ${bad.error.slice(0, 200)}` : ''}`,
    },
    retryMs: nextLookMs(context, 'the drain'),
  };
}

function tablesOf(context: ActContext, database: string, dbgroup: string, only?: ReadonlySet<string>): string[] {
  const observed = context.observation.databases[database];
  if (observed?.reachable !== true) return [];
  return observed.tables.flatMap((table) =>
    only?.has(table.address) !== false &&
    table.bucardo?.deltaColumns !== null &&
    table.bucardo?.track === true &&
    table.bucardo.targets.includes(targetName(dbgroup))
      ? [table.bucardo.maker]
      : [],
  );
}

/** Triggers are disabled first, which blocks no reader, and dropped in a short moment of their own (rule 11). */
export async function dropTriggers(context: ActContext, work: Extract<Work, { kind: 'drop_triggers' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const each = (statements: (name: string, trigger: string) => string): LockedWork[] =>
    work.tables.map(({ address, triggers }) => {
      const { schema, table } = tableAt(context, work.database, address);
      return { schema, table, statements: triggers.map((trigger) => statements(quoteTable(schema, table), quoteIdent(trigger))) };
    });
  const session = context.access.ddl(work.database);
  const disabled = remembered(context, `disabled ${work.link}`, () => ({ all: false }));
  if (!disabled.all) {
    const outcome = await tableByTable(
      context,
      `disable ${work.link}`,
      work.database,
      session,
      each((name, trigger) => `ALTER TABLE ${name} DISABLE TRIGGER ${trigger}`),
      link.locks,
    );
    if (outcome.state !== 'done') return outcome;
    disabled.all = true;
  }
  return tableByTable(
    context,
    `drop ${work.link}`,
    work.database,
    session,
    each((name, trigger) => `DROP TRIGGER IF EXISTS ${trigger} ON ${name}`),
    link.locks,
  );
}

/** Helper tables that no link uses, rows that name this one, and the schema where it was the last. */
export async function dropHelpers(context: ActContext, work: Extract<Work, { kind: 'drop_helpers' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const session = context.access.database(work.database);
  const setup = [`SET LOCAL lock_timeout = ${link.locks.timeoutMs}`, "SET LOCAL client_min_messages = 'error'"];
  const tables = tablesOf(context, work.database, link.dbgroup).filter((maker) => !work.makers.includes(maker));
  if (work.only === null)
    await session.transaction(setup, async (client) => {
      // Rows of a target that nobody writes any more would keep Bucardo's purge from counting right (FACTS 2.5).
      for (const maker of tables)
        await client.query(`DELETE FROM bucardo.${quoteIdent(trackTable(maker))} WHERE target = $1`, [targetName(link.dbgroup)]);
      await client.query('DELETE FROM bucardo.bucardo_delta_targets WHERE target = $1', [targetName(link.dbgroup)]);
      await client.query('DELETE FROM bucardo.bucardo_delta_names WHERE sync = $1', [link.sync]);
      await client.query('DELETE FROM bucardo.bucardo_truncate_trigger WHERE sync = $1', [link.sync]);
      await client.query('DELETE FROM bucardo.goatherd_suspect WHERE sync = $1', [link.sync]);
    });
  else await forgetTables(session, setup, link, work.only);
  for (let start = 0; start < work.makers.length; start += TABLES_AT_ONCE) {
    const texts = work.makers
      .slice(start, start + TABLES_AT_ONCE)
      .flatMap((maker) => [
        ...[deltaTable(maker), trackTable(maker), stageTable(maker)].map((name) => `DROP TABLE IF EXISTS bucardo.${quoteIdent(name)}`),
        `DROP FUNCTION IF EXISTS bucardo.${quoteIdent(deltaTable(maker))}()`,
      ]);
    await session.transaction(setup, async (client) => client.query(texts.join('; ')));
  }
  await session.transaction(setup, async (client) => {
    if (work.only === null) await client.query(`DROP FUNCTION IF EXISTS bucardo.${quoteIdent(kickName(link.sync))}()`);
    if (work.schema) await client.query('DROP SCHEMA bucardo CASCADE');
    else if (work.only === null) await giveBack(context, link, client);
  });
  return done();
}

/** A schema in which only syncs that were never adopted are left is other hands' again: nothing of ours stays in it. */
async function giveBack(context: ActContext, link: Link, client: ClientBase): Promise<void> {
  // A link that came in this very plan is not among those that were known when it began.
  const declared = context.topology.links.filter((one) => one.adopt === undefined);
  const ours = new Set([...Object.values(context.known.links).map((row) => row.names.sync), ...declared.map((one) => one.sync)]);
  ours.delete(link.sync);
  const { rows } = await client.query<{ sync: string }>('SELECT DISTINCT sync FROM bucardo.bucardo_delta_names');
  if (rows.length === 0 || rows.some((row) => ours.has(row.sync))) return;
  await client.query(
    `DROP FUNCTION IF EXISTS bucardo.${RECORDER}(); DROP TABLE IF EXISTS bucardo.${SUSPECTS}; COMMENT ON SCHEMA bucardo IS NULL`,
  );
}

/** The rows that name single tables of a link; a table whose helpers another link uses keeps those. */
async function forgetTables(
  session: Sessions,
  setup: readonly string[],
  link: Link,
  only: NonNullable<Extract<Work, { kind: 'drop_helpers' }>['only']>,
): Promise<void> {
  await session.transaction(setup, async (client) => {
    for (const { oid, schema, table, maker } of only) {
      const track = `bucardo.${quoteIdent(trackTable(maker))}`;
      const there =
        (await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [track])).rows[0]?.there === true;
      if (there) await client.query(`DELETE FROM ${track} WHERE target = $1`, [targetName(link.dbgroup)]);
      await client.query('DELETE FROM bucardo.bucardo_delta_targets WHERE target = $1 AND tablename = $2', [targetName(link.dbgroup), oid]);
      await client.query('DELETE FROM bucardo.bucardo_delta_names WHERE sync = $1 AND tablename = $2', [
        link.sync,
        deltaNamesTable(schema, table),
      ]);
      await client.query('DELETE FROM bucardo.bucardo_truncate_trigger WHERE sync = $1 AND tablename = $2', [link.sync, oid]);
    }
  });
}

/** Takes tables and sequences out of a relgroup; their goats go where no other relgroup has them. */
export async function leaveRelgroup(context: ActContext, work: Extract<Work, { kind: 'leave' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  await context.access.control(work.instance).transaction([AS_REPLICA], async (client) => {
    await client.query(
      `DELETE FROM bucardo.herdmap USING bucardo.goat g WHERE g.id = herdmap.goat AND herdmap.herd = $1 AND g.db = $2 AND g.schemaname || '.' || g.tablename = ANY ($3)`,
      [link.relgroup, link.aliases.from, work.addresses],
    );
    const syncs = (await client.query<{ name: string }>('SELECT name FROM bucardo.sync')).rows.map((row) => row.name);
    const stays = registeredElsewhere(context, link, link.control, link.aliases.from, syncs);
    const { rows } = await client.query<{ id: number; address: string; type: string }>(
      `SELECT id, schemaname || '.' || tablename AS address, reltype AS type FROM bucardo.goat
       WHERE db = $1 AND id NOT IN (SELECT goat FROM bucardo.herdmap) AND schemaname || '.' || tablename = ANY ($2)`,
      [link.aliases.from, work.addresses],
    );
    const gone = [rows.filter(({ address, type }) => !stays(address, type)).map((row) => row.id)];
    await client.query(SHAPE_TABLE);
    await client.query('DELETE FROM bucardo.customcols WHERE goat = ANY ($1)', gone);
    await client.query('DELETE FROM goatherd.shape WHERE goat = ANY ($1)', gone);
    await client.query('DELETE FROM bucardo.goat WHERE id = ANY ($1)', gone);
    await client.query(MARK_CHANGED);
  });
  await context.ledger.copies.removeFromReceipt(work.link, work.addresses);
  return done(plural(work.addresses.length, 'member'));
}

export async function forget(context: ActContext, work: Extract<Work, { kind: 'forget' }>): Promise<Outcome> {
  await context.ledger.forgetLink(work.link);
  return done();
}
