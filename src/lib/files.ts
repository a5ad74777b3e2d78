import { open, readdir, realpath, stat } from 'node:fs/promises';

/** What a path leads to. */
export type FileKind = 'file' | 'directory' | 'other' | 'missing';

/** Reading of files, as readers take it: pure code is given one and tests give theirs. Failures are thrown with an errno in `code`. */
export interface Files {
  kind(path: string): Promise<FileKind>;
  /** The names in a directory, unsorted. */
  list(directory: string): Promise<readonly string[]>;
  /** One name for each file, whatever leads to it. */
  identity(path: string): Promise<string>;
  /** At most `limit` bytes from the start. */
  read(path: string, limit: number): Promise<Uint8Array>;
}

/** The disk. */
export const diskFiles: Files = {
  async kind(path) {
    try {
      const found = await stat(path);
      return found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
      throw error;
    }
  },
  list: (directory) => readdir(directory),
  identity: (path) => realpath(path),
  async read(path, limit) {
    await using file = await open(path, 'r');
    const buffer = Buffer.alloc(limit);
    let length = 0;
    // A read may give less than it is asked for.
    for (let got = -1; got !== 0 && length < limit; length += got) {
      got = (await file.read(buffer, length, limit - length)).bytesRead;
    }
    return buffer.subarray(0, length);
  },
};
