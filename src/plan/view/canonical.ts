import type { DatabaseObservation, Observation } from '../../observe/model.ts';
import type { InstanceObservation } from '../../observe/control-model.ts';
import { type Link, type Topology, upstreamOf } from '../../topology/model.ts';

/** The topology in one order, whatever order its file has: databases by name, links upstream first, then by address. */
export function canonicalTopology(topology: Topology): Topology {
  const depths = new Map<string, number>();
  const depthOf = (link: Link): number => {
    const known = depths.get(link.address);
    if (known !== undefined) return known;
    // A link that its file no longer names may close a circle with the others: it is walked once.
    depths.set(link.address, 0);
    const depth = Math.max(-1, ...upstreamOf(topology, link).map(depthOf)) + 1;
    depths.set(link.address, depth);
    return depth;
  };
  const links = topology.links.toSorted((one, other) => compare(one.address, other.address));
  for (const link of links) depthOf(link);
  return {
    ...topology,
    databases: topology.databases.toSorted((one, other) => compare(one.name, other.name)),
    links: links.toSorted((one, other) => depthOf(one) - depthOf(other) || compare(one.address, other.address)),
  };
}

/** The observation in one order: what is listed in plans by its place in an array stands there by name. */
export function canonicalObservation(observation: Observation): Observation {
  const databases = Object.entries(observation.databases).toSorted(([one], [other]) => compare(one, other));
  const instances = Object.entries(observation.instances).toSorted(([one], [other]) => compare(one, other));
  return {
    ...observation,
    databases: Object.fromEntries(databases.map(([name, database]) => [name, canonicalDatabase(database)])),
    instances: Object.fromEntries(instances.map(([name, instance]) => [name, canonicalInstance(instance)])),
  };
}

function canonicalInstance(instance: InstanceObservation): InstanceObservation {
  const { control, daemon } = instance;
  return {
    ...instance,
    control:
      control === null
        ? null
        : { ...control, goats: byAddress(control.goats), syncs: control.syncs.toSorted((one, other) => compare(one.name, other.name)) },
    daemon: { ...daemon, activeSyncs: daemon.activeSyncs.toSorted(compare) },
  };
}

function canonicalDatabase(database: DatabaseObservation): DatabaseObservation {
  if (!database.reachable) return database;
  return {
    ...database,
    tables: byAddress(database.tables),
    sequences: byAddress(database.sequences),
    sameAs: database.sameAs.toSorted(compare),
    publicationsForAllTables: database.publicationsForAllTables.toSorted(compare),
    longTransactions: database.longTransactions.toSorted((one, other) => one.pid - other.pid),
    bucardo: database.bucardo === null ? null : { ...database.bucardo, deltaNames: database.bucardo.deltaNames.toSorted(compare) },
  };
}

/** Ten thousand tables come sorted: that is seen without moving them. */
function byAddress<T extends { readonly address: string }>(items: readonly T[]): readonly T[] {
  const sorted = items.every((item, index) => index === 0 || compare(items[index - 1]?.address ?? '', item.address) <= 0);
  return sorted ? items : items.toSorted((one, other) => compare(one.address, other.address));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
