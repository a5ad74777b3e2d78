import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { watch, type FSWatcher } from 'chokidar';
import { GoatherdError } from '../../lib/errors.ts';
import type { Files } from '../../lib/files.ts';
import { type LoadedTopologies, loadTopologies } from '../../topology/load.ts';
import type { Reading, Source } from './reading.ts';

/** A change is believed when it reads the same this much later: an editor may be in the middle of writing. */
const SETTLES_MS = 150;
const TRIES = 20;

interface Text {
  readonly revision: string;
  readonly loaded: LoadedTopologies;
}

/** A directory of topology files, or one file. */
export function directorySource(path: string, files: Files, everyMs: number): Source {
  let last: Text | null = null;
  let watcher: FSWatcher | null = null;
  return {
    kind: 'directory',
    place: path,
    ref: null,
    everyMs,
    read: async (): Promise<Reading> => {
      let found = await readOnce(path, files);
      for (let tries = 0; last !== null && found.revision !== last.revision && tries < TRIES; tries += 1) {
        await delay(SETTLES_MS);
        const again = await readOnce(path, files);
        if (again.revision === found.revision) break;
        found = again;
      }
      refuseEmpty(path, found.loaded);
      last = found;
      return { revision: found.revision, ...found.loaded };
    },
    watch: (nudge) => {
      watcher = watchDirectory(path, nudge);
    },
    close: async () => {
      await watcher?.close();
    },
  };
}

/** Reads every file once, and hashes what was read: the same bytes under the same names are the same revision. */
async function readOnce(path: string, files: Files): Promise<Text> {
  const read = new Map<string, string>();
  const recording: Files = {
    ...files,
    read: async (file, limit) => {
      const bytes = await files.read(file, limit);
      read.set(file, createHash('sha256').update(bytes).digest('hex'));
      return bytes;
    },
  };
  const loaded = await loadTopologies([path], recording);
  const hash = createHash('sha256');
  for (const file of [...read.keys()].toSorted()) hash.update(`${file}\0${read.get(file)}\n`);
  // A file that cannot be read has no bytes: that it is there, and why, tells one revision from another.
  for (const { at, code } of loaded.problems) if (!read.has(at.file)) hash.update(`${at.file}\0${code}\n`);
  return { revision: hash.digest('hex').slice(0, 40), loaded };
}

/** A source without a file is never taken for the wish to have nothing (rule 13). Files that are broken are told as problems. */
export function refuseEmpty(place: string, { topologies, problems }: LoadedTopologies): void {
  if (topologies.length > 0) return;
  const whole = problems.find((problem) => problem.at.file === place && problem.at.line === 0);
  if (whole !== undefined)
    throw new GoatherdError(whole.code === 'Unreadable' ? 'SourceInvalid' : 'SourceEmpty', `${place}: ${whole.message}`);
  if (problems.length === 0) throw new GoatherdError('SourceEmpty', `${place} holds no topology`);
}

/** Watches what stands directly in the directory: a ConfigMap's files are links into `..data`, whose swap is seen there. */
function watchDirectory(path: string, nudge: () => void): FSWatcher {
  const watcher = watch(path, { ignoreInitial: true, depth: 1, atomic: true, ignorePermissionErrors: true });
  watcher.on('all', nudge);
  // Out of watches, or the directory is gone: the scan that comes anyway has to do.
  watcher.on('error', () => undefined);
  return watcher;
}
