import { expect, test } from 'vitest';
import { leftNote } from '../../../src/plan/outline/summaries.ts';

test('links whose tables a person has to look at are named, as the file names them, and no others', () => {
  const link = (id: string, suspect: string | null) => ({ address: `orders/${id}`, suspect });
  const links = [link('a-b', null), link('b-c', 'TriggerMissing: public.items'), link('c-d', 'MakedeltaOff')];
  expect(leftNote({ links, diagnostics: [] })).toBe('Suspect: b-c, c-d');
  const of = (id: string, severity: 'error' | 'warning') => ({ address: `orders/${id}`, severity });
  const diagnostics = [of('a-b', 'error'), of('a-b', 'error'), of('b-c', 'warning')];
  expect(leftNote({ links, diagnostics })).toBe('Preflight errors: a-b. Suspect: b-c, c-d');
  expect(leftNote({ links: [link('a-b', null)], diagnostics })).toBe('Preflight errors: a-b');
  expect(leftNote({ links: [link('a-b', null)], diagnostics: [] })).toBeNull();
});
