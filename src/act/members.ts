import type { Link } from '../topology/model.ts';
import type { ActContext } from './context.ts';

/** Addresses of the tables and sequences that stood in a link's relgroup when the plan was made. */
export function membersOf(context: Pick<ActContext, 'observation'>, link: Link): ReadonlySet<string> {
  const control = context.observation.instances[link.instance]?.control ?? null;
  const ids = new Set(control?.herds[link.relgroup]);
  return new Set((control?.goats ?? []).filter((goat) => goat.db === link.aliases.from && ids.has(goat.id)).map((goat) => goat.address));
}
