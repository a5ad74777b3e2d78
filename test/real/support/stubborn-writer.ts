import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../../src/lab/lab.ts';
import { withSession } from './query.ts';
import { clusterOf } from './use-lab.ts';

export const STUBBORN_TABLE = 'CREATE TABLE stubborn (id int PRIMARY KEY, turn int NOT NULL DEFAULT 0)';

/** A client of A that goes on through outages: it opens its session again and knows which of its rows A has acknowledged. */
export interface StubbornWriter {
  /** Ids that A has said to be committed. */
  readonly acknowledged: () => readonly number[];
  /** Waits for the next row that A acknowledges after this call. */
  next(): Promise<number>;
  stop(): Promise<void>;
}

/** Inserts rows into `stubborn` on A, and changes older ones, until it is stopped. */
export function startWriter(lab: Lab): StubbornWriter {
  const acknowledged: number[] = [];
  let waiting: ((id: number) => void)[] = [];
  let over = false;
  let id = 0;
  const work = async (): Promise<void> => {
    while (!over) {
      try {
        await withSession(clusterOf(lab, 'a'), lab.dbname, async (client) => {
          while (!over) {
            id += 1;
            await client.query('INSERT INTO stubborn (id) VALUES ($1)', [id]);
            acknowledged.push(id);
            for (const tell of waiting.splice(0)) tell(id);
            await client.query('UPDATE stubborn SET turn = turn + 1 WHERE id = $1', [id - 5]);
            await sleep(50);
          }
        });
      } catch {
        // A is away: what it has not acknowledged may be there or not, and is no loss.
        await sleep(100);
      }
    }
    waiting = [];
  };
  const done = work();
  return {
    acknowledged: () => acknowledged,
    next: () => new Promise((resolve) => void waiting.push(resolve)),
    stop: async () => {
      over = true;
      await done;
    },
  };
}
