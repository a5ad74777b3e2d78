import { hash } from 'node:crypto';
import { downstreamOf, type Link, type Topology } from '../../topology/model.ts';

/** What of a link's declaration decides what stands for it: positions left out, so that moving a line changes nothing. */
export function definitionOf(topology: Topology, link: Link): Readonly<Record<string, unknown>> {
  // How it was called, where it stood and whose it was before is no part of what it shall be, nor that its file no longer names it: until its
  // removal is approved it is what was last applied.
  const { at: _at, renamedFrom: _renamedFrom, leaves: _leaves, adopt: _adopt, former: _former, ...rest } = link;
  const database = (name: string): unknown => {
    const found = topology.databases.find((one) => one.name === name);
    return found === undefined ? null : { connection: found.connection, schemaOwner: found.schemaOwner ?? null, cascade: found.cascade };
  };
  const passedOn = passedOnTo(topology, link).map((one) => one.id);
  return { ...rest, passedOn, source: database(link.from), target: database(link.to) };
}

/** What the target passes on is part of this link: its changes are then written down there (makedelta). */
function passedOnTo(topology: Topology, link: Link): readonly Link[] {
  if (topology.databases.find((one) => one.name === link.to)?.cascade !== true) return [];
  return downstreamOf(topology, link).filter((one) => (one.former !== true || link.former === true) && one.state !== 'detached');
}

const hashes = new WeakMap<Topology, Map<Link, string>>();

/**
 * `drift` is left out: what is to be done about drift makes no link another one, or `warn` would heal once more. So are the names that the file
 * gives, which `renamed_from` changes: links are told apart by those that they keep (rule 22).
 */
export function definitionHash(topology: Topology, link: Link): string {
  // Several parts of a plan ask for the same one.
  const known = hashes.get(topology) ?? new Map<Link, string>();
  hashes.set(topology, known);
  const hash = known.get(link) ?? hashOf(topology, link);
  known.set(link, hash);
  return hash;
}

function hashOf(topology: Topology, link: Link): string {
  const { drift: _drift, id: _id, address: _address, from: _from, to: _to, ...declared } = definitionOf(topology, link);
  const passedOn = passedOnTo(topology, link)
    .map((one) => one.sync)
    .toSorted();
  return hash('sha256', JSON.stringify(sorted({ ...declared, passedOn })));
}

/** Keys in order, at every depth: the same declaration gives the same text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const held = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(held).toSorted()) copy[key] = sorted(held[key]);
  return copy;
}
