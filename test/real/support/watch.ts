import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../../src/lab/cluster.ts';
import { withSession } from './query.ts';

/** Everything that was seen so far, each text once. */
export interface Watch {
  stop(): Promise<string>;
}

/** Looks at the command lines of all processes and at the sessions and statements of these servers, over and over, until it is stopped. */
export function watchProcesses(clusters: readonly Cluster[]): Watch {
  const seen = new Set<string>();
  let stopped = false;
  const commandLines = async (): Promise<void> => {
    while (!stopped) {
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
        seen.add((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
      await sleep(10);
    }
  };
  const sessions = (cluster: Cluster): Promise<void> =>
    withSession(cluster, 'postgres', async (client) => {
      while (!stopped) {
        const { rows } = await client.query<{ text: string }>(
          "SELECT concat_ws(' ', application_name, query) AS text FROM pg_stat_activity",
        );
        for (const { text } of rows) seen.add(text);
        await sleep(10);
      }
    });
  const work = Promise.all([commandLines(), ...clusters.map(sessions)]);
  // Whoever stops it hears of its error.
  work.catch(() => undefined);
  return {
    stop: async () => {
      stopped = true;
      await work;
      return [...seen].join('\n');
    },
  };
}
