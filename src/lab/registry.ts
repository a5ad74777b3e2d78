import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** A lab this user started and has not taken down yet. */
export interface RegisteredLab {
  readonly dir: string;
  readonly createdAt: string;
  /** Made by a program (tests, benchmarks) for itself: not what `lab down` without a folder means. */
  readonly temporary: boolean;
  /** The process that started it; a temporary lab is not wanted any more when that is gone. */
  readonly pid: number;
}

/**
 * Notes a lab. One file a lab, so that labs that come and go at the same time need no lock.
 * Best effort: a user without a home keeps the notes in the temporary folder.
 */
export async function register(lab: RegisteredLab): Promise<void> {
  for (const folder of folders()) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(join(folder, fileName(lab.dir)), `${JSON.stringify(lab)}\n`);
      return;
    } catch {
      continue;
    }
  }
}

/** Forgets a lab. */
export async function unregister(dir: string): Promise<void> {
  for (const folder of folders()) await rm(join(folder, fileName(dir)), { force: true }).catch(() => undefined);
}

/** The noted labs, newest first. Their folders may be gone. */
export async function registeredLabs(): Promise<readonly RegisteredLab[]> {
  const labs: RegisteredLab[] = [];
  for (const folder of folders()) {
    for (const name of await readdir(folder).catch(() => [])) {
      const lab = await readEntry(join(folder, name));
      if (lab !== undefined) labs.push(lab);
    }
  }
  return labs.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

function folders(): readonly string[] {
  const state = process.env['XDG_STATE_HOME'];
  const base = state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return [join(base, 'goatherd', 'labs'), join(tmpdir(), `goatherd-labs-${userInfo().uid}`)];
}

function fileName(dir: string): string {
  return `${createHash('sha256').update(dir).digest('hex').slice(0, 16)}.json`;
}

async function readEntry(path: string): Promise<RegisteredLab | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('dir' in value) || typeof value.dir !== 'string' || !isAbsolute(value.dir)) return undefined;
    if (!('createdAt' in value) || typeof value.createdAt !== 'string') return undefined;
    const pid = 'pid' in value && typeof value.pid === 'number' ? value.pid : 0;
    return { dir: value.dir, createdAt: value.createdAt, temporary: 'temporary' in value && value.temporary === true, pid };
  } catch {
    return undefined;
  }
}
