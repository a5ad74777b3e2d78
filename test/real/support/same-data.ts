import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Lab } from '../../../src/lab/lab.ts';
import { checksums } from './checksums.ts';
import { eventually } from './eventually.ts';
import { clusterOf } from './use-lab.ts';

export type Contents = Readonly<Record<string, string>>;

export function contentsOf(lab: Lab, name: string): Promise<Contents> {
  return checksums(clusterOf(lab, name), lab.dbname);
}

/** Waits until the named databases hold what the first of them holds now, and gives that. Where they do not, the differences are shown. */
export async function expectSameData(lab: Lab, first: string, ...others: readonly string[]): Promise<Contents> {
  const wanted = await contentsOf(lab, first);
  for (const name of others) {
    try {
      await eventually(() => contentsOf(lab, name), { everyMs: 250, timeoutMs: 180_000, until: (now) => isDeepStrictEqual(now, wanted) });
    } catch {
      expect({ database: name, ...(await contentsOf(lab, name)) }).toEqual({ database: name, ...wanted });
    }
  }
  return wanted;
}
