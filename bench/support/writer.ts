import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../src/lab/cluster.ts';
import { withSession } from '../../test/real/support/query.ts';
import { largest, percentile } from './statistics.ts';

export interface Written {
  readonly writes: number;
  readonly longestMs: number;
  readonly p99Ms: number;
}

/**
 * One client that updates the row with key 1 of `public.t1` to `public.t<count>` in turn, each update a transaction, and notes how long each
 * took, until `stop` is called. It pauses `pauseMs` between two, so that it does not take the machine from what is measured.
 */
export function startWriter(cluster: Cluster, dbname: string, count: number, pauseMs = 1): { stop(): Promise<Written> } {
  const times: number[] = [];
  const stopping = new AbortController();
  const work = withSession(cluster, dbname, async (client) => {
    for (let index = 0; !stopping.signal.aborted; index += 1) {
      const started = performance.now();
      await client.query(`UPDATE public.t${(index % count) + 1} SET v = v + 1 WHERE id = 1`);
      times.push(performance.now() - started);
      await sleep(pauseMs);
    }
  });
  // Seen when it is awaited in stop.
  work.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await work;
      return { writes: times.length, longestMs: largest(times), p99Ms: percentile(times, 0.99) };
    },
  };
}
