import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Cluster } from '../../src/lab/cluster.ts';
import { findInstallation } from '../../src/lab/installation.ts';
import type { Lab } from '../../src/lab/lab.ts';

export interface Load {
  readonly clients: number;
  readonly seconds: number;
  /** Transactions a second, begun at random moments; as many as go unless given. */
  readonly rate?: number;
  readonly script: string;
  /** The cores that pgbench may use, as taskset has them; all unless given. */
  readonly cores?: string;
}

export interface Loaded {
  readonly transactions: number;
  readonly perSecond: number;
}

/** Runs one pgbench script from two threads against one database. Fails where any client was aborted. */
export async function pgbench(lab: Lab, cluster: Cluster, dbname: string, load: Load): Promise<Loaded> {
  const { bindir } = await findInstallation();
  const folder = join(lab.dir, 'bench');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${dbname}.pgbench`);
  await writeFile(file, load.script);
  const rate = load.rate === undefined ? [] : ['--rate', String(load.rate)];
  const pinned = load.cores === undefined ? [] : ['taskset', '-c', load.cores];
  const [program = '', ...args] = [
    [...pinned, join(bindir, 'pgbench')],
    ['-n', '-h', cluster.socketDir, '-p', String(cluster.port), '-U', 'goatherd', '-M', 'prepared', '-f', file],
    ['-c', String(load.clients), '-j', '2', '-T', String(load.seconds), ...rate, dbname],
  ].flat();
  const { stdout, stderr } = await execa(program, args, { timeout: (load.seconds + 300) * 1000, stdin: 'ignore' });
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  const failed = number(/number of failed transactions: (\d+)/);
  if (failed > 0 || /aborted/.test(stderr)) throw new Error(`pgbench lost transactions:\n${stdout}\n${stderr}`);
  return { transactions: number(/number of transactions actually processed: (\d+)/), perSecond: number(/tps = ([\d.]+)/) };
}
