import { DELTA_TRIGGER, deltaNamesTable, isOurMark, makerName } from '../../bucardo/names.ts';
import type { Ledger } from '../../ledger/model.ts';
import type { DatabaseObservation, Observation, ObservedDatabase } from '../../observe/model.ts';
import type { ObservedTable } from '../../observe/table-model.ts';
import type { Link, Topology } from '../../topology/model.ts';
import type { Planned } from '../steps/planned.ts';

/** What stands on a database for links that are no more. */
export interface Strays {
  readonly database: string;
  /** Syncs of this topology that no link has any more. */
  readonly syncs: readonly string[];
  readonly triggers: readonly { readonly address: string; readonly triggers: readonly string[] }[];
  /** Names (without prefix) of delta, track and stage tables that nothing uses. */
  readonly makers: readonly string[];
  /** Targets in bucardo_delta_targets that no link from here serves: they keep the purge from ever deleting what they never got. */
  readonly unknown: readonly string[];
  /** Syncs of other hands that stand on the tables of those targets, by their triggers or noted names: they may live, and be owed what is kept. */
  readonly strangers: readonly string[];
}

interface Scene {
  readonly topology: Topology;
  readonly observation: Observation;
  readonly ledger: Ledger;
}

const PREFIXES = ['bucardo_note_trunc_', 'bucardo_kick_'] as const;

/**
 * Leftovers of removed links, by database: only where schema bucardo is ours, and only what bears the name of a link of this topology
 * that neither a file nor the ledger nor a control database of the hub knows. What is of other hands is named and never touched (rule 12).
 */
export function straysOf(scene: Scene, planned: readonly Planned[]): readonly Strays[] {
  const { topology, observation, ledger } = scene;
  if (!observation.hub.reachable || !ledger.present) return [];
  const known = knownSyncs(scene);
  const ours = ourSync(topology);
  const isOurs = (sync: string): boolean => ours.test(sync);
  const isStray = (sync: string): boolean => !known.has(sync) && isOurs(sync);
  return topology.databases.flatMap(({ name }): readonly Strays[] => {
    const database = observation.databases[name];
    if (database?.reachable !== true || database.bucardo === null || !isOurMark(database.bucardo.mark)) return [];
    const named = syncsNamedOn(database);
    const makers = strayMakers(
      database,
      planned.filter(({ view }) => view.link.from === name),
      observation,
      known,
    );
    const gone = new Set(makers);
    const triggers = database.tables.flatMap((table) => {
      const names = (table.bucardo?.triggers ?? [])
        .map((one) => one.name)
        .filter((trigger) => isStray(syncOfTrigger(trigger) ?? '') || (trigger === DELTA_TRIGGER && gone.has(table.bucardo?.maker ?? '')));
      return names.length === 0 ? [] : [{ address: table.address, triggers: names }];
    });
    const isStranger = (sync: string): boolean => !known.has(sync) && !isOurs(sync);
    const elsewhere = dbgroupsElsewhere(topology, [name, ...database.sameAs]);
    const isUnknown = (target: string): boolean => isStranger(syncOfTarget(target)) || elsewhere.has(syncOfTarget(target));
    const owing = database.tables.filter((table) => table.bucardo?.targets.some(isUnknown) === true);
    const targets = new Set(owing.flatMap((table) => table.bucardo?.targets ?? []));
    const unknown = [...targets].filter(isUnknown).toSorted();
    const strangers = syncsStandingOn(database, owing).filter(isStranger);
    const syncs = named.filter(isStray);
    return syncs.length + triggers.length + makers.length + unknown.length === 0
      ? []
      : [{ database: name, syncs, triggers, makers, unknown, strangers }];
  });
}

/** Dbgroups of links that leave other databases than this one, whose names are given: none of them is ever served from here. */
function dbgroupsElsewhere({ links }: Topology, names: readonly string[]): ReadonlySet<string> {
  const here = new Set(links.filter((link) => names.includes(link.from)).map((link) => link.dbgroup));
  return new Set(links.map((link) => link.dbgroup).filter((dbgroup) => !here.has(dbgroup)));
}

/** What a link of this topology is called, and none of another topology: names of databases have no underscore. */
const ourSync = (topology: Topology): RegExp => new RegExp(`^${topology.name}_[a-z][a-z0-9]*_[a-z][a-z0-9]*$`);

/** The observation without targets that are to be swept: nothing else is decided by them. */
export function withoutStrayTargets(scene: Scene): Observation {
  const { topology, observation, ledger } = scene;
  if (!observation.hub.reachable || !ledger.present) return observation;
  const known = knownSyncs(scene);
  const stays = (target: string): boolean => known.has(syncOfTarget(target)) || !ourSync(topology).test(syncOfTarget(target));
  const clean = (database: DatabaseObservation): DatabaseObservation =>
    !database.reachable ||
    !isOurMark(database.bucardo?.mark) ||
    database.tables.every((table) => table.bucardo?.targets.every(stays) !== false)
      ? database
      : {
          ...database,
          tables: database.tables.map((table) =>
            table.bucardo === null ? table : { ...table, bucardo: { ...table.bucardo, targets: table.bucardo.targets.filter(stays) } },
          ),
        };
  return { ...observation, databases: Object.fromEntries(Object.entries(observation.databases).map(([name, one]) => [name, clean(one)])) };
}

const syncOfTarget = (target: string): string => target.replace(/^dbgroup /, '');

function syncOfTrigger(trigger: string): string | null {
  const prefix = PREFIXES.find((one) => trigger.startsWith(one));
  return prefix === undefined ? null : trigger.slice(prefix.length);
}

/** Names of syncs and dbgroups of every link that is declared, that the ledger knows, or that a control database of ours was made for. */
function knownSyncs({ topology, observation, ledger }: Scene): ReadonlySet<string> {
  const made = Object.values(observation.hub.databases).flatMap((comment) => {
    const match = /^goatherd: topology (\S+), instance \S+, links (.*)$/.exec(comment ?? '');
    return match === null ? [] : (match[2] ?? '').split(' ').map((id) => `${match[1]}_${id.replace('-', '_')}`);
  });
  const names = (link: Pick<Link, 'sync' | 'dbgroup'>): readonly string[] => [link.sync, link.dbgroup];
  // What stands in a control database is no leftover, and neither is what a mark tells of under names of its own.
  const standing = Object.values(observation.instances).flatMap(
    ({ control }) => control?.syncs.flatMap((sync) => [sync.name, sync.dbs]) ?? [],
  );
  const marked = Object.values(ledger.marked ?? {}).flat();
  return new Set([
    ...topology.links.flatMap(names),
    ...Object.values(ledger.links).flatMap((link) => names(link.names)),
    ...marked.flatMap(names),
    ...standing,
    ...made,
  ]);
}

function syncsNamedOn(database: ObservedDatabase): readonly string[] {
  const { bucardo } = database;
  return [
    ...new Set([
      ...(bucardo?.deltaNames.map((row) => row.split('|')[0] ?? '') ?? []),
      ...(bucardo?.kickFunctions ?? []),
      ...database.tables.flatMap((table) => (table.bucardo?.targets ?? []).map(syncOfTarget)),
    ]),
  ].toSorted();
}

/** Syncs that have triggers on `tables`, or noted names of their helper tables, whoever made them. */
function syncsStandingOn(database: ObservedDatabase, tables: readonly ObservedTable[]): readonly string[] {
  const named = new Set(tables.map((table) => deltaNamesTable(table.schema, table.name)));
  const noted = (database.bucardo?.deltaNames ?? []).filter((row) => named.has(row.slice(row.indexOf('|') + 1)));
  const triggers = tables.flatMap((table) => (table.bucardo?.triggers ?? []).flatMap((one) => syncOfTrigger(one.name) ?? []));
  return [...new Set([...triggers, ...noted.map((row) => row.split('|')[0] ?? '')])].toSorted();
}

/**
 * Helper tables of tables that are gone and no member of a relgroup, and of tables that no sync is noted for and no link carries. A daemon
 * that starts writes the noted names anew, so a table that leaves its link is told by its target and triggers: its link drops what stands.
 */
function strayMakers(
  database: ObservedDatabase,
  leaving: readonly Planned[],
  observation: Observation,
  known: ReadonlySet<string>,
): readonly string[] {
  const noted = new Set(database.bucardo?.deltaNames.map((row) => row.slice(row.indexOf('|') + 1)));
  const carried = new Set(leaving.flatMap(({ carried: { tables } }) => tables.map((one) => one.table.address)));
  const selected = new Set(leaving.flatMap(({ view }) => view.selected?.tables.map((table) => table.address) ?? []));
  const goats = new Set(
    leaving.flatMap(({ view }) =>
      (observation.instances[view.link.instance]?.control?.goats ?? [])
        .filter((goat) => goat.db === view.link.aliases.from)
        .map((goat) => makerName(goat.address.slice(0, goat.address.indexOf('.')), goat.address.slice(goat.address.indexOf('.') + 1))),
    ),
  );
  const unused = (table: ObservedTable): boolean =>
    table.bucardo?.deltaColumns !== null &&
    table.bucardo !== null &&
    !noted.has(deltaNamesTable(table.schema, table.name)) &&
    !table.bucardo.targets.some((target) => known.has(syncOfTarget(target))) &&
    !table.bucardo.triggers.some((one) => known.has(syncOfTrigger(one.name) ?? '')) &&
    !carried.has(table.address) &&
    !selected.has(table.address);
  return [
    ...(database.bucardo?.orphanMakers ?? []).filter((maker) => !goats.has(maker)),
    ...database.tables.filter(unused).map((table) => table.bucardo?.maker ?? ''),
  ].toSorted();
}
