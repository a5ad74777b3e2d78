import { expect } from 'vitest';
import { accepted, driftsBy, handsOn, together } from '../drifts.ts';
import { planOf, reconciled } from '../reconciled.ts';
import type { Change, Stage } from './change.ts';

/** Everything drifts that can, at once. */
export function driftChanges({ lab, a }: Stage): readonly Change[] {
  const drifts = together(driftsBy(handsOn(lab)));
  return [
    {
      what: 'everything drifts that can',
      edit: async () => {
        for (const drift of drifts) await drift.inject();
        const plan = await planOf(lab(), 2, '--detailed-exitcode');
        expect(plan.changes.map((change) => change.action)).toEqual(plan.changes.map(() => 'drift'));
        await reconciled(lab());
        const { links } = await planOf(lab());
        expect(links.every((link) => link.suspect !== null)).toBe(true);
        // What was lost is noted anew.
        await a('UPDATE items SET name = name; UPDATE moves SET amount = amount; UPDATE notes SET note = note');
        for (const { address } of links) await accepted(lab(), address, 'compared');
      },
      steps: [],
    },
  ];
}
