/** Links and tables whose end has to wait for a link above that goes on writing its changes down (rule 11). */
import { factKey } from '../../drift/fact.ts';
import type { Scene } from '../../scene.ts';
import { makedeltaNames } from '../../steps/preparing/makedelta.ts';
import type { Planned } from '../../steps/planned.ts';
import { passedOnBy, passesOnTo } from '../../steps/preparing/still-loaded.ts';
import { type LinkView, membersOf } from '../link-view.ts';
import { isRunBy } from '../runs-first.ts';

/** What tells whether a link writes down on its target what it brings there: one in view, or one that only its mark tells of. */
interface Writer extends Pick<LinkView, 'control' | 'daemon'> {
  /** Set where its instance, which no other link has, is not looked at: it may write down anything. */
  readonly unseen?: true;
  readonly link: Pick<LinkView['link'], 'address' | 'id' | 'to' | 'sync' | 'aliases'>;
}

/** Links that only marks tell of and whose syncs are, or may be, active: nothing is done to them, and whoever starts their daemon runs them. */
function forgottenWriters({ forgotten, observation }: Scene): readonly Writer[] {
  return forgotten.flatMap(({ address, id, to, names: { instance, sync, aliases } }) => {
    const seen = observation.instances[instance];
    const { control = null, daemon = null } = seen ?? {};
    const active = control?.syncs.some((one) => one.name === sync && one.status === 'active') === true;
    const link = { address, id, to, sync, aliases };
    if (seen === undefined) return [{ link, control, daemon, unseen: true }];
    return active || daemon?.activeSyncs.includes(sync) === true ? [{ link, control, daemon }] : [];
  });
}

/**
 * Links whose source a running link above writes changes down on, where nothing may be done to that one: its daemon would go on writing into
 * tables that are gone. By address, with the reason. `blocked`: links that nothing is done on, by address, with the reason.
 */
export function writtenFromAbove(
  scene: Scene,
  views: readonly LinkView[],
  blocked: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const runs = ({ link, daemon }: Writer): boolean => daemon?.activeSyncs.includes(link.sync) === true;
  // Its rows may say nothing of it any more, and its daemon, which is told nothing now, goes by what it has read.
  const writers = [
    ...views
      .filter((view) => blocked.has(view.link.address))
      .flatMap((view) => placesOf(view).filter((place) => runs(place) && (writesDown(place) || passedOnBy(view).length > 0))),
    ...forgottenWriters(scene).filter(writesDown),
  ];
  return new Map(
    views.flatMap(({ link }): [string, string][] => {
      const writer = writers.find((one) => one.link.to === link.from);
      if (writer === undefined) return [];
      const reason = blocked.get(writer.link.address) ?? 'neither the file nor the ledger knows it';
      return [[link.address, `${writer.link.id} writes its changes down: ${reason}`]];
    }),
  );
}

/** Where a link may run: one that moves runs where it comes from until it can be told. */
function placesOf({ link, control, daemon, leaves }: LinkView): readonly Writer[] {
  const left = leaves.map(({ observed, aliases }): Writer => ({
    link: { ...link, aliases },
    control: observed?.control ?? null,
    daemon: observed?.daemon ?? null,
  }));
  return [{ link, control, daemon }, ...left];
}

/** Whether the link's rows say that what it brings is noted on the target. */
function writesDown({ link, control, unseen }: Writer): boolean {
  if (control === null) return unseen === true;
  return (
    control.dbs.some((db) => db.name === link.aliases.to && db.makedelta) ||
    control.goats.some((goat) => goat.db === link.aliases.from && makedeltaNames(goat.makedelta).has(link.aliases.to))
  );
}

/** Whether a link's makedelta says that each change of this table is written down on its target, too. */
export function writesDelta({ control, link }: Pick<Writer, 'control' | 'link'>, address: string): boolean {
  const target = link.aliases.to;
  if (control?.dbs.find((db) => db.name === target)?.makedelta === true) return true;
  const goat = control?.goats.find((one) => one.db === link.aliases.from && one.address === address);
  return goat !== undefined && makedeltaNames(goat.makedelta).has(target);
}

/**
 * Tables of this link's source that a link above goes on writing down, by address: one of `held`, which can be told nothing now, one whose
 * makedelta is drift that is left as it is, or one that only its mark tells of. What stands for them stays until that ends, or each run of
 * that link would fail.
 */
export function stillWritten(scene: Scene, below: LinkView, links: readonly Planned[], held: readonly Planned[]): ReadonlySet<string> {
  const above = (some: readonly Planned[]): readonly LinkView[] =>
    some.map((one) => one.view).filter((upper) => upper.link.to === below.link.from);
  const unknown = forgottenWriters(scene).filter((upper) => upper.link.to === below.link.from);
  const tables = below.source?.tables.map((table) => table.address) ?? [];
  const leftOn = ({ left }: LinkView, address: string): boolean => left.has(factKey.makedelta(address)) || left.has(factKey.makedeltaWhole);
  return new Set(
    tables.filter(
      (address) =>
        [...above(held).flatMap(placesOf), ...unknown].some((upper) => writesDelta(upper, address)) ||
        unknown.some((upper) => upper.unseen) ||
        above(held).some((upper) => isRunBy(upper) && passesOnTo(upper, below) && membersOf(upper).has(address)) ||
        above(links).some((upper) => leftOn(upper, address) && writesDelta(upper, address)),
    ),
  );
}
