/** PATHs -> topologies. What reads is given, so that this file is pure but for waiting. */
import type { Files } from '../lib/files.ts';
import { defaultHostConfig, readHostConfig } from './host/host-config.ts';
import type { HostConfig, Problem, Topology } from './model.ts';
import { MAX_BYTES } from './yaml/parse.ts';
import { readTopology } from './resolve.ts';
import { checkSet, type LoadedTopology } from './sets.ts';
import { compare, sortProblems } from './yaml/source.ts';

export interface LoadedTopologies {
  /** Those without an error, in the order of their files. */
  readonly topologies: readonly Topology[];
  /** Errors and warnings of all files, by file, line and column. */
  readonly problems: readonly Problem[];
}

export const DEFAULT_PATH = 'topologies/';
const DEFAULT_CONFIG = '/etc/goatherd/goatherd.yaml';

/** Reads files, and the `*.yaml` and `*.yml` of directories (not of those below, nor hidden ones); without a path `topologies/`. */
export async function loadTopologies(paths: readonly string[], files: Files): Promise<LoadedTopologies> {
  const problems: Problem[] = [];
  const loaded: LoadedTopology[] = [];
  for (const file of await findFiles(paths.length === 0 ? [DEFAULT_PATH] : paths, files, problems)) {
    const text = await readText(file, files);
    if (typeof text !== 'string') {
      problems.push(text);
      continue;
    }
    const { topology, parsed, problems: found } = readTopology(file, text);
    problems.push(...found);
    if (topology !== undefined && parsed !== undefined) loaded.push({ topology, parsed });
  }
  const between = checkSet(loaded);
  const refused = new Set(between.flatMap(({ files: both }) => both));
  return {
    topologies: loaded.map(({ topology }) => topology).filter(({ file }) => !refused.has(file)),
    problems: sortProblems([...problems, ...between.map(({ problem }) => problem)]),
  };
}

/**
 * The host settings: from the file that `--config` names, else `GOATHERD_CONFIG`, else /etc/goatherd/goatherd.yaml; never from the
 * working directory. A named file must exist; without the last one the defaults hold.
 */
export async function loadHostConfig(
  named: { readonly option?: string | undefined; readonly environment?: string | undefined },
  files: Files,
): Promise<{ readonly config?: HostConfig; readonly problems: readonly Problem[] }> {
  // An empty variable is how shells leave one unset.
  const name = named.option ?? (named.environment === '' ? undefined : named.environment);
  const file = name ?? DEFAULT_CONFIG;
  if (name === undefined && (await kindOf(file, files)) === 'missing') return { config: defaultHostConfig, problems: [] };
  const text = await readText(file, files);
  return typeof text === 'string' ? readHostConfig(file, text) : { problems: [text] };
}

/** Whether one of the PATHs is a directory, so that a topology that none of its files names is missing from it. */
export async function readsDirectory(paths: readonly string[], files: Files): Promise<boolean> {
  const kinds = await Promise.all((paths.length === 0 ? [DEFAULT_PATH] : paths).map((path) => kindOf(path, files)));
  return kinds.includes('directory');
}

async function findFiles(paths: readonly string[], files: Files, problems: Problem[]): Promise<string[]> {
  const found = new Map<string, string>();
  const add = async (path: string): Promise<void> => {
    const identity = await files.identity(path).catch(() => path);
    if (!found.has(identity)) found.set(identity, path);
  };
  for (const path of paths) {
    if ((await kindOf(path, files)) !== 'directory') {
      await add(path);
      continue;
    }
    try {
      const inside = await filesIn(path, files);
      if (inside.length === 0)
        problems.push(whole(path, 'NoTopology', 'the directory holds no topology', 'topologies are files that end in .yaml or .yml'));
      for (const file of inside) await add(file);
    } catch (error) {
      problems.push(unreadable(path, error));
    }
  }
  return [...found.values()].toSorted(compare);
}

async function filesIn(directory: string, files: Files): Promise<string[]> {
  const names = (await files.list(directory)).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  const paths = names.map((name) => `${directory.replace(/\/+$/, '') || (directory.startsWith('/') ? '' : '.')}/${name}`);
  const kinds = await Promise.all(paths.map(async (path) => kindOf(path, files)));
  return paths.filter((_path, index) => kinds[index] !== 'directory');
}

/** What cannot be looked at counts as a file: reading it says why. */
async function kindOf(path: string, files: Files): ReturnType<Files['kind']> {
  try {
    return await files.kind(path);
  } catch {
    return 'file';
  }
}

async function readText(file: string, files: Files): Promise<string | Problem> {
  try {
    switch (await files.kind(file)) {
      case 'missing':
        return whole(
          file,
          'NoFile',
          'there is no such file or directory',
          file === DEFAULT_PATH ? 'this is the PATH unless another is given: name the file or directory of your topologies' : undefined,
        );
      case 'directory':
        return whole(file, 'Unreadable', 'this is a directory, and a file is wanted');
      case 'other':
        // Reading a pipe or a device might wait for ever.
        return whole(file, 'Unreadable', 'this is no regular file');
      case 'file':
    }
    const bytes = await files.read(file, MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES)
      return whole(file, 'FileTooLarge', 'the file is larger than 1 MiB', 'no topology needs that much; is it the right file?');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return whole(file, 'NotUtf8', 'the file is not text in UTF-8', 'save it as UTF-8');
    return unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): Problem {
  const code = (error as { readonly code?: unknown } | null)?.code;
  const reason =
    code === 'EACCES' || code === 'EPERM' ? 'it may not be read by this user' : typeof code === 'string' ? code : 'reading it failed';
  return whole(file, 'Unreadable', `cannot be read: ${reason}`);
}

function whole(file: string, code: string, message: string, hint?: string): Problem {
  return { severity: 'error', code, message, ...(hint === undefined ? {} : { hint }), at: { file, line: 0, column: 0 } };
}
