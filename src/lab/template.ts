import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isErrno } from './processes.ts';
import type { Installation } from './installation.ts';
import { type OsUser, runProgram } from './run-program.ts';

const INITDB = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
const TEMPLATE = 'goatherd-lab-template';
const WORK = 'goatherd-lab-initdb';

// Cleaners of the temporary folder take single old files away; a template is given up before they would touch it.
const TOO_OLD_MS = 2 * 24 * 3_600_000;

/**
 * Makes `dataDir` a freshly initialised cluster that belongs to `owner`. `initdb` runs once for each user and version of PostgreSQL: its
 * result stays in the temporary folder as a template that is copied, as a reflink where the file system can.
 */
export async function placeDataDirectory(installation: Installation, owner: OsUser, dataDir: string, signal?: AbortSignal): Promise<void> {
  // It works below the lab's folder: what an interrupted start leaves is found and ended by that.
  const options = { as: owner, cwd: dirname(dataDir), timeoutMs: 120_000, ...(signal === undefined ? {} : { signal }) };
  const template = await templateFor(installation, owner);
  try {
    if (await isUsable(template, owner)) {
      await runProgram('cp', ['-a', '--reflink=auto', template, dataDir], options);
      return;
    }
  } catch {
    signal?.throwIfAborted();
    // Somebody replaced or cleaned the template meanwhile, or this cp knows no reflinks.
    await rm(dataDir, { recursive: true, force: true });
  }
  await runProgram(join(installation.bindir, 'initdb'), [...INITDB, '-D', dataDir], options);
}

/** Removes the templates of this user of servers. */
export async function removeTemplates(owner: OsUser): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(`${TEMPLATE}-${owner.uid}-`)) continue;
    const path = join(tmpdir(), name);
    if ((await lstat(path)).uid === owner.uid) await rm(path, { recursive: true, force: true });
  }
}

/** Removes what an `initdb` for a template left when the process that ran it was killed. */
export async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const maker = new RegExp(`^${WORK}-(\\d+)-`).exec(name)?.[1];
    if (maker === undefined || existsSync(`/proc/${maker}`)) continue;
    // Another user's is not ours to remove, and will not let us.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

const building = new Map<string, Promise<void>>();

/** The folder of the template; made by whoever comes first, in this process and, by an atomic rename, between processes. */
async function templateFor(installation: Installation, owner: OsUser): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([installation, INITDB]))
    .digest('hex')
    .slice(0, 12);
  const path = join(tmpdir(), `${TEMPLATE}-${owner.uid}-${key}`);
  const running = building.get(path) ?? ensureTemplate(path, installation, owner);
  building.set(path, running);
  try {
    await running;
    return path;
  } finally {
    building.delete(path);
  }
}

async function ensureTemplate(path: string, installation: Installation, owner: OsUser): Promise<void> {
  const ours = await isUsable(path, owner);
  if (ours && (await lstat(path)).mtimeMs > Date.now() - TOO_OLD_MS) return;

  await sweepAbandoned();
  const work = await mkdtemp(join(tmpdir(), `${WORK}-${process.pid}-`));
  try {
    await chown(work, owner.uid, owner.gid);
    const made = join(work, 'data');
    await runProgram(join(installation.bindir, 'initdb'), [...INITDB, '-D', made], { as: owner, timeoutMs: 120_000 });
    if (ours) await rename(path, join(work, 'old')).catch(() => undefined);
    await rename(made, path).catch((error: unknown) => {
      // Another process was quicker, and its template is as good; or the name is somebody else's, and the template not used.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EPERM', 'EACCES'].some((code) => isErrno(error, code))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The name can be guessed: a folder that somebody else put there is not used. */
async function isUsable(path: string, owner: OsUser): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === owner.uid && (found.mode & 0o077) === 0;
}
