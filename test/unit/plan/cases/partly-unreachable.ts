import { type Case, converged, planOf } from './case.ts';

/** C does not answer, and the daemon of a -> b is dead: a -> b is brought up, b -> c is left as it is. */
export const partlyUnreachable = (): Case => {
  const world = converged();
  const instance = world.instances['orders_a_b'];
  if (instance !== undefined) instance.daemon = null;
  const c = world.databases['c'];
  if (c !== undefined) c.reachable = false;
  return { plan: planOf(world) };
};
