import type { FormerDefinition, Ledger } from '../ledger/model.ts';
import type { Database, Link, Position, Topology } from '../topology/model.ts';

const NOWHERE: Position = { file: '', line: 0, column: 0 };

/**
 * The topology with the links that its file no longer names and the ledger still knows, and the databases that only they need (rule 13).
 * They come last, marked as former.
 */
export function withFormer(topology: Topology, ledger: Ledger): Topology {
  const named = new Set(topology.links.map((link) => link.address));
  const definitions = Object.values(ledger.links)
    .filter((link) => link.address.startsWith(`${topology.name}/`) && !named.has(link.address))
    .flatMap((link) => (link.definition === null ? [] : [link.definition]));
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

function databaseOf(name: string, written: FormerDefinition['source']): Database {
  return { name, ...written, at: NOWHERE };
}

function linkOf({ source: _source, target: _target, ...link }: FormerDefinition): Link {
  return { ...link, at: NOWHERE, former: true };
}
