import type { PoolClient } from 'pg';
import { quoteTable } from '../../bucardo/names.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Sessions } from '../../postgres/session.ts';
import { LOCK_NOT_AVAILABLE } from '../../postgres/sqlstate.ts';
import type { Progress } from '../../report/run/run-model.ts';
import { type ActContext, done, failed, type LockTry, type Outcome, remembered } from '../context.ts';
import { plural } from '../../lib/format.ts';

/** One table and the statements that need its lock, run in one short transaction. */
export interface LockedWork {
  readonly schema: string;
  readonly table: string;
  readonly statements: readonly string[];
  /** What else belongs into the transaction, done while the lock is held. */
  readonly within?: (client: PoolClient) => Promise<void>;
}

interface State {
  left: LockedWork[];
  putOff: { object: string; reason: string }[];
  readonly startedAt: number;
  readonly total: number;
}

/** A holder whose transaction is older than this is not waited for: a try would only queue the table's writers behind us. */
const OLD_HOLDER_SECONDS = 1;

/** Asked of each table, and so prepared: to plan it takes longer than to answer it. */
const HOLDERS = `
SELECT a.pid, a.application_name AS application, coalesce(a.state, '') AS state, extract(epoch FROM clock_timestamp() - a.xact_start)::int AS seconds
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.relation = $1::regclass AND l.granted AND a.pid <> pg_backend_pid()
  AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
ORDER BY a.xact_start LIMIT 3`;

interface Holder {
  readonly pid: number;
  readonly application: string;
  readonly state: string;
  readonly seconds: number | null;
}

/**
 * Takes the lock of one table at a time, at most `timeoutMs`, and leaves a table that is held for a later round (rule 10). One pass a
 * call; progress is kept between calls, and lost with the process only as far as the next plan finds out again. `session`: on `database`.
 */
export async function tableByTable(
  context: ActContext,
  key: string,
  database: string,
  session: Sessions,
  works: readonly LockedWork[],
  locks: { timeoutMs: number; budgetMs: number },
): Promise<Outcome> {
  const state = remembered<State>(context, key, () => ({
    left: [...works],
    putOff: [],
    startedAt: context.clock.now(),
    total: works.length,
  }));
  const outcome = await session.session(async (client): Promise<Outcome | null> => {
    const round = state.left;
    const again: LockedWork[] = [];
    state.putOff = [];
    for (const [index, work] of round.entries()) {
      if (context.signal.aborted) {
        again.push(...round.slice(index));
        break;
      }
      const address = `${work.schema}.${work.table}`;
      const question = { name: 'holders', text: HOLDERS, values: [quoteTable(work.schema, work.table)] };
      const holders = (await client.query<Holder & Record<string, unknown>>(question)).rows;
      const old = holders.find((holder) => (holder.seconds ?? 0) >= OLD_HOLDER_SECONDS);
      const tell = (result: LockTry['result'], since: number): void =>
        context.tried?.({ database, mode: modeOf(work.statements), result, seconds: (performance.now() - since) / 1000 });
      const askedAt = performance.now();
      if (old !== undefined) {
        tell('put_off', askedAt);
        again.push(work);
        state.putOff.push({ object: address, reason: describeHolder(old) });
      } else {
        try {
          await client.query(
            `BEGIN; SET LOCAL lock_timeout = ${locks.timeoutMs}; SET LOCAL client_min_messages = 'error'; ${work.statements.join('; ')}${work.within === undefined ? '; COMMIT' : ''}`,
          );
          tell('acquired', askedAt);
          if (work.within !== undefined) {
            await work.within(client);
            await client.query('COMMIT');
          }
        } catch (error) {
          await client.query('ROLLBACK');
          if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) {
            return failed((error as { code?: string }).code ?? 'XX000', `${session.where}, table ${address}: ${messageOf(error)}`);
          }
          tell('timeout', askedAt);
          again.push(work);
          state.putOff.push({ object: address, reason: holders[0] === undefined ? 'lock not had in time' : describeHolder(holders[0]) });
        }
      }
      if (index % 25 === 24) context.progress(progressOf(state, round.length - index - 1 + again.length));
    }
    state.left = again;
    return null;
  });
  if (outcome !== null) return outcome;
  if (state.left.length === 0) return done(plural(state.total, 'table'));
  const first = state.putOff[0];
  const waits = first === undefined ? '' : `: ${first.object} (${first.reason})`;
  if (context.clock.now() - state.startedAt > locks.budgetMs) {
    return {
      state: 'spent',
      why: `the lock budget of ${locks.budgetMs / 1000} s is spent; ${state.left.length} of ${state.total} tables could not be locked${waits}`,
    };
  }
  // Jitter keeps us from meeting the same short transaction in step, round after round.
  return { state: 'pending', progress: progressOf(state, state.left.length), retryMs: 250 + Math.random() * 750 };
}

/** The strongest lock that PostgreSQL takes for these statements, of those that are used here. */
function modeOf(statements: readonly string[]): LockTry['mode'] {
  if (statements.some((one) => /^DROP |^ALTER TABLE \S+ ALTER /.test(one))) return 'access_exclusive';
  return statements.every((one) => /^CREATE (?:UNIQUE )?INDEX /.test(one)) ? 'share' : 'share_row_exclusive';
}

function progressOf(state: State, left: number): Progress {
  const first = state.putOff[0];
  return {
    done: state.total - left,
    total: state.total,
    unit: 'tables',
    ...(state.putOff.length > 0 ? { skipped: [...state.putOff] } : {}),
    ...(first === undefined ? {} : { waitingFor: `lock on ${first.object}, held by ${first.reason}` }),
  };
}

function describeHolder(holder: Holder): string {
  const application = holder.application === '' ? '' : ` (${holder.application})`;
  return `pid ${holder.pid}${application}, ${holder.state} for ${holder.seconds ?? 0} s`;
}
