import { diskFiles } from '../../lib/files.ts';
import { loadTopologies } from '../../topology/load.ts';
import type { Names } from './candidates.ts';

/** What the topologies of these PATHs and their links are called; a file that is broken has no names, and is no error here. */
export async function namesOfPaths(paths: readonly string[]): Promise<Names> {
  const { topologies } = await loadTopologies(paths, diskFiles);
  return {
    topologies: topologies.map(({ name }) => name),
    links: topologies.flatMap(({ links }) => links.map((link) => link.address)),
  };
}
