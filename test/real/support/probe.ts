import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../../src/lab/lab.ts';
import { withSession } from './query.ts';
import { clusterOf } from './use-lab.ts';

export interface Probe {
  /** How many of its rows were seen to arrive so far. */
  readonly arrived: () => number;
  /** Ends when all that was written has arrived; gives the longest time between two arrivals, in ms, and how many rows there were. */
  stop(): Promise<{ readonly longestMs: number; readonly rows: number }>;
}

/** Writes a row into the stock's notes on A every 50 ms (ids from 10,000), and looks when each stands on the database named. */
export function probe(lab: Lab, on: string): Probe {
  let over = false;
  let [rows, longestMs] = [0, 0];
  const write = withSession(clusterOf(lab, 'a'), lab.dbname, async (client) => {
    let written = 0;
    for (; !over; written += 1) {
      await client.query('INSERT INTO notes VALUES ($1, $2)', [10_000 + written, 'probe']);
      await sleep(50);
    }
    return written;
  });
  const look = withSession(clusterOf(lab, on), lab.dbname, async (client) => {
    let since = performance.now();
    for (let wanted = Infinity; rows < wanted; wanted = over ? await write : Infinity) {
      const { rows: found } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM notes WHERE id >= 10000');
      const n = found[0]?.n ?? 0;
      if (n > rows) {
        longestMs = rows === 0 ? 0 : Math.max(longestMs, performance.now() - since);
        [rows, since] = [n, performance.now()];
      }
      if (over && performance.now() - since > 180_000)
        throw new Error(`of the rows written into a, ${rows} arrived on ${on}, and then none for 180 s`);
      await sleep(20);
    }
  });
  // Whoever stops it hears of their errors.
  write.catch(() => undefined);
  look.catch(() => undefined);
  return {
    arrived: () => rows,
    stop: async () => {
      over = true;
      await write;
      await look;
      return { longestMs, rows };
    },
  };
}
