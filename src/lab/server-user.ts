import { userInfo } from 'node:os';
import { GoatherdError } from '../lib/errors.ts';
import { type OsUser, runProgram } from './run-program.ts';

/**
 * The user the lab's servers run as: the caller, or `postgres` when the caller is root, because PostgreSQL refuses to run as root.
 * @throws GoatherdError `NoServerUser` where root has no `postgres` user to give them to
 */
export async function serverUser(): Promise<OsUser> {
  const me = userInfo();
  if (me.uid !== 0) return { name: me.username, uid: me.uid, gid: me.gid };
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map((flag) => runProgram('id', [flag, 'postgres'], { timeoutMs: 10_000 })),
    );
    return { name: 'postgres', uid: Number(uid), gid: Number(gid) };
  } catch (cause) {
    throw new GoatherdError('NoServerUser', 'PostgreSQL does not run as root, and this machine has no user postgres', {
      hint: 'run as an ordinary user, or install the package postgresql',
      cause,
    });
  }
}
