import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GoatherdError } from '../lib/errors.ts';
import { type OsUser, runProgram } from './run-program.ts';
import { labPaths, type LabState, writeState } from './state.ts';

/**
 * The folder of a new lab, empty, with no symbolic link in its path: /proc names working directories that way.
 * @throws GoatherdError `PathTooLong`, `BadPath` or `NotEmpty`
 */
export async function makeFolder(given: string | undefined): Promise<{ readonly dir: string; readonly madeDir: boolean }> {
  if (given === undefined) return { dir: await realpath(await mkdtemp(join(tmpdir(), 'goatherd-lab-'))), madeDir: true };
  checkPath(resolve(given));
  const made = await mkdir(given, { recursive: true });
  const dir = await realpath(given);
  checkPath(dir);
  if ((await readdir(dir)).length > 0) {
    throw new GoatherdError('NotEmpty', `${dir} is not empty`, { hint: `a lab there ends with: goatherd lab down --dir ${dir}` });
  }
  return { dir, madeDir: made !== undefined };
}

function checkPath(dir: string): void {
  // sockaddr_un holds 107 bytes and the zero.
  if (Buffer.byteLength(join(labPaths(dir).sockets, '.s.PGSQL.65535')) > 107) {
    throw new GoatherdError('PathTooLong', `${dir} is too long: a socket below it would not fit into the 107 bytes it may have`, {
      hint: 'choose a --dir of at most 85 bytes',
    });
  }
  // The rest because libpq, DSNs and postgresql.conf each give some characters a meaning.
  if (!/^[\p{L}\p{N}/._@+-]+$/u.test(dir)) {
    throw new GoatherdError('BadPath', `${dir} holds a space or another character that connection strings give a meaning`, {
      hint: 'choose another --dir',
    });
  }
}

/**
 * Writes the state, and then makes what the lab keeps in its folder. Daemons and goatherd run as the caller, so everything but the
 * servers' own folders stays the caller's.
 * @throws GoatherdError `NotReachable` where the servers' user cannot come to its folders
 */
export async function furnishFolder(state: LabState): Promise<void> {
  const paths = labPaths(state.dir);
  await writeState(state);
  if (state.madeDir) await chmod(state.dir, 0o755);
  for (const folder of [paths.servers, paths.sockets, paths.logs, paths.pids, paths.topologies]) {
    await mkdir(folder);
    // Whatever the caller's umask says: other people's servers must come to their sockets.
    await chmod(folder, 0o755);
  }
  for (const folder of [paths.servers, paths.sockets]) await chown(folder, state.user.uid, state.user.gid);
  await checkReachable(paths.servers, state.user);
  for (const { passwordFile } of [state.hub, ...state.clusters]) {
    if (passwordFile === null) continue;
    await mkdir(paths.secrets, { mode: 0o700, recursive: true });
    await writeFile(passwordFile, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  }
}

async function checkReachable(folder: string, user: OsUser): Promise<void> {
  try {
    await runProgram('test', ['-w', folder], { as: user, timeoutMs: 10_000 });
  } catch (cause) {
    throw new GoatherdError('NotReachable', `user ${user.name}, who runs the servers, cannot enter ${folder}`, {
      hint: 'choose another --dir, or open each folder above it to others (chmod o+x)',
      cause,
    });
  }
}
