import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GoatherdError } from '../lib/errors.ts';
import { bucardoProcessesConnectedTo, isBucardo, signalProcess, waitUntilGone } from './processes.ts';
import { labPaths, type LabState } from './state.ts';

/**
 * The living Bucardo processes of a lab: those named by a pid file below its pid directory, and those without one that are connected to
 * its servers (a new master deletes every pid file, so orphans have none).
 */
export async function bucardoProcesses(state: LabState): Promise<readonly number[]> {
  const ports = [state.hub, ...state.clusters].map((cluster) => cluster.port);
  const [named, connected] = await Promise.all([fromPidFiles(labPaths(state.dir).pids), bucardoProcessesConnectedTo(ports)]);
  return [...new Set([...named, ...connected])];
}

/**
 * Ends every Bucardo process of a lab.
 * Stop file and TERM together, because either alone leaves some of them for seconds (LAB.md); KILL for what is there after 15 s.
 * @throws GoatherdError `DaemonsLeft` for what even that did not end
 */
export async function stopBucardoDaemons(state: LabState): Promise<void> {
  const known = await bucardoProcesses(state);
  if (known.length === 0) return;
  for (const folder of await instanceFolders(labPaths(state.dir).pids))
    await writeFile(join(folder, 'fullstopbucardo'), 'goatherd lab down\n');

  const alive = async (): Promise<readonly number[]> => {
    const pids = [...new Set([...known, ...(await bucardoProcesses(state))])];
    const bucardo = await Promise.all(pids.map(isBucardo));
    return pids.filter((_, index) => bucardo[index] === true);
  };
  // A master that had not seen the stop file yet may have started one more kid: each signal goes to all that is there then.
  for (const [signal, patienceMs] of [
    ['SIGTERM', 5_000],
    ['SIGTERM', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    for (const pid of await alive()) signalProcess(pid, signal);
    if ((await waitUntilGone(alive, patienceMs)).length === 0) return;
  }
  throw new GoatherdError('DaemonsLeft', `Bucardo processes live on: ${(await alive()).join(', ')}`);
}

async function fromPidFiles(pidDir: string): Promise<readonly number[]> {
  const pids: number[] = [];
  for (const folder of await instanceFolders(pidDir)) {
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.pid')) continue;
      // Line 1 is the pid (FACTS.md, files of the daemon); the file may be from before a reboot.
      const pid = Number.parseInt(await readFile(join(folder, name), 'utf8').catch(() => ''), 10);
      if (pid > 1 && (await isBucardo(pid))) pids.push(pid);
    }
  }
  return pids;
}

async function instanceFolders(pidDir: string): Promise<readonly string[]> {
  // An `up` that was killed early has not made it.
  if (!existsSync(pidDir)) return [];
  const below = await readdir(pidDir, { withFileTypes: true, recursive: true });
  return [pidDir, ...below.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))];
}
