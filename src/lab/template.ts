import { createHash } from 'node:crypto';
import { chown, lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Installation } from './installation.ts';
import { isErrno } from './errno.ts';
import { type OsUser, runProgram } from './run-program.ts';

const INITDB = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];

// Cleaners of the temporary folder take single old files away; a template is given up before they would touch it.
const TOO_OLD_MS = 2 * 24 * 3_600_000;

/**
 * Makes `dataDir` a freshly initialised cluster that belongs to `owner`. `initdb` runs once for each user and version of PostgreSQL: its
 * result stays in the temporary folder as a template that is copied, as a reflink where the file system can.
 */
export async function placeDataDirectory(
  installation: Installation,
  owner: OsUser,
  dataDir: string,
  signal?: AbortSignal,
): Promise<void> {
  const options = { as: owner, timeoutMs: 120_000, ...(signal === undefined ? {} : { signal }) };
  const template = await templateFor(installation, owner, signal);
  try {
    await runProgram('cp', ['-a', '--reflink=auto', template, dataDir], options);
  } catch {
    signal?.throwIfAborted();
    // Somebody replaced or cleaned the template meanwhile, or this cp knows no reflinks: the slow way always works.
    await rm(dataDir, { recursive: true, force: true });
    await runProgram(join(installation.bindir, 'initdb'), [...INITDB, '-D', dataDir], options);
  }
}

const building = new Map<string, Promise<string>>();

/** The folder of the template; made by whoever comes first, in this process and, by an atomic rename, between processes. */
async function templateFor(installation: Installation, owner: OsUser, signal?: AbortSignal): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify([installation, INITDB])).digest('hex').slice(0, 12);
  const path = join(tmpdir(), `goatherd-lab-template-${owner.uid}-${key}`);
  const running = building.get(path) ?? ensureTemplate(path, installation, owner, signal);
  building.set(path, running);
  try {
    return await running;
  } finally {
    building.delete(path);
  }
}

async function ensureTemplate(
  path: string,
  installation: Installation,
  owner: OsUser,
  signal?: AbortSignal,
): Promise<string> {
  const existing = await lstat(path).catch(() => undefined);
  if (existing !== undefined && existing.mtimeMs > Date.now() - TOO_OLD_MS) {
    // The name can be guessed: a folder that somebody else put there is not used.
    const ours = existing.isDirectory() && existing.uid === owner.uid && (existing.mode & 0o077) === 0;
    if (ours) return path;
  }
  const work = await mkdtemp(join(tmpdir(), 'goatherd-lab-initdb-'));
  try {
    await chown(work, owner.uid, owner.gid);
    const made = join(work, 'data');
    await runProgram(join(installation.bindir, 'initdb'), [...INITDB, '-D', made], {
      as: owner,
      timeoutMs: 120_000,
      ...(signal === undefined ? {} : { signal }),
    });
    if (existing !== undefined) await rename(path, join(work, 'old')).catch(() => undefined);
    await rename(made, path).catch((error: unknown) => {
      // Another process was quicker, and its template is as good.
      if (!isErrno(error, 'ENOTEMPTY') && !isErrno(error, 'EEXIST')) throw error;
    });
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
