import { readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GoatherdError } from '../lib/errors.ts';
import type { OsUser } from './run-program.ts';

/** What `lab.json` holds of one cluster. */
export interface ClusterState {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** The postmaster's at the last start; a hint for people, never trusted. */
  readonly pid: number | null;
  /** Of role `goatherd`, where the lab was made with passwords: the file that holds it. */
  readonly passwordFile: string | null;
}

/** What `lab.json` holds: enough to find and end everything the lab made, written before the first of it is made. */
export interface LabState {
  readonly format: 1;
  readonly dir: string;
  /** Whether the folder itself is ours to remove, or was there before. */
  readonly madeDir: boolean;
  readonly createdAt: string;
  readonly complete: boolean;
  readonly bindir: string;
  readonly dbname: string;
  /** The user the servers run as. */
  readonly user: OsUser;
  readonly hub: ClusterState;
  readonly clusters: readonly ClusterState[];
}

/** The places below a lab's folder. */
export function labPaths(dir: string) {
  return {
    state: join(dir, 'lab.json'),
    config: join(dir, 'goatherd.yaml'),
    topologies: join(dir, 'topologies'),
    topology: join(dir, 'topologies', 'orders.yaml'),
    servers: join(dir, 'pg'),
    sockets: join(dir, 'sock'),
    logs: join(dir, 'log'),
    pids: join(dir, 'run'),
    secrets: join(dir, 'secrets'),
  };
}

/** Replaces `lab.json` in one step, so that a crash leaves the old or the new one and never half of it. */
export async function writeState(state: LabState): Promise<void> {
  const path = labPaths(state.dir).state;
  await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

/**
 * Reads the `lab.json` of a folder.
 * @throws GoatherdError `NoLab` where there is none or it is not a lab's
 */
export async function readState(folder: string): Promise<LabState> {
  const dir = await realpath(folder).catch(() => folder);
  const path = labPaths(dir).state;
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (isState(value) && value.dir === dir) return value;
  } catch (cause) {
    throw new GoatherdError('NoLab', `no lab in ${dir}: ${path} cannot be read`, { cause });
  }
  throw new GoatherdError('NoLab', `no lab in ${dir}: ${path} is not the state of a lab in that folder`);
}

function isState(value: unknown): value is LabState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    value.format === 1 &&
    'dir' in value &&
    typeof value.dir === 'string' &&
    'hub' in value &&
    'clusters' in value &&
    Array.isArray(value.clusters)
  );
}
