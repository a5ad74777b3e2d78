import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take a minute or more, the longest first: one of them alone at the end would keep the other worker waiting. */
const LONG = [
  'crash',
  'drift',
  'edits',
  'removal',
  'world',
  'pagila-cascade',
  'matrix',
  'controller',
  'faults',
  'renames',
  'bench',
  'shapes',
  'lab',
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
