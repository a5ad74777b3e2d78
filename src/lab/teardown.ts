import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stopBucardoDaemons } from './bucardo-daemons.ts';
import { postmasterPid, stopServer } from './cluster.ts';
import { GoatherdError } from '../lib/errors.ts';
import { processesWorkingBelow, signalProcess, waitUntilGone } from './processes.ts';
import { unregister } from './registry.ts';
import { labPaths, type LabState, readState } from './state.ts';
import { sweepAbandoned } from './template.ts';

/**
 * Takes the lab in a folder down: its Bucardo daemons, its servers, its folder. Goes by what lives and what is on disk, not by what was
 * written about it, so it also ends a half-made lab and one whose pids are from before a reboot; cut short, it can be run again.
 * @throws GoatherdError `NoLab` where the folder is not a lab's; `ProcessesLeft` naming what could not be ended
 */
export async function takeDown(folder: string): Promise<void> {
  const state = await readState(folder);
  const { dir } = state;
  const paths = labPaths(dir);
  await stopBucardoDaemons(state);
  const names = await readdir(paths.servers).catch(() => []);
  await Promise.all(names.map((name) => endServer(join(paths.servers, name))));

  await killWorkers(state);
  await removeFiles(state);
  // What an interrupted start had not brought so far a moment ago; /proc still names the folder that is gone.
  await killWorkers(state);
  await unregister(dir);
  await sweepAbandoned();
}

/** Ends what works below the folder of servers: backends that outlived their postmaster, programs of an interrupted start. */
async function killWorkers({ dir, user }: LabState): Promise<void> {
  const { servers } = labPaths(dir);
  for (const pid of await processesWorkingBelow(servers)) signalProcess(pid, 'SIGKILL');
  const left = await waitUntilGone(() => processesWorkingBelow(servers), 10_000);
  if (left.length === 0) return;
  throw new GoatherdError('ProcessesLeft', `processes of the lab live on: ${left.join(', ')}`, {
    hint: `run goatherd lab down --dir ${dir} as ${user.name} or root`,
  });
}

async function endServer(dataDir: string): Promise<void> {
  for (const [mode, patienceMs] of [
    ['fast', 15_000],
    ['immediate', 10_000],
  ] as const) {
    if ((await postmasterPid(dataDir)) === undefined) return;
    await stopServer(dataDir, mode, patienceMs).catch((error: unknown) => {
      if (!(error instanceof GoatherdError)) throw error;
    });
  }
}

async function removeFiles({ dir, madeDir }: LabState): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const;
  // The state goes last: as long as it is there, a removal that was cut short can be repeated.
  for (const name of await readdir(dir)) {
    if (name !== 'lab.json') await rm(join(dir, name), options);
  }
  await rm(madeDir ? dir : labPaths(dir).state, options);
}
