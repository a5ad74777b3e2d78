import { quoteTable } from '../../../bucardo/names.ts';
import { GoatherdError } from '../../../lib/errors.ts';
import { plural } from '../../../lib/format.ts';
import { FILLED_QUERY } from '../../../observe/database/database-queries.ts';
import { LOCK_NOT_AVAILABLE } from '../../../postgres/sqlstate.ts';
import type { Link } from '../../../topology/model.ts';
import type { ActContext, Outcome } from '../../context.ts';
import { tableAt } from '../triggers.ts';

/**
 * Null while every table that a first copy is to fill is still empty on the target. Others may have written there since the plan was made, a
 * link that this one replaces among them; Bucardo leaves such a table as it is and says Good, and a receipt that counts rows might say that it
 * was copied. `moved` then: the next plan leaves it out, and says so.
 */
export async function filledSince(context: ActContext, link: Link, addresses: readonly string[]): Promise<Outcome | null> {
  if (addresses.length === 0) return null;
  const names = addresses.map((address) => {
    const { schema, table } = tableAt(context, link.to, address);
    return quoteTable(schema, table);
  });
  try {
    const rows = await context.access
      .database(link.to)
      .transaction([`SET LOCAL lock_timeout = ${link.locks.timeoutMs}`, 'SET TRANSACTION READ ONLY'], async (client) => {
        const found = await client.query<{ oid: string; filled: boolean }>(FILLED_QUERY, [addresses.map((_, index) => index), names]);
        return found.rows;
      });
    const filled = rows.filter((row) => row.filled).map((row) => addresses[Number(row.oid)] ?? '');
    if (filled.length === 0) return null;
    return { state: 'moved', why: `${plural(filled.length, 'table')} of ${link.to} got rows since: ${filled.slice(0, 5).join(', ')}` };
  } catch (error) {
    if (!(error instanceof GoatherdError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    return {
      state: 'pending',
      progress: {
        done: 0,
        total: addresses.length,
        unit: 'tables',
        waitingFor: `a look at the tables of ${link.to}, one of which is locked`,
      },
      retryMs: 500,
    };
  }
}
