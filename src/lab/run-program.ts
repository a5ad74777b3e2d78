import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { execa } from 'execa';
import { GoatherdError } from '../lib/errors.ts';

/** An operating system user, as `spawn` wants it. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface RunOptions {
  /** Run as this user; only root may name another one than itself. */
  readonly as?: OsUser;
  readonly timeoutMs: number;
  /** Where it works, by which it is found when whoever started it was killed; `/` unless told, as the caller's own may be closed to the user. */
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs one program without a shell and gives its standard output.
 * The environment is made anew: a PGDATA, PGPORT or PGOPTIONS of the caller must not reach the lab's servers.
 * @throws GoatherdError `ProgramFailed` with the end of what the program said, also when it ran into its time-out
 */
export async function runProgram(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const switchUser = options.as !== undefined && process.getuid?.() === 0 && options.as.uid !== 0;
  const result = await execa(command, args, {
    reject: false,
    stdin: 'ignore',
    cwd: options.cwd ?? '/',
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', HOME: '/' },
    timeout: options.timeoutMs,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(switchUser ? { uid: options.as.uid, gid: options.as.gid } : {}),
  });
  if (!result.failed) return result.stdout;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-8).join('\n');
  const how = result.timedOut ? `did not finish within ${options.timeoutMs / 1000} s` : 'failed';
  throw new GoatherdError('ProgramFailed', `${basename(command)} ${how}${said === '' ? '' : `:\n${said}`}`, { cause: result });
}

/**
 * The user the lab's servers run as: the caller, or `postgres` when the caller is root, because PostgreSQL refuses to run as root.
 * @throws GoatherdError `NoServerUser` where root has no `postgres` user to give them to
 */
export async function serverUser(): Promise<OsUser> {
  const me = userInfo();
  if (me.uid !== 0) return { name: me.username, uid: me.uid, gid: me.gid };
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => runProgram('id', [flag, 'postgres'], { timeoutMs: 10_000 })));
    return { name: 'postgres', uid: Number(uid), gid: Number(gid) };
  } catch (cause) {
    throw new GoatherdError('NoServerUser', 'PostgreSQL does not run as root, and this machine has no user postgres', {
      hint: 'run as an ordinary user, or install the package postgresql',
      cause,
    });
  }
}
