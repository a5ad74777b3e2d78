import { expect, test } from 'vitest';
import { suspectNote } from '../../../src/plan/outline/summaries.ts';

test('links whose tables a person has to look at are named, as the file names them, and no others', () => {
  const link = (id: string, suspect: string | null) => ({ address: `orders/${id}`, suspect });
  expect(suspectNote([link('a-b', null), link('b-c', 'TriggerMissing: public.items'), link('c-d', 'MakedeltaOff')])).toBe(
    'Suspect: b-c, c-d',
  );
  expect(suspectNote([link('a-b', null)])).toBeNull();
});
