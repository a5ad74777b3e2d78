import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Lab } from '../../../src/lab/lab.ts';
import { query } from './query.ts';

/**
 * Everything of a lab that a command could have changed, to compare with `toEqual`. Take it while nothing else writes (Bucardo's
 * processes stopped, autovacuum off): then even a transaction that was rolled back shows, by the number it took.
 */
export async function fingerprintOf(lab: Lab, folders: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const servers = await Promise.all([lab.hub, ...Object.values(lab.clusters)].map(serverPrint));
  const files = await Promise.all([lab.pidDir, lab.logDir, join(lab.dir, 'topologies'), ...folders].map(folderPrint));
  return Object.assign({}, ...servers, ...files) as Record<string, string>;
}

async function serverPrint(cluster: Lab['hub']): Promise<Record<string, string>> {
  const print: Record<string, string> = {};
  const [next] = await query(cluster, 'postgres', 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid');
  print[`${cluster.name}: next transaction`] = String(next?.['xid']);
  const connection = ['-h', cluster.socketDir, '-p', String(cluster.port), '-U', 'postgres'];
  const dump = async (program: string, ...args: readonly string[]): Promise<string> =>
    // Each dump guards itself against its own content with a random word.
    hash((await execa(program, [...connection, ...args])).stdout.replaceAll(/^\\(un)?restrict .*$/gm, ''));
  print[`${cluster.name}: roles`] = await dump('pg_dumpall', '--globals-only');
  for (const row of await query(cluster, 'postgres', 'SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1')) {
    const name = String(row['datname']);
    print[`${cluster.name}: database ${name}`] = await dump('pg_dump', '-d', name);
  }
  return print;
}

/** Each entry below a folder with its kind, content and times. */
async function folderPrint(folder: string): Promise<Record<string, string>> {
  const print: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true });
  for (const path of [folder, ...entries.map((entry) => join(folder, entry))]) {
    const { mode, mtimeMs, ctimeMs } = await lstat(path);
    const content = (mode & 0o170000) === 0o100000 ? hash(await readFile(path)) : 'no file';
    print[path] = `${mode.toString(8)} ${mtimeMs} ${ctimeMs} ${content}`;
  }
  return print;
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
