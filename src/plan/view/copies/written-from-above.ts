/** Links and tables whose end has to wait for a link above that goes on writing its changes down (rule 11). */
import { factKey } from '../../drift/fact.ts';
import { makedeltaNames } from '../../steps/preparing/makedelta.ts';
import type { Planned } from '../../steps/planned.ts';
import type { LinkView } from '../link-view.ts';

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

/** Whether a link's makedelta says that each change of this table is written down on its target, too. */
export function writesDelta({ control, link }: LinkView, address: string): boolean {
  const target = link.aliases.to;
  if (control?.dbs.find((db) => db.name === target)?.makedelta === true) return true;
  const goat = control?.goats.find((one) => one.db === link.aliases.from && one.address === address);
  return goat !== undefined && makedeltaNames(goat.makedelta).has(target);
}

/**
 * Tables of this link's source that a link above goes on writing down, by address: one of `held`, which can be told nothing now, or one whose
 * makedelta is drift that is left as it is. What stands for them stays until that ends, or each run of that link would fail.
 */
export function stillWritten(below: LinkView, links: readonly Planned[], held: readonly Planned[]): ReadonlySet<string> {
  const above = (some: readonly Planned[]): readonly LinkView[] =>
    some.map((one) => one.view).filter((upper) => upper.link.to === below.link.from);
  const tables = below.source?.tables.map((table) => table.address) ?? [];
  const leftOn = ({ left }: LinkView, address: string): boolean => left.has(factKey.makedelta(address)) || left.has(factKey.makedeltaWhole);
  return new Set(
    tables.filter(
      (address) =>
        above(held).some((upper) => writesDelta(upper, address)) ||
        above(links).some((upper) => leftOn(upper, address) && writesDelta(upper, address)),
    ),
  );
}
