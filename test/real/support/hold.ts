import type { Lab } from '../../../src/lab/lab.ts';
import { withSession } from './query.ts';
import { clusterOf } from './use-lab.ts';

/** An open transaction and the locks it holds. */
export interface Hold {
  /** Of its backend. */
  readonly pid: number;
  /** Rolls it back. */
  release(): Promise<void>;
}

/** Runs `sql` in a transaction on one database and leaves that open. One that is never released ends with its server. */
export async function hold(lab: Lab, name: string, sql: string): Promise<Hold> {
  const held = Promise.withResolvers<number>();
  const released = Promise.withResolvers<void>();
  const over = withSession(clusterOf(lab, name), lab.dbname, async (client) => {
    await client.query('BEGIN');
    await client.query(sql);
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    held.resolve(rows[0]?.pid ?? 0);
    await released.promise;
    await client.query('ROLLBACK');
  });
  over.catch(held.reject);
  const pid = await held.promise;
  return {
    pid,
    release: () => {
      released.resolve();
      return over;
    },
  };
}
