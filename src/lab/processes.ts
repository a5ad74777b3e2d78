import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/**
 * Processes that work below `folder`. A postmaster and all its children have their data directory as working directory, so this finds
 * them whatever a pid file says: after a crash, after a reboot, and backends that outlived their postmaster.
 */
export async function processesWorkingBelow(folder: string): Promise<readonly number[]> {
  let refused = false;
  const pids = await matching(async (pid) => {
    try {
      const cwd = await readlink(`/proc/${pid}/cwd`);
      return cwd === folder || cwd.startsWith(`${folder}/`);
    } catch (error) {
      refused ||= isErrno(error, 'EACCES');
      return false;
    }
  });
  // In most containers root is without the capability to look at other users' processes; then the folder's owner looks.
  return refused && process.getuid?.() === 0 ? await lookAsOwner(folder) : pids;
}

async function lookAsOwner(folder: string): Promise<readonly number[]> {
  const owner = await lstat(folder).catch(() => undefined);
  if (owner === undefined) return [];
  const literal = folder.replaceAll(/[*?[\]\\]/g, String.raw`\$&`);
  const args = ['/proc', '-maxdepth', '2', '-name', 'cwd', '(', '-lname', literal, '-o', '-lname', `${literal}/*`, ')'];
  // It fails in any case: other users' processes are closed to it.
  const found = await execa('find', args, {
    reject: false,
    cwd: '/',
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: 30_000,
    uid: owner.uid,
    gid: owner.gid,
  });
  return [...found.stdout.matchAll(/^\/proc\/(\d+)\/cwd$/gm)].map((match) => Number(match[1]));
}

/** Bucardo's processes with a TCP connection to one of these ports of 127.0.0.1. */
export async function bucardoProcessesConnectedTo(ports: readonly number[]): Promise<readonly number[]> {
  const sockets = await socketsTo(ports);
  return matching(async (pid) => {
    if (!(await isBucardo(pid))) return false;
    const handles = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(handles.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    return targets.some((target) => sockets.has(target));
  });
}

/** Whether this pid is a Bucardo daemon now; the titles begin `Bucardo Master`, `Bucardo Controller`, `Bucardo Kid`, `Bucardo VAC`. */
export async function isBucardo(pid: number): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.startsWith('Bucardo');
}

/** Sends a signal; a process that has gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/** Asks `remaining` until it gives none; gives what is left when the time is over. */
export async function waitUntilGone(remaining: () => Promise<readonly number[]>, timeoutMs: number): Promise<readonly number[]> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const left = await remaining();
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(30);
  }
}

async function matching(test: (pid: number) => Promise<boolean>): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  // A process that ends meanwhile, or belongs to another user, is not one of ours.
  const hits = await Promise.all(pids.map((pid) => test(pid).catch(() => false)));
  return pids.filter((_, index) => hits[index] === true);
}

/** The client ends of connections to these ports, as /proc names an open socket. */
async function socketsTo(ports: readonly number[]): Promise<ReadonlySet<string>> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '');
  // proc(5): sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …; the address is in host byte order.
  const wanted = new Set(ports.map((port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`));
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return new Set(rows.filter((row) => wanted.has(row[2] ?? '')).map((row) => `socket:[${row[9]}]`));
}

/** Whether `error` is a system error with this name (`ENOENT`). */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
