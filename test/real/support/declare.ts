import { readFile, writeFile } from 'node:fs/promises';
import { isMap, parseDocument } from 'yaml';
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
