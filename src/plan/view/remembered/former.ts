import type { FormerDefinition, Ledger } from '../../../ledger/model.ts';
import { GoatherdError } from '../../../lib/errors.ts';
import type { Database, Link, Position, Topology } from '../../../topology/model.ts';
import type { LinkNames } from '../../../topology/names.ts';
import { withKeptNames } from './kept-names.ts';
import { withRenames } from './renames.ts';

const NOWHERE: Position = { file: '', line: 0, column: 0 };

/**
 * The topology with the links that its file no longer names and the ledger still knows, and the databases that only they need (rule 13).
 * They come last, marked as former. All have the names that the ledger keeps.
 */
export function withFormer(given: Topology, known: Ledger): Topology {
  const ledger = withRenames(given, known);
  const topology = withKeptNames(given, ledger);
  const named = new Set(topology.links.map((link) => link.address));
  const definitions = Object.values(ledger.links)
    .filter((link) => link.address.startsWith(`${topology.name}/`) && !named.has(link.address))
    .flatMap(({ definition, names }) => (definition === null ? [] : [{ ...definition, names }]));
  const databases = new Map(topology.databases.map((database) => [database.name, database]));
  for (const { from, to, source, target } of definitions) {
    if (!databases.has(from)) databases.set(from, databaseOf(from, source));
    if (!databases.has(to)) databases.set(to, databaseOf(to, target));
  }
  return {
    ...topology,
    databases: [...databases.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    links: [...topology.links, ...definitions.map(linkOf)],
  };
}

/** The same without databases that only links had which are gone by now: one that has another name in the file would count twice. */
export function withoutGone(topology: Topology, ledger: Ledger): Topology {
  const standing = topology.links.filter((link) => link.former !== true || ledger.links[link.address] !== undefined);
  const used = new Set(standing.flatMap(({ from, to }) => [from, to]));
  const databases = topology.databases.filter(({ name, at }) => at.line !== NOWHERE.line || used.has(name));
  return databases.length === topology.databases.length ? topology : { ...topology, databases };
}

/** Names of the topologies that the ledger knows. */
export function knownTopologies(ledger: Ledger): readonly string[] {
  return [...new Set(Object.keys(ledger.links).map((address) => address.split('/')[0] ?? ''))].toSorted();
}

/**
 * A topology as the ledger knows it, every link of it on its way out (`--destroy`): no file is asked.
 * @throws GoatherdError `UnknownTopology`, naming those that are known
 */
export function topologyToDestroy(name: string, ledger: Ledger): Topology {
  const known = knownTopologies(ledger);
  if (!known.includes(name))
    throw new GoatherdError('UnknownTopology', `the ledger knows no topology ${name}`, {
      hint: known.length === 0 ? 'it knows none' : `known: ${known.join(', ')}`,
    });
  return withFormer({ name, file: '', databases: [], links: [], removed: [] }, ledger);
}

/** What is said of topologies that the ledger knows and none of the files that were read names (rule 13); null when there are none. */
export function missingNote(read: readonly Topology[], ledger: Ledger): string | null {
  const missing = knownTopologies(ledger).filter((name) => !read.some((topology) => topology.name === name));
  if (missing.length === 0) return null;
  const one = missing.length === 1;
  return `TopologyMissing: the ledger knows ${missing.join(', ')}, which no file names; nothing is planned for ${one ? 'it' : 'them'}: put ${one ? 'its file' : 'the files'} back, or \`goatherd reconcile --destroy ${missing[0]}\``;
}

function databaseOf(name: string, { schemaOwner, ...written }: FormerDefinition['source']): Database {
  return { name, ...written, ...(schemaOwner === null ? {} : { schemaOwner }), at: NOWHERE };
}

function linkOf({ source: _source, target: _target, names, ...link }: FormerDefinition & { readonly names: LinkNames }): Link {
  return {
    ...link,
    ...names,
    copyGeneration: link.copyGeneration ?? 1,
    protect: link.protect ?? false,
    drift: link.drift ?? 'heal',
    at: NOWHERE,
    former: true,
  };
}
