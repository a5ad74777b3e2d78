import { availableParallelism } from 'node:os';
import { execa } from 'execa';
import { bucardoProcesses } from '../../src/lab/bucardo-daemons.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { processesWorkingBelow } from '../../src/lab/processes.ts';
import { readState } from '../../src/lab/state.ts';

/** Which cores the source has, with its clients, and which all else has; undefined on a machine of one core. */
export interface Halves {
  readonly source: string;
  readonly rest: string;
}

export function halves(): Halves | undefined {
  const cores = availableParallelism();
  const half = Math.floor(cores / 2);
  return half === 0 ? undefined : { source: `0-${half - 1}`, rest: `${half}-${cores - 1}` };
}

/**
 * Gives the source's server one half of the cores, and the other servers and the daemons the other, as if they were two machines.
 * Processes that these start later stay where their parents are.
 */
export async function setApart(lab: Lab, source: string, cores: Halves): Promise<void> {
  for (const server of [lab.hub, ...Object.values(lab.clusters)]) {
    await pin(await processesWorkingBelow(server.dataDir), server.name === source ? cores.source : cores.rest);
  }
  await pin(await bucardoProcesses(await readState(lab.dir)), cores.rest);
}

async function pin(pids: readonly number[], cores: string): Promise<void> {
  // One that has ended meanwhile is no error.
  await Promise.all(pids.map((pid) => execa('taskset', ['-a', '-p', '-c', cores, String(pid)], { reject: false, timeout: 10_000 })));
}
