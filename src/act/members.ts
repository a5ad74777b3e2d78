import type { Link } from '../topology/model.ts';
import type { ActContext } from './context.ts';

/**
 * Addresses of the tables and sequences that stood in a link's relgroup when the plan was made: of one that moves to another instance, where it
 * comes from too, for it replicates these until it runs there.
 */
export function membersOf({ observation }: Pick<ActContext, 'observation'>, link: Link): ReadonlySet<string> {
  const places = [{ instance: link.instance, aliases: link.aliases }, ...(link.leaves ?? [])];
  return new Set(
    places.flatMap(({ instance, aliases }) => {
      const control = observation.instances[instance]?.control ?? null;
      const ids = new Set(control?.herds[link.relgroup]);
      return (control?.goats ?? []).filter((goat) => goat.db === aliases.from && ids.has(goat.id)).map((goat) => goat.address);
    }),
  );
}
