import { AS_REPLICA, MARK_CHANGED } from '../../../bucardo/control-facts.ts';
import { quoteTable } from '../../../bucardo/names.ts';
import type { CopyRequest } from '../../../ledger/model.ts';
import { recopyForgotten } from '../../../ledger/recopy.ts';
import { GoatherdError } from '../../../lib/errors.ts';
import { LOCK_NOT_AVAILABLE } from '../../../postgres/sqlstate.ts';
import type { Work } from '../../../plan/work-model.ts';
import { type ActContext, done, linkAt, type Outcome, remembered } from '../../context.ts';
import { exclusiveHolder } from '../../quiet.ts';
import { filledSince } from '../copying/filled-since.ts';
import { passOnEmptied } from '../copying/pass-on.ts';
import { tableAt } from '../triggers.ts';
import { plural } from '../../../lib/format.ts';

/** Epoch milliseconds of the control database's clock: what run times are compared with. */
const CLOCK = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now';

/**
 * Makes a sync active and, where its copy is due, asks for it: the ledger knows what is to be copied before Bucardo does, and flag and
 * status change in one UPDATE (rule 6). Mode 2 always: what must be emptied was emptied by us.
 */
export async function activate(context: ActContext, work: Extract<Work, { kind: 'activate' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const control = context.access.control(work.instance);
  const before = await context.ledger.copies.readRequest(work.link);
  const unseen = work.copy && (before?.askedAt ?? null) === null ? await unseenTables(context, link.to, work) : null;
  if (unseen !== null) return unseen;
  // What was asked for before may be filled in part by now, and `always` has emptied all.
  const fills = work.copy && work.mode === 'empty' && before?.mode !== work.mode;
  const filled = fills ? await filledSince(context, link, work.tables) : null;
  if (filled !== null) return filled;
  const askedAt = (await control.query<{ now: number }>(CLOCK))[0]?.now ?? 0;
  if (work.copy || work.mode === 'never') {
    // A copy that was asked for before keeps what it was to fill: its tables may have rows by now.
    const request: CopyRequest =
      before !== null && before.mode === work.mode
        ? { ...before, askedAt }
        : { mode: work.mode, tables: work.tables, skipped: work.skipped, emptiedAt: null, askedAt, generation: link.copyGeneration };
    await context.ledger.copies.saveRequest(work.link, request);
  }
  await control.transaction([AS_REPLICA], async (client) => {
    await client.query(
      "UPDATE bucardo.sync SET status = 'active', onetimecopy = CASE WHEN $2 THEN 2 ELSE onetimecopy END WHERE name = $1",
      [link.sync, work.copy],
    );
    await client.query(MARK_CHANGED);
  });
  const state = await context.ledger.copies.readCopyState(work.link);
  if (state?.recopy?.tables.length === 0) await context.ledger.copies.saveCopyState(work.link, recopyForgotten(state));
  return done();
}

/** Whether a target's table holds rows decides what is copied, so one that nobody could look at is waited for and looked at again. */
async function unseenTables(context: ActContext, target: string, work: Extract<Work, { kind: 'activate' }>): Promise<Outcome | null> {
  const observed = context.observation.databases[target];
  const tables = observed?.reachable === true ? observed.tables.filter((table) => table.hasRows === null) : [];
  const unseen = tables.map((table) => table.address).filter((address) => work.skipped.includes(address));
  if (unseen.length === 0) return null;
  const holder = await exclusiveHolder(context, target, unseen);
  if (holder === null) return { state: 'moved', why: `${unseen.join(', ')} of ${target} could not be looked at before` };
  return {
    state: 'pending',
    progress: { done: 0, total: work.tables.length + unseen.length, unit: 'tables', waitingFor: `a look at ${holder}` },
    retryMs: 500,
  };
}

export async function deactivate(context: ActContext, work: Extract<Work, { kind: 'deactivate' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  await context.access.control(work.instance).transaction([AS_REPLICA], async (client) => {
    await client.query("UPDATE bucardo.sync SET status = 'inactive' WHERE name = $1", [link.sync]);
    await client.query(MARK_CHANGED);
  });
  return done();
}

/** Records of a TRUNCATE that came before the copy would empty the target after it (rule 8). */
export async function markTruncates(context: ActContext, work: Extract<Work, { kind: 'truncate_records' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const rows = await context.access
    .database(work.database)
    .query<{ tname: string }>(
      'UPDATE bucardo.bucardo_truncate_trigger SET replicated = now() WHERE sync = $1 AND replicated IS NULL RETURNING tname',
      [link.sync],
    );
  return done(plural(rows.length, 'record'));
}

/**
 * Empties the target's tables before `copy_data: always`, in replica role, all in one TRUNCATE, as foreign keys tie them. The link
 * stands still: its sync is not active yet (rule 6). Links below that replicate already hear of every row that goes: their triggers need not
 * fire for it yet.
 */
export async function emptyTables(context: ActContext, work: Extract<Work, { kind: 'empty_tables' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const startedAt = remembered(context, `empty ${work.link}`, () => context.clock.now());
  const names = work.tables.map((address) => {
    const { schema, table } = tableAt(context, work.database, address);
    return quoteTable(schema, table);
  });
  try {
    await context.access
      .database(work.database)
      .transaction(['SET LOCAL session_replication_role = replica', `SET LOCAL lock_timeout = ${link.locks.timeoutMs}`], async (client) => {
        if (names.length === 0) return;
        await client.query(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`);
        await passOnEmptied(context, link, client, work.tables);
        await client.query(`TRUNCATE ${names.join(', ')}`);
      });
  } catch (error) {
    if (!(error instanceof GoatherdError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    if (context.clock.now() - startedAt > link.locks.budgetMs)
      return { state: 'spent', why: `the tables of ${work.database} could not be locked to empty them` };
    return {
      state: 'pending',
      progress: { done: 0, total: names.length, unit: 'tables', waitingFor: `ACCESS EXCLUSIVE on tables of ${work.database}` },
      retryMs: 500 + Math.random() * 1000,
    };
  }
  const emptiedAt = context.clock.now();
  await context.ledger.copies.saveRequest(work.link, {
    mode: 'always',
    tables: work.tables,
    skipped: [],
    emptiedAt,
    askedAt: null,
    generation: link.copyGeneration,
  });
  return done(plural(names.length, 'table'));
}
