import { plural } from '../../../lib/format.ts';
import type { Topology } from '../../../topology/model.ts';
import { factKey } from '../../drift/fact.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { cascades, type LinkView, membersOf } from '../../view/link-view.ts';
import { replicatedBy } from '../../view/replicated.ts';
import { lacksDelta } from '../../view/wanted.ts';
import type { Planned } from '../planned.ts';
import { runId, stepId } from '../step-ids.ts';
import { stillLoaded } from './still-loaded.ts';

/** Links as the planner has sorted them. */
export interface Sorted {
  /** May act. */
  readonly free: readonly Planned[];
  /** Blocked: what their makedelta is stays as it is. */
  readonly held: readonly Planned[];
  /** Syncs of other hands that may be adopted: nothing else is planned for them. They are among `held`, too. */
  readonly adopting?: readonly Planned[];
  /** On their way out. */
  readonly leaving: readonly LinkView[];
  /** Declared detached: what stands for them on their sources goes, the rest stays. */
  readonly detached: readonly Planned[];
  /** Addresses of those that leave without waiting for what is on its way. */
  readonly undrained?: ReadonlySet<string>;
  /** Databases that links leave which nobody but their marks knows of: what is written down there for them stays so. */
  readonly forgotten?: ReadonlySet<string>;
  /** Steps that an approval is missing for, and those that wait for them: no daemon is restarted for these. */
  readonly withheld?: ReadonlySet<string>;
}

/**
 * makedelta for each table of this link that a link below carries (rule 9), and for no other. A goat is shared by the links of one
 * instance that leave its database, so its list of databases is made from all of them.
 */
export function makedeltaStep(topology: Topology, view: LinkView, sorted: Sorted): Draft[] {
  const { link } = view;
  const goats = makedeltaChanges(topology, view, sorted).filter((goat) => !view.left.has(factKey.makedelta(goat.address)));
  const target = link.aliases.to;
  const below = sorted.free.filter((one) => one.view.link.from === link.to);
  const passing = below.length > 0 ? below : sorted.held.filter((one) => one.view.link.from === link.to);
  const isOff = (goat: OtherMakedelta): boolean => !makedeltaNames(goat.makedelta).has(target);
  // Two steps: what goes may wait for an approval, and what comes must not.
  const come = [...goats.filter((goat) => !isOff(goat)), ...onAlready(view, below, goats)];
  const go = [...goats.filter(isOff), ...offAlready(view, sorted, goats)];
  const ends = endsForDatabase(topology, view, sorted);
  const ended = endingOf(sorted)
    .filter((one) => one.link.from === link.to)
    .map((one) => one.link.id);
  const step = (id: string, some: readonly OtherMakedelta[], off: boolean, whole: boolean): Draft =>
    draft({
      id,
      kind: 'makedelta',
      symbol: '~',
      address: link.address,
      what: `makedelta ${off ? 'off ' : ''}for ${link.to} on ${plural(some.length, 'table')}${whole ? ', not for the whole database' : ''}`,
      reason: off
        ? `nothing leaves ${link.to} any more that would carry them`
        : `${passing.map((one) => one.view.link.id).join(', ')} passes on what ${link.to} receives`,
      on: ['hub'],
      after: [
        stepId.register(view),
        ...below.flatMap((one) => [stepId.helpers(one.view), stepId.triggers(one.view), stepId.suspect(one.view)]),
        // Off only when the link below no longer carries the table: its approval holds this, too.
        ...(off ? below.map((one) => stepId.leave(one.view)) : []),
        ...(off ? endingOf(sorted) : [])
          .filter((one) => one.link.from === link.to)
          // In a shared instance one restart ends that link and reads what is off.
          .flatMap((one) => [runId.deactivate(one), ...(one.link.instance === link.instance ? [] : [runId.stop(one.link.instance, 0)])]),
      ],
      work: {
        kind: 'makedelta',
        link: link.address,
        instance: link.instance,
        database: link.to,
        goats: some.map(({ address, makedelta }) => ({ address, makedelta })),
        ...(whole ? { whole: true as const } : {}),
        ...(off && ended.length > 0 ? { ended } : {}),
      },
      phase: PHASE.makedelta,
      depth: view.depth,
      objects: some.length,
    });
  return [
    ...(come.length === 0 && !(ends && below.length > 0) ? [] : [step(stepId.makedelta(view), come, false, ends && below.length > 0)]),
    ...(go.length === 0 && !(ends && below.length === 0) ? [] : [step(stepId.makedeltaOff(view), go, true, ends && below.length === 0)]),
  ];
}

/**
 * Whether Bucardo is told to write down whatever enters the target, as other hands do it, and that is to end: not where a sync that is not
 * ours, or a link below that is blocked, may need it, and not where that is only warned of as long as a link below is fed by it.
 */
export function endsForDatabase(topology: Topology, { control, link, left }: LinkView, sorted: Sorted): boolean {
  const alias = link.aliases.to;
  if (control?.dbs.find((db) => db.name === alias)?.makedelta !== true) return false;
  const ours = new Set(topology.links.filter((one) => one.instance === link.instance).map((one) => one.dbgroup));
  if (control.dbmap.some((one) => one.db === alias && one.role !== 'source' && !ours.has(one.group))) return false;
  if (sorted.held.some((one) => one.view.link.from === link.to) || sorted.forgotten?.has(link.to) === true) return false;
  return !left.has(factKey.makedeltaWhole) || !sorted.free.some((one) => one.view.link.from === link.to);
}

/** A goat whose makedelta is not what it shall be. */
export interface OtherMakedelta {
  readonly address: string;
  readonly now: string | null;
  readonly makedelta: string | null;
}

/** Goats of the link whose makedelta for its target is to change. */
export function makedeltaChanges(topology: Topology, view: LinkView, sorted: Sorted): readonly OtherMakedelta[] {
  const { link, control } = view;
  const siblings = sorted.free.filter((one) => one.view.link.from === link.from && one.view.link.instance === link.instance);
  const passedOn = new Map(siblings.map((one) => [one.view.link.aliases.to, carriedBelow(topology, one, sorted)]));
  const databases = new Map(siblings.map((one) => [one.view.link.aliases.to, one.view.link.to]));
  const target = link.aliases.to;
  const own = passedOn.get(target) ?? new Set();
  const replicated = siblings.find((one) => one.view.link.address === link.address);
  const kept = new Set(replicated?.carried.tables.map((one) => one.table.address));
  const going = new Set([...departing(view)].filter((address) => !kept.has(address)));
  const stays = (name: string, address: string): boolean => !passedOn.has(name) || isNeededBelow(databases.get(name), address, sorted);
  return (control?.goats ?? [])
    .filter((goat) => goat.db === link.aliases.from && goat.type === 'table')
    .filter((goat) => !going.has(goat.address))
    .map((goat) => ({ address: goat.address, before: makedeltaNames(goat.makedelta), now: goat.makedelta }))
    .concat(newGoats(view, own))
    .filter(
      ({ address, before }) =>
        before.has(target) !== (own.has(address) || going.has(address) || (before.has(target) && stays(target, address))),
    )
    .map(({ address, before, now }) => {
      const passed = [...passedOn].filter(([, tables]) => tables.has(address)).map(([name]) => name);
      const after = new Set([...passed, ...(going.has(address) ? [target] : []), ...[...before].filter((name) => stays(name, address))]);
      return { address, now, makedelta: after.size === 0 ? null : [...after].toSorted().join(',') };
    });
}

/** Whether a link that leaves a database and may not act replicates a table, or may: what is written down there for it stays. */
function isNeededBelow(database: string | undefined, address: string, sorted: Sorted): boolean {
  if (database !== undefined && sorted.forgotten?.has(database) === true) return true;
  return sorted.held
    .filter(({ view }) => view.link.from === database)
    .some(
      (one) =>
        // Which tables it carries is not known for sure before it is adopted.
        one.view.ledger === null || one.view.control === null || replicatedBy(one).has(address) || one.carried.aside.includes(address),
    );
}

/** Goats whose rows say already what they shall, and whose daemon may not have read it: they are written once more, and read. */
function offAlready(view: LinkView, sorted: Sorted, changing: readonly OtherMakedelta[]): readonly OtherMakedelta[] {
  const { control, link } = view;
  const loaded = stillLoaded(
    view,
    endingOf(sorted),
    sorted.free.map((one) => one.view),
  );
  return (control?.goats ?? [])
    .filter((goat) => goat.db === link.aliases.from && loaded.has(goat.address) && !makedeltaNames(goat.makedelta).has(link.aliases.to))
    .filter((goat) => changing.every((other) => other.address !== goat.address))
    .map(({ address, makedelta }) => ({ address, now: makedelta, makedelta }));
}

/**
 * Goats whose rows say what they shall before anything stands below to write to: other hands said so, and the daemon that runs may not have
 * read it. They are written once more, and read.
 */
function onAlready({ control, link }: LinkView, below: readonly Planned[], changing: readonly OtherMakedelta[]): readonly OtherMakedelta[] {
  const begins = new Set(
    below.flatMap((one) => {
      const known = replicatedBy(one);
      return one.carried.tables
        .filter((wanted) => !known.has(wanted.table.address) && lacksDelta(wanted))
        .map(({ table }) => table.address);
    }),
  );
  return (control?.goats ?? [])
    .filter((goat) => goat.db === link.aliases.from && begins.has(goat.address) && makedeltaNames(goat.makedelta).has(link.aliases.to))
    .filter((goat) => changing.every((other) => other.address !== goat.address))
    .map(({ address, makedelta }) => ({ address, now: makedelta, makedelta }));
}

/** Tables that leave this link: while they are carried, for want of an approval, their changes are passed on. */
function departing({ link, control, selected }: LinkView): ReadonlySet<string> {
  const members = new Set(control?.herds[link.relgroup]);
  const matching = new Set(selected?.tables.map((table) => table.address));
  const goats = control?.goats.filter((goat) => goat.db === link.aliases.from && members.has(goat.id)) ?? [];
  return new Set(goats.map((goat) => goat.address).filter((address) => !matching.has(address)));
}

/** Links whose triggers and helper objects go. */
export function endingOf(sorted: Sorted): readonly LinkView[] {
  return [...sorted.leaving, ...sorted.detached.map((one) => one.view)];
}

/** Tables of the link that a link below carries too, where the target passes on what it receives. */
function carriedBelow(topology: Topology, { view, carried }: Planned, sorted: Sorted): ReadonlySet<string> {
  if (!cascades(topology, view.link.to)) return new Set();
  const isBelow = (one: Planned): boolean => one.view.link.from === view.link.to;
  // In another instance, and of a table that joins, it is written anew, for a link that may not act now, too: of what it replicates, as the
  // rest has to wait for it.
  const joined = view.leaves.length > 0 ? new Set<string>() : membersOf(view);
  const still = sorted.held
    .filter(isBelow)
    .flatMap((one) => [...replicatedBy(one), ...one.carried.aside])
    .filter((address) => !joined.has(address));
  // A table that is set aside, here or below, keeps its makedelta: it comes back with what was noted meanwhile.
  const own = new Set(tablesOf(carried));
  const below = sorted.free.filter(isBelow).flatMap((one) => tablesOf(one.carried));
  return new Set([...below, ...still].filter((address) => own.has(address)));
}

const tablesOf = (carried: Planned['carried']): readonly string[] => [...carried.tables.map((one) => one.table.address), ...carried.aside];

/** Goats that this plan registers: they have no makedelta yet. */
function newGoats(view: LinkView, own: ReadonlySet<string>): { address: string; before: Set<string>; now: null }[] {
  const known = new Set(view.control?.goats.filter((goat) => goat.db === view.link.aliases.from).map((goat) => goat.address));
  return [...own].filter((address) => !known.has(address)).map((address) => ({ address, before: new Set<string>(), now: null }));
}

export function makedeltaNames(makedelta: string | null): Set<string> {
  return new Set(makedelta?.split(/[ ,]+/).filter((name) => name !== ''));
}
