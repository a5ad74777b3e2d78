import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../../src/lab/lab.ts';
import { query, withSession } from './query.ts';
import { clusterOf } from './use-lab.ts';

/** A table of which columns and key may change under the writer: it names the columns that it writes, and finds rows by `id`. */
export const SHAPED = 'CREATE TABLE shaped (id int PRIMARY KEY, code text NOT NULL, v text)';

/** Writes a little of everything into A, a few times a second, from `start` to `pause`. */
export interface Steady {
  start(): void;
  /** Ends after the round that is under way. Fails with the first error that a statement gave: no edit may break a user's write. */
  pause(): Promise<void>;
  /** Rounds written so far. */
  readonly rounds: () => number;
}

/** The stock's tables and `shaped`: rows come, change (their keys too) and go. */
export function steadyWrites(lab: () => Lab): Steady {
  let over = true;
  let work: Promise<void> = Promise.resolve();
  let round = 0;
  const write = async (): Promise<void> =>
    withSession(clusterOf(lab(), 'a'), lab().dbname, async (client) => {
      for (; !over; round += 1) {
        await client.query('INSERT INTO items (name) VALUES ($1)', [`steady ${round}`]);
        await client.query("INSERT INTO notes VALUES ($1, 'steady') ON CONFLICT DO NOTHING", [500_000 + round]);
        await client.query("UPDATE notes SET note = note || '.' WHERE id = $1", [500_000 + round - 3]);
        await client.query("INSERT INTO shaped (id, code, v) VALUES ($1, $2, 'steady')", [round, `c${round}`]);
        await client.query("UPDATE shaped SET code = code || '-', v = 'changed' WHERE id = $1", [round - 4]);
        await client.query('UPDATE shaped SET id = -id WHERE id = $1', [round - 7]);
        await client.query('DELETE FROM shaped WHERE id = $1', [9 - round]);
        await sleep(40);
      }
    });
  return {
    start: () => {
      over = false;
      work = write();
      // Whoever pauses it hears of its error; until then it must not end the process.
      work.catch(() => undefined);
    },
    pause: () => {
      over = true;
      return work;
    },
    rounds: () => round,
  };
}

/** Runs a statement on the databases named, one after the other. */
export async function onEach(lab: Lab, names: readonly string[], statement: string): Promise<void> {
  for (const name of names) await query(clusterOf(lab, name), lab.dbname, statement);
}
