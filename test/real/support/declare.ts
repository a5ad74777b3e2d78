import { readFile, writeFile } from 'node:fs/promises';
import { isMap, parse, parseDocument, stringify } from 'yaml';
import type { Lab } from '../../../src/lab/lab.ts';

/**
 * Puts keys over those of the lab's topology file: `links`, `copy_data` and so on. Keys of a database, as in `databases: {b: {cascade: false}}`,
 * are added to its connection; null takes a key away.
 */
export async function declare(lab: Lab, keys: Readonly<Record<string, unknown>>): Promise<void> {
  const document = parseDocument(await readFile(lab.topologyFile, 'utf8'));
  const put = (path: readonly string[], value: unknown): void => {
    if (value === null) document.deleteIn(path);
    else document.setIn(path, document.createNode(value));
  };
  for (const [key, value] of Object.entries(keys)) {
    if (key !== 'databases') put([key], value);
    else
      for (const [name, more] of Object.entries(value as Readonly<Record<string, Readonly<Record<string, unknown>>>>)) {
        if (!isMap(document.getIn(['databases', name]))) throw new Error(`the lab has no database ${name}`);
        for (const [own, one] of Object.entries(more)) put(['databases', name, own], one);
      }
  }
  await writeFile(lab.topologyFile, String(document));
}

/** A topology file as its text has it. */
export interface File {
  databases: Record<string, Record<string, unknown>>;
  links: unknown[];
}

/** Writes the lab's topology file anew. */
export async function editFile(lab: Lab, change: (file: File) => void): Promise<void> {
  const file = parse(await readFile(lab.topologyFile, 'utf8')) as File;
  change(file);
  await writeFile(lab.topologyFile, stringify(file));
}

/** Takes a database's entry out and gives it. */
export function take(file: File, name: string): Record<string, unknown> {
  const entry = file.databases[name];
  if (entry === undefined) throw new Error(`no database ${name}`);
  delete file.databases[name];
  return entry;
}
