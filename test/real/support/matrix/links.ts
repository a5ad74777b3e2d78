import { expect } from 'vitest';
import { expectNothingLeft, reconciled, said } from '../reconciled.ts';
import { onEach } from '../steady.ts';
import { CHAIN, type Change, STOCK, type Stage, copied } from './change.ts';

/** Links that come and go: fan-outs, databases that join, leave, and join again. */
export const linkChanges = ({ lab, put }: Stage): readonly Change[] => [
  { what: 'a chain becomes a fan-out', edit: put({ links: ['a -> b', 'a -> c'] }), suspect: [`orders/a-c: ${STOCK}`], sample: true },
  { what: 'and a chain again', edit: put({ links: CHAIN }), suspect: [`orders/b-c: ${STOCK}`], sample: true },
  { what: 'C is removed', edit: put({ links: ['a -> b'] }), same: ['a', 'b'] },
  {
    what: 'C joins a live A -> B, empty',
    edit: async () => {
      await onEach(lab(), ['c'], 'TRUNCATE items, moves, notes, shaped');
      await put({ links: CHAIN })();
    },
  },
  { what: 'C is removed again', edit: put({ links: ['a -> b'] }), same: ['a', 'b'] },
  {
    what: 'C joins with its old rows, and is not taken for equal until they are copied',
    edit: async () => {
      await put({ links: CHAIN })();
      await reconciled(lab());
      expect(said(await expectNothingLeft(lab()), 'SkippedNotEmpty')).toEqual([`orders/b-c: ${STOCK}`]);
      await put({ links: ['a -> b', copied('b', 'c', { copy_generation: 2 })] })();
    },
  },
  {
    what: 'A is removed, and B -> C lives on',
    edit: put({ links: ['b -> c'] }),
    same: ['b', 'c'],
  },
  {
    what: 'A is there again: B is copied from it, and C from B',
    edit: put({ links: [copied('a', 'b'), 'b -> c'] }),
  },
  {
    what: 'B is taken out of the middle',
    edit: put({ links: [copied('a', 'c')] }),
    same: ['a', 'c'],
  },
  {
    what: 'B is put into the middle again',
    edit: async () => {
      await onEach(lab(), ['b'], 'TRUNCATE items, moves, notes, shaped');
      await put({ links: ['a -> b', copied('b', 'c')] })();
    },
  },
  { what: 'the links are declared as they were', edit: put({ links: CHAIN }), steps: [] },
];
