import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** The title of a process, or null when it does not live (a zombie does not). Bucardo's processes describe themselves there (FACTS 4.1). */
export function processTitle(pid: number): string | null {
  try {
    if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return null;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return null;
  }
}

/**
 * Whether the process of this number, on this host, is one of Bucardo's that may belong to the instance. A daemon works in the pid directory
 * of its instance, where goatherd starts it; one that works in that of another instance is another's, whatever a session says: in
 * containers, and on two hosts, the same numbers occur.
 */
export function mayBelongTo(pid: number, pidDir: string, instance: string): boolean {
  if (processTitle(pid)?.startsWith('Bucardo') !== true) return false;
  const directory = workingDirectory(pid);
  const all = realPath(pidDir);
  return directory === null || path.dirname(directory) !== all || directory === path.join(all, instance);
}

/**
 * Bucardo's processes that were started for the instance on this host, whatever they are connected to: a master that sleeps before it starts
 * itself anew, as it does after a database was away, has neither a session nor a pid file.
 */
export function instanceProcesses(pidDir: string, instance: string): readonly number[] {
  const directory = path.join(realPath(pidDir), instance);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingDirectory(pid) === directory && processTitle(pid)?.startsWith('Bucardo') === true);
}

/** Null for a process that is gone, or that is another user's. */
function workingDirectory(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}
