import type { Files } from '../../lib/files.ts';

interface Entry {
  readonly kind: 'file' | 'directory' | 'other';
  readonly object: string;
}

/** Runs git and gives its output. */
type Git = (words: readonly string[]) => Promise<Uint8Array>;

/**
 * One directory (or file) of one commit as files to be read. Symbolic links and submodules are neither followed nor read: what they lead to is
 * not part of the commit.
 */
export async function filesOfCommit(git: Git, commit: string, directory: string): Promise<Files> {
  const entries = new Map<string, Entry>();
  const add = (text: string): void => {
    for (const line of text.split('\0')) {
      const found = /^(?<mode>\d+) \w+ (?<object>[0-9a-f]+)\t(?<name>.*)$/s.exec(line)?.groups;
      if (found !== undefined) entries.set(found['name'] ?? '', { kind: kindOf(found['mode'] ?? ''), object: found['object'] ?? '' });
    }
  };
  const list = async (place: string): Promise<string> => new TextDecoder().decode(await git(['ls-tree', '-z', commit, '--', place]));
  if (directory !== '.') add(await list(directory));
  if (directory === '.' || entries.get(directory)?.kind === 'directory') add(await list(directory === '.' ? '.' : `${directory}/`));
  const below = directory === '.' ? '' : `${directory}/`;
  return {
    kind: (path) => Promise.resolve(directory === '.' && path === '.' ? 'directory' : (entries.get(plain(path))?.kind ?? 'missing')),
    list: () =>
      Promise.resolve(
        [...entries.keys()].filter((name) => name.startsWith(below) && name !== directory).map((name) => name.slice(below.length)),
      ),
    identity: (path) => Promise.resolve(plain(path)),
    read: async (path, limit) => {
      const entry = entries.get(plain(path));
      if (entry === undefined) throw Object.assign(new Error(`no ${path} in ${commit}`), { code: 'ENOENT' });
      return (await git(['cat-file', 'blob', entry.object])).subarray(0, limit);
    },
  };
}

function plain(path: string): string {
  return path.replace(/^\.\//, '');
}

function kindOf(mode: string): Entry['kind'] {
  if (mode === '040000') return 'directory';
  return mode === '100644' || mode === '100755' ? 'file' : 'other';
}
