import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../../src/lab/lab.ts';
import { withSession } from './query.ts';
import { clusterOf } from './use-lab.ts';

export interface Probe {
  /** Ends the writing; gives the longest time between two arrivals, in ms, and how many rows arrived. */
  stop(): Promise<{ readonly longestMs: number; readonly rows: number }>;
}

/** Writes a row into the stock's notes on A every 50 ms (ids from 10,000), and looks when each stands on the database named. */
export function probe(lab: Lab, on: string): Probe {
  let over = false;
  const write = withSession(clusterOf(lab, 'a'), lab.dbname, async (client) => {
    for (let id = 10_000; !over; id += 1) {
      await client.query('INSERT INTO notes VALUES ($1, $2)', [id, 'probe']);
      await sleep(50);
    }
  });
  const look = withSession(clusterOf(lab, on), lab.dbname, async (client) => {
    let [rows, since, longestMs] = [0, performance.now(), 0];
    for (;;) {
      const { rows: found } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM notes WHERE id >= 10000');
      const n = found[0]?.n ?? 0;
      if (n > rows) {
        longestMs = rows === 0 ? 0 : Math.max(longestMs, performance.now() - since);
        [rows, since] = [n, performance.now()];
      }
      if (over) return { longestMs: Math.max(longestMs, performance.now() - since), rows };
      await sleep(20);
    }
  });
  // Whoever stops it hears of their errors.
  write.catch(() => undefined);
  look.catch(() => undefined);
  return {
    stop: async () => {
      over = true;
      await write;
      return look;
    },
  };
}
