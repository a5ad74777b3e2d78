import type { Plan } from '../model.ts';

/**
 * Whether all that is declared stands as declared, and nothing is left to do: what drifted besides can only be ended by another declaration,
 * such as a partition that no pattern names. It is counted and shown as drift, and holds no `Ready`.
 */
export function standsAsDeclared({ verdict, steps, changes }: Pick<Plan, 'verdict' | 'steps' | 'changes'>): boolean {
  if (verdict === 'in_sync') return true;
  return verdict === 'drift' && steps.length === 0 && changes.every(({ drift }) => drift?.step === null);
}
