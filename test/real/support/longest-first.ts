import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, the longest first, as one run on a busy machine found them: one of them alone at the end would keep the other worker waiting. */
const LONG = [
  'crash',
  'edits',
  'renames',
  'drift',
  'reshape',
  'pagila-cascade',
  'removal',
  'world',
  'bench',
  'lab',
  'shapes',
  'controller',
  'secrets',
  'matrix',
  'hot-table',
  'preflight',
  'faults',
  'instances',
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
