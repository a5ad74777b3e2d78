import { recopyBegun, recopyEnded, tableCopied, type CopyState } from '../../../ledger/recopy.ts';
import { GoatherdError } from '../../../lib/errors.ts';
import { plural } from '../../../lib/format.ts';
import type { Work } from '../../../plan/work-model.ts';
import { LOCK_NOT_AVAILABLE } from '../../../postgres/sqlstate.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, done, linkAt, type Outcome, remembered } from '../../context.ts';
import { lookAtDaemon } from '../../instance-look.ts';
import { copyTable } from './copy-tables.ts';
import { tableAt } from '../triggers.ts';

/** Writes down what is to be copied again, before anything is touched. */
export async function noteRecopy(context: ActContext, work: Extract<Work, { kind: 'recopy' }>): Promise<Outcome> {
  const state = await stateOf(context, work.link);
  const { cause, generation, tables, skipped } = work;
  await context.ledger.copies.saveCopyState(work.link, recopyBegun(state, { cause, generation, tables, skipped }, context.clock.now()));
  return done(tables.length === 0 ? `generation ${generation}` : plural(tables.length, 'table'));
}

/**
 * Copies tables of a link that stands still once more, each in one transaction on the target, which readers see as one change. The ledger
 * knows after each one what is left, so that a run that was killed goes on with the next table.
 */
export async function copyTablesAgain(context: ActContext, work: Extract<Work, { kind: 'copy_tables' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const runs = await runningOf(context, link);
  if (runs !== null) return { state: 'moved', why: `${runs.id} runs still` };
  const memory = remembered(context, `copy-again ${work.link}`, () => ({
    rows: new Map<string, number>(),
    startedAt: context.clock.now(),
  }));
  let state = await stateOf(context, work.link);
  const left = (): readonly string[] => work.tables.filter((address) => state.recopy?.tables.includes(address) === true);
  for (let [address] = left(); address !== undefined && !context.signal.aborted; [address] = left()) {
    context.progress({ ...progressOf(work.tables, left()), rows: sum(memory.rows), now: address });
    try {
      memory.rows.set(address, await copyTable(context, link, address, true, false));
    } catch (error) {
      if (!(error instanceof GoatherdError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      if (context.clock.now() - memory.startedAt > link.locks.budgetMs)
        return { state: 'spent', why: `${address} on ${link.to} could not be locked to copy it again` };
      return {
        state: 'pending',
        progress: { ...progressOf(work.tables, left()), waitingFor: `a lock on ${address} of ${link.to}` },
        retryMs: 500,
      };
    }
    await forgetNoted(context, link, address);
    state = tableCopied(await stateOf(context, work.link), address);
    await context.ledger.copies.saveCopyState(work.link, state);
  }
  if (left().length > 0) return { state: 'pending', progress: progressOf(work.tables, left()), retryMs: 0 };
  const whole = state.receipt?.copied.every((address) => memory.rows.has(address)) === true;
  await context.ledger.copies.saveCopyState(work.link, recopyEnded(state, context.clock.now(), whole ? sum(memory.rows) : undefined));
  return done(`${plural(work.tables.length, 'table')}, ${plural(sum(memory.rows), 'row')}`);
}

function progressOf(tables: readonly string[], left: readonly string[]): { done: number; total: number; unit: string } {
  return { done: tables.length - left.length, total: tables.length, unit: 'tables' };
}

const sum = (rows: ReadonlyMap<string, number>): number => [...rows.values()].reduce((total, one) => total + one, 0);

async function stateOf(context: ActContext, address: string): Promise<CopyState> {
  const state = await context.ledger.copies.readCopyState(address);
  if (state === null) throw new GoatherdError('UnknownLink', `the ledger has no row of ${address}`);
  return state;
}

/** The first of the link and of all links below it, as far as they copy again, that a daemon runs: a run of it could bring older rows. */
async function runningOf(context: ActContext, link: Link): Promise<Link | null> {
  const daemon = await lookAtDaemon(context, link.instance);
  if (daemon.activeSyncs.includes(link.sync)) return link;
  for (const below of context.topology.links.filter((one) => one.from === link.to)) {
    if (((await context.ledger.copies.readCopyState(below.address))?.recopy ?? null) === null) continue;
    const running = await runningOf(context, below);
    if (running !== null) return running;
  }
  return null;
}

/** What our trigger could not keep of a table is in the copy now. */
async function forgetNoted(context: ActContext, link: Link, address: string): Promise<void> {
  const { schema, table } = tableAt(context, link.from, address);
  await context.access
    .database(link.from)
    .query('DELETE FROM bucardo.goatherd_suspect WHERE sync = $1 AND sname = $2 AND tname = $3', [link.sync, schema, table]);
}
