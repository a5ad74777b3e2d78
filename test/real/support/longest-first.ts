import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, the longest first, as a run on a quiet machine found them: one of them alone at the end would keep the other worker waiting. */
const LONG = [
  'matrix',
  'world',
  'edits',
  'crash',
  'controller',
  'bench',
  'pagila-cascade',
  'lost-lock',
  'removal',
  'shapes',
  'drift',
  'renames',
  'instances',
  'lab',
  'copy-again',
  'shared-instance',
  'hot-table',
  'destroy',
  'detached',
  'wrapper-adoption',
  'shared-source',
  'dry-run',
];

/** Begins the long real tests first, the others in the order of their names. */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.indexOf(basename(moduleId, '.test.ts'));
      return place === -1 ? LONG.length : place;
    };
    const byName = files.toSorted((one, other) => (one.moduleId < other.moduleId ? -1 : 1));
    return Promise.resolve(byName.toSorted((one, other) => rank(one) - rank(other)));
  }
}
