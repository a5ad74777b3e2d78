import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { quoteIdent, quoteTable } from '../../../bucardo/names.ts';
import { GoatherdError } from '../../../lib/errors.ts';
import { plural } from '../../../lib/format.ts';
import { parseColumns } from '../../../plan/preflight/columns.ts';
import type { Work } from '../../../plan/work-model.ts';
import { LOCK_NOT_AVAILABLE } from '../../../postgres/sqlstate.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, done, linkAt, type Outcome, remembered } from '../../context.ts';
import { passOnCopied, passOnEmptied } from './pass-on.ts';
import { tableAt } from '../triggers.ts';

type CopyTables = Extract<Work, { kind: 'copy_tables' }>;

/**
 * Copies tables that join a link which replicates already, one after the other, each in one transaction on the target. Their triggers
 * stand, so every change since is in the delta table and is applied again when they have joined: applying is idempotent
 * (REPLICATION 3.2). What a TRUNCATE before the copy recorded is marked done, or it would empty the target afterwards.
 */
export async function copyTables(context: ActContext, work: CopyTables): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const state = remembered(context, `copy-tables ${work.link}`, () => ({
    left: [...work.tables],
    rows: 0,
    startedAt: context.clock.now(),
    noted: false,
  }));
  const began = new Set(context.known.links[work.link]?.copying);
  if (!state.noted) {
    await context.ledger.copies.saveCopying(work.link, [...new Set([...began, ...work.tables])]);
    state.noted = true;
  }
  for (let address = state.left[0]; address !== undefined && !context.signal.aborted; address = state.left[0]) {
    context.progress({
      done: work.tables.length - state.left.length,
      total: work.tables.length,
      unit: 'tables',
      rows: state.rows,
      now: address,
    });
    try {
      // Rows of a copy that was cut off are ours: nobody else's were there when it began.
      state.rows += await copyTable(context, link, address, work.emptied.includes(address) || began.has(address), true);
    } catch (error) {
      if (!(error instanceof GoatherdError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      if (context.clock.now() - state.startedAt > link.locks.budgetMs)
        return { state: 'spent', why: `${address} on ${link.to} could not be locked to empty it` };
      return {
        state: 'pending',
        progress: {
          done: work.tables.length - state.left.length,
          total: work.tables.length,
          unit: 'tables',
          waitingFor: `a lock on ${address} of ${link.to}`,
        },
        retryMs: 500,
      };
    }
    state.left.shift();
  }
  if (state.left.length > 0)
    return {
      state: 'pending',
      progress: { done: work.tables.length - state.left.length, total: work.tables.length, unit: 'tables' },
      retryMs: 0,
    };
  await passOnCopied(context, link, work.tables);
  await context.ledger.copies.extendReceipt(work.link, work.tables, work.skipped, state.rows);
  return done(`${plural(work.tables.length, 'table')}, ${plural(state.rows, 'row')}`);
}

/**
 * One table in one transaction on the target; `empty`: what it holds there goes first, which `tellBelow` lets the links below hear that do
 * not copy it as well. Returns the rows on the target.
 */
export async function copyTable(context: ActContext, link: Link, address: string, empty: boolean, tellBelow: boolean): Promise<number> {
  const { schema, table } = tableAt(context, link.from, address);
  const name = quoteTable(schema, table);
  const columns = columnsOf(context, link, address).map(quoteIdent).join(', ');
  await context.access
    .database(link.from)
    .query(
      'UPDATE bucardo.bucardo_truncate_trigger SET replicated = now() WHERE sync = $1 AND sname = $2 AND tname = $3 AND replicated IS NULL',
      [link.sync, schema, table],
    );
  const target = ['SET LOCAL session_replication_role = replica', `SET LOCAL lock_timeout = ${link.locks.timeoutMs}`];
  return context.access.database(link.from).transaction(['SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY'], (source) =>
    context.access.database(link.to).transaction(target, async (client) => {
      if (empty && tellBelow) await passOnEmptied(context, link, client, [address]);
      if (empty) await client.query(`DELETE FROM ONLY ${name}`);
      const read = await stream(
        source,
        client,
        `COPY (SELECT ${columns} FROM ONLY ${name}) TO STDOUT`,
        `COPY ${name} (${columns}) FROM STDIN`,
      );
      const rows = Number((await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ONLY ${name}`)).rows[0]?.rows ?? 0);
      if (rows < read)
        throw new GoatherdError('CopyIncomplete', `${address}: ${read} rows were read on ${link.from}, and ${link.to} holds ${rows}`, {
          hint: 'look for a trigger that is ENABLE ALWAYS there, and leaves rows out',
        });
      return rows;
    }),
  );
}

/** Returns the number of rows that the source gave. */
async function stream(source: PoolClient, target: PoolClient, out: string, into: string): Promise<number> {
  const rows = source.query(copyTo(out));
  await pipeline(rows, target.query(copyFrom(into)));
  return rows.rowCount;
}

/** Columns that can be written: generated ones are computed by the target. */
function columnsOf(context: ActContext, link: Link, address: string): string[] {
  const source = context.observation.databases[link.from];
  const table = source?.reachable === true ? source.tables.find((one) => one.address === address) : undefined;
  return parseColumns(table?.columns ?? [])
    .filter((column) => !column.generated)
    .map((column) => column.name);
}
