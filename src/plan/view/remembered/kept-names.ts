import { controlDatabase } from '../../../bucardo/names.ts';
import type { Ledger, LedgerLink } from '../../../ledger/model.ts';
import type { ControlObservation } from '../../../observe/control-model.ts';
import { matchesSelection } from '../../../topology/glob.ts';
import type { LeftInstance, Link, Topology } from '../../../topology/model.ts';
import { adoptedNames, freshNames, type LinkNames, linkNames } from '../../../topology/names.ts';
import { withRenames } from './renames.ts';

/** Control databases by instance, as far as they were looked at. */
type Instances = Readonly<Record<string, { readonly control: Pick<ControlObservation, 'herds' | 'goats'> | null }>>;

/**
 * The topology with the names under which its links stand in Bucardo (rule 22): what the ledger knows keeps the names that it has, however
 * its databases are called now; what is new gets `<topology>_<from>_<to>`, or the next name that nobody has. A link whose `bucardo.instance`
 * says something else than when it was registered gets the new instance, and `leaves` tells of those where something of it stands. `instances`:
 * as they were looked at, by name; before that, a link may be said to move that stays yet, and whoever looks finds both of its instances.
 */
export function withKeptNames(topology: Topology, found: Ledger, instances: Instances = {}): Topology {
  const ledger = withRenames(topology, found);
  const declared = new Map(topology.links.map((link) => [link.address, link.instanceName]));
  const marked = Object.entries(ledger.marked ?? {})
    .filter(([address]) => ledger.links[address] === undefined)
    .flatMap(([address, marks]): [string, LinkNames][] => {
      // One that was about to move is where its file wants it.
      const names = marks.find((one) => one.instanceName === declared.get(address)) ?? marks[0];
      return names === undefined ? [] : [[address, names]];
    });
  const given = new Map<string, LinkNames>([
    ...marked,
    ...Object.values(ledger.links).map((row): [string, LinkNames] => [row.address, row.names]),
  ]);

  // Names are given by address, whatever the order in which the file has its links.
  for (const link of topology.links.toSorted((one, other) => (one.address < other.address ? -1 : 1)))
    given.set(link.address, namesOf(topology.name, link, ledger.links[link.address], given, instances));
  return {
    ...topology,
    links: topology.links.map((link) => named(link, given.get(link.address), ledger.links[link.address], ledger.marked?.[link.address])),
  };
}

/** `marks`: of all control databases that name the link. One that the ledger does not know of was moved by a run that it has forgotten. */
function named(
  { leaves: _leaves, ...link }: Link,
  names: LinkNames | undefined,
  row: LedgerLink | undefined,
  marks: readonly LinkNames[] = [],
): Link {
  const known = [...(row?.leaves ?? []), ...(row === undefined ? [] : [leftInstance(row.names)])];
  const standing = marks.filter((one) => one.sync === names?.sync && known.every((left) => left.instance !== one.instance));
  const left = [...known, ...standing.map(leftInstance)].filter((one) => one.instance !== names?.instance);
  // What is declared stays on the link: one that waits has still to move.
  return { ...link, ...names, instanceName: link.instanceName, ...(left.length === 0 ? {} : { leaves: left }) };
}

/** What the ledger is told of a link that it did not know: where it stands, by its mark, and not yet what its file says of that. */
export function namesFound(link: Link, ledger: Ledger): LinkNames {
  const mark = ledger.marked?.[link.address]?.find((one) => one.instance === link.instance);
  return { ...linkNames(link), instanceName: mark === undefined ? link.instanceName : mark.instanceName };
}

function leftInstance({ instance, control, aliases }: LinkNames): LeftInstance {
  return { instance, control, aliases };
}

/**
 * Until when a link stays where it stands, whatever instance its file names; null where it may move. A copy of it that runs there, its first or
 * another, is not disturbed (rule 3); tables that leave it would be left behind by the move, without the approval that their leave needs.
 */
export function movesLater(
  { state, tables }: Pick<Link, 'state' | 'tables'>,
  { names, receipt, request, recopy }: Pick<LedgerLink, 'names' | 'receipt' | 'request' | 'recopy'>,
  instances: Instances,
): string | null {
  if (state === 'detached') return 'it comes back';
  if (recopy !== null || (receipt === null && (request?.askedAt ?? null) !== null)) return 'its copy is complete';
  // What joined without a copy, and what was copied before the ledger was lost, only the relgroup knows.
  const known = receipt === null ? [] : [...receipt.copied, ...receipt.skipped, ...tablesIn(instances, names)];
  return known.every((address) => matchesSelection(tables, address)) ? null : 'the tables that no longer match have left it';
}

/** Tables in a link's relgroup, where its instance was looked at. */
function tablesIn(instances: Instances, { instance, relgroup, aliases }: LinkNames): readonly string[] {
  const { herds = {}, goats = [] } = instances[instance]?.control ?? {};
  const members = new Set(herds[relgroup]);
  return goats.filter((goat) => goat.db === aliases.from && goat.type === 'table' && members.has(goat.id)).map((goat) => goat.address);
}

/** `given`: the names that links have, of all topologies, by address. */
function namesOf(
  topology: string,
  link: Link,
  row: LedgerLink | undefined,
  given: ReadonlyMap<string, LinkNames>,
  instances: Instances,
): LinkNames {
  const others = [...given].filter(([address]) => address !== link.address);
  // The ledger was lost: where the link stands comes before where it shall go.
  const marked = row === undefined ? given.get(link.address) : undefined;
  if (marked !== undefined) return marked;
  if (row === undefined && link.adopt !== undefined) return adoptedNames(link.from, link.to, link.adopt);
  const own = row === undefined ? unusedNames(topology, link, others) : row.names;
  if (row !== undefined && (row.names.instanceName === link.instanceName || movesLater(link, row, instances) !== null)) return own;
  // Links of one named instance are where those that the ledger knows are.
  const sharing = others.find(
    ([address, names]) => address.startsWith(`${topology}/`) && link.instanceName !== null && names.instanceName === link.instanceName,
  )?.[1];
  const fresh = freshNames(topology, link.from, link.to, link.instanceName);
  const where = link.instanceName === null ? freshInstance(own.sync) : { instance: fresh.instance, control: fresh.control };
  const { instance, control } = sharing ?? where;
  const aliasOf = aliasesIn(topology, instance, others);
  const from = aliasOf(link.from, []);
  return { ...own, instanceName: link.instanceName, instance, control, aliases: { from, to: aliasOf(link.to, [from]) } };
}

/** An instance of a link's own is called as its sync, which is unique over the hub. */
function freshInstance(sync: string): Pick<LinkNames, 'instance' | 'control'> {
  return { instance: sync, control: controlDatabase(sync) };
}

/** A link that was renamed may still have the name that a new one would get. */
function unusedNames(topology: string, link: Link, others: readonly (readonly [string, LinkNames])[]): LinkNames {
  const fresh = freshNames(topology, link.from, link.to, link.instanceName);
  const taken = new Set(others.flatMap(([, names]) => [names.sync, names.dbgroup, names.relgroup]));
  let name = fresh.sync;
  for (let number = 2; taken.has(name); number += 1) name = `${fresh.sync}${number}`;
  return { ...fresh, sync: name, dbgroup: name, relgroup: name };
}

/** What an instance calls a database: as its other links do, else by its own name, unless that is the old name of another. */
function aliasesIn(
  topology: string,
  instance: string,
  others: readonly (readonly [string, LinkNames])[],
): (database: string, taken: readonly string[]) => string {
  const known = new Map<string, string>();
  for (const [address, names] of others) {
    const [name, id = ''] = address.split('/');
    const [from = '', to = ''] = id.split('-');
    if (name !== topology || names.instance !== instance) continue;
    known.set(from, names.aliases.from);
    known.set(to, names.aliases.to);
  }
  return (database, more) => {
    const taken = new Set([...known.values(), ...more]);
    let alias = known.get(database) ?? database;
    for (let number = 2; !known.has(database) && taken.has(alias); number += 1) alias = `${database}${number}`;
    return alias;
  };
}
