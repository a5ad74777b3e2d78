import { type Case, converged, planOf } from './case.ts';

/** `copy_generation` of a -> b is raised: its copy is made again, and on b -> c below it, which forces both to stand still (rule 7). */
export const copyAgain = (): Case => ({
  plan: planOf(
    converged('links: [{from: a, to: b, copy_data: always}, b -> c]'),
    'links: [{from: a, to: b, copy_data: always, copy_generation: 2}, b -> c]',
  ),
});
