import { editFile, take } from '../declare.ts';
import { CHAIN, type Change, type Stage } from './change.ts';

/** Databases and links under other names. */
export const nameChanges = ({ lab }: Stage): readonly Change[] => [
  {
    what: 'B has another name',
    edit: () =>
      editFile(lab(), (file) => {
        file.databases['hq'] = { ...take(file, 'b'), renamed_from: 'b' };
        file.links = ['a -> hq', 'hq -> c'];
      }),
    steps: ['rename'],
  },
  {
    what: 'another entry takes the place of C, and its link says as what it stood',
    edit: () =>
      editFile(lab(), (file) => {
        file.databases['far'] = take(file, 'c');
        file.links = ['a -> hq', { from: 'hq', to: 'far', renamed_from: 'hq-c' }];
      }),
    steps: ['rename'],
  },
  {
    what: 'both have their first names',
    edit: () =>
      editFile(lab(), (file) => {
        file.databases['b'] = { ...take(file, 'hq'), renamed_from: 'hq' };
        file.databases['c'] = { ...take(file, 'far'), renamed_from: 'far' };
        file.links = [...CHAIN];
      }),
    steps: ['rename'],
  },
  {
    what: 'their former names leave the file',
    edit: () =>
      editFile(lab(), (file) => {
        for (const name of ['b', 'c']) delete file.databases[name]?.['renamed_from'];
      }),
    steps: [],
  },
];
