import type { ControlObservation, ControlSync, DaemonObservation, InstanceObservation, ObservedRuns } from '../../observe/control-model.ts';
import type { Observation, ObservedDatabase } from '../../observe/model.ts';
import type { ObservedTable } from '../../observe/table-model.ts';
import type { Ledger, LedgerLink, SeenDatabase } from '../../ledger/model.ts';
import { databasesBelow, downstreamOf, type LeftInstance, type Link, type Topology, upstreamOf } from '../../topology/model.ts';
import { select, type Selected } from './select.ts';

/** Everything that is known of one link, declared and observed, in one place: what the steps are decided on. */
export interface LinkView {
  readonly link: Link;
  readonly source: ObservedDatabase | null;
  readonly target: ObservedDatabase | null;
  readonly selected: Selected | null;
  readonly control: ControlObservation | null;
  readonly daemon: DaemonObservation | null;
  readonly sync: ControlSync | null;
  readonly runs: ObservedRuns | null;
  readonly ledger: LedgerLink | null;
  /** Source and target as they were last seen. */
  readonly seen: { readonly from: SeenDatabase | null; readonly to: SeenDatabase | null };
  /** What stands of it in instances that it leaves. */
  readonly leaves: readonly LeftView[];
  /** Links that enter this link's source. */
  readonly upstream: readonly Link[];
  /** Links that leave this link's target. */
  readonly downstream: readonly Link[];
  /** Whether the source passes on what it receives: it receives something, and `cascade` is on there. */
  readonly passesOn: boolean;
  /** Tables of the source that a foreign key references on any database below: their TRUNCATE is recorded as keys (rule 8). */
  readonly recordsKeys: ReadonlySet<string>;
  /** Longest way from a database that nothing enters: 0 for the first link. */
  readonly depth: number;
  /** Keys of drift that is shown and left alone (`factKey`). */
  readonly left: ReadonlySet<string>;
  /** Whether a sync of other hands stands for it that the ledger does not know yet: nothing but its adoption is planned (rule 22). */
  readonly adopting: boolean;
}

/** One instance that a link leaves. */
export interface LeftView extends LeftInstance {
  readonly observed: InstanceObservation | undefined;
  /** The link's sync there; null when it is gone. */
  readonly sync: ControlSync | null;
}

/** Tables and sequences in the link's relgroup, wherever that stands while it moves. */
export function membersOf(view: Pick<LinkView, 'link' | 'control' | 'leaves'>): ReadonlySet<string> {
  const inControl = (control: ControlObservation | null, alias: string): readonly string[] => {
    const members = new Set(control?.herds[view.link.relgroup]);
    return (control?.goats ?? []).filter((goat) => goat.db === alias && members.has(goat.id)).map((goat) => goat.address);
  };
  return new Set([
    ...inControl(view.control, view.link.aliases.from),
    ...view.leaves.flatMap(({ observed, aliases }) => inControl(observed?.control ?? null, aliases.from)),
  ]);
}

/** One view for each link, upstream first. */
export function linkViews(topology: Topology, observation: Observation, ledger: Ledger): readonly LinkView[] {
  const recorded = new Map(topology.databases.map((database) => [database.name, keyRecorded(topology, observation, database.name)]));
  return topology.links.map((link) => {
    const source = reachable(observation, link.from);
    const instance = observation.instances[link.instance];
    const control = instance?.control ?? null;
    const upstream = upstreamOf(topology, link);
    return {
      link,
      source,
      target: reachable(observation, link.to),
      selected: source === null ? null : select(link, source),
      control,
      daemon: instance?.daemon ?? null,
      sync: control?.syncs.find((sync) => sync.name === link.sync) ?? null,
      runs: control?.runs[link.sync] ?? null,
      ledger: ledger.links[link.address] ?? null,
      seen: { from: ledger.seen?.[`${topology.name}/${link.from}`] ?? null, to: ledger.seen?.[`${topology.name}/${link.to}`] ?? null },
      leaves: (link.leaves ?? []).map((left): LeftView => {
        const observed = observation.instances[left.instance];
        return { ...left, observed, sync: observed?.control?.syncs.find((sync) => sync.name === link.sync) ?? null };
      }),
      upstream,
      downstream: downstreamOf(topology, link),
      passesOn: upstream.length > 0 && cascades(topology, link.from),
      recordsKeys: recorded.get(link.from) ?? new Set(),
      depth: depthOf(topology, link),
      left: new Set(),
      adopting: isAdopting(link, ledger),
    };
  });
}

export function isAdopting(link: Link, ledger: Ledger): boolean {
  return link.adopt !== undefined && link.former !== true && ledger.links[link.address] === undefined;
}

export function cascades(topology: Topology, database: string): boolean {
  return topology.databases.find((one) => one.name === database)?.cascade ?? false;
}

function reachable(observation: Observation, name: string): ObservedDatabase | null {
  const database = observation.databases[name];
  return database?.reachable === true ? database : null;
}

/** `below`: links on the way here; one that its file no longer names may close a circle with the others. */
function depthOf(topology: Topology, link: Link, below: readonly Link[] = []): number {
  const upstream = upstreamOf(topology, link).filter((one) => !below.includes(one));
  return upstream.length === 0 ? 0 : 1 + Math.max(...upstream.map((one) => depthOf(topology, one, [...below, link])));
}

/**
 * The kind of truncate trigger is chosen once for a table on a database, for all links that leave it (rule 8): a recorder of another
 * sync that stands already decides too, since topologies may share a source.
 */
function keyRecorded(topology: Topology, observation: Observation, name: string): ReadonlySet<string> {
  const tables = new Set<string>();
  for (const below of databasesBelow(topology, name)) {
    for (const table of reachable(observation, below)?.tables ?? []) if (table.referencedBy.length > 0) tables.add(table.address);
  }
  for (const table of reachable(observation, name)?.tables ?? []) if (hasRecorder(table)) tables.add(table.address);
  return tables;
}

function hasRecorder(table: ObservedTable): boolean {
  return table.bucardo?.triggers.some((trigger) => trigger.functionName === 'goatherd_record_truncate') ?? false;
}
