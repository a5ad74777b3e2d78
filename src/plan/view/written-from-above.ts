/** Links whose end has to wait for a link above that can be told nothing now (rule 11). */
import { makedeltaNames } from '../steps/makedelta.ts';
import type { LinkView } from './link-view.ts';

/**
 * Links whose source a running link above writes changes down on, where nothing may be done to that one: its daemon would go on writing into
 * tables that are gone. By address, with the reason. `blocked`: links that nothing is done on, by address, with the reason.
 */
export function writtenFromAbove(views: readonly LinkView[], blocked: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const writers = views.filter((view) => blocked.has(view.link.address) && writesDown(view));
  return new Map(
    views.flatMap(({ link }): [string, string][] => {
      const writer = writers.find((one) => one.link.to === link.from);
      if (writer === undefined) return [];
      return [[link.address, `${writer.link.id} writes its changes down: ${blocked.get(writer.link.address) ?? ''}`]];
    }),
  );
}

/** Whether a daemon that runs the link was told to note on the target what it brings there. */
function writesDown({ link, daemon, control }: LinkView): boolean {
  if (daemon?.activeSyncs.includes(link.sync) !== true || control === null) return false;
  return (
    control.dbs.some((db) => db.name === link.aliases.to && db.makedelta) ||
    control.goats.some((goat) => goat.db === link.aliases.from && makedeltaNames(goat.makedelta).has(link.aliases.to))
  );
}
