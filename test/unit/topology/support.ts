import { join } from 'node:path';
import type { Files } from '../../../src/lib/files.ts';

/** The files below a directory under their names in it, so that messages do not hold the path of a checkout. */
export function filesBelow(directory: string, files: Files): Files {
  const inside = (path: string): string => join(directory, path);
  return {
    kind: (path) => files.kind(inside(path)),
    list: (path) => files.list(inside(path)),
    identity: (path) => files.identity(inside(path)),
    read: (path, limit) => files.read(inside(path), limit),
  };
}

/** Files in memory; a path that ends in a slash is a directory without any. */
export function filesOf(texts: Readonly<Record<string, string | Uint8Array>>): Files {
  const directories = new Set(Object.keys(texts).map((path) => path.slice(0, path.lastIndexOf('/'))));
  const plain = (path: string): string => path.replace(/\/+$/, '');
  return {
    kind: async (path) =>
      texts[path] !== undefined && !path.endsWith('/') ? 'file' : directories.has(plain(path)) ? 'directory' : 'missing',
    list: async (path) =>
      Object.keys(texts)
        .filter((name) => name.startsWith(`${plain(path)}/`))
        .map((name) => name.slice(plain(path).length + 1))
        .filter((name) => name !== '' && !name.includes('/')),
    identity: async (path) => path,
    read: async (path, limit) => {
      const text = texts[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return (typeof text === 'string' ? new TextEncoder().encode(text) : text).subarray(0, limit);
    },
  };
}
