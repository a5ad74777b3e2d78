import type { ObservedDatabase } from '../../observe/model.ts';
import type { ObservedSequence, ObservedTable } from '../../observe/table-model.ts';
import { matchesSelection } from '../../topology/glob.ts';
import type { Link } from '../../topology/model.ts';

/** What a link's globs stand for on its source. */
export interface Selected {
  /** Ordinary tables and leaves of partitioned ones, by address. */
  readonly tables: readonly ObservedTable[];
  readonly sequences: readonly ObservedSequence[];
  /** Partitioned parents that were expanded, with how many leaves each gave. */
  readonly parents: readonly { readonly address: string; readonly leaves: number }[];
  /** Leaves that no pattern names, of partitioned tables of which other leaves are replicated. */
  readonly newLeaves: readonly { readonly address: string; readonly parent: string }[];
  /** Patterns that matched nothing. */
  readonly unmatched: readonly string[];
}

/**
 * Evaluates a link's `tables` and `sequences` on its source. A partitioned table stands for its leaves; `sequences: auto` takes those
 * that a replicated table (or its parent) owns or draws a default from, and those that `tables` matches by name.
 */
export function select(link: Link, source: ObservedDatabase): Selected {
  const byAddress = new Map(source.tables.map((table) => [table.address, table]));
  const lineage = new Map<string, readonly string[]>();
  const lineageOf = (table: ObservedTable): readonly string[] => {
    const known = lineage.get(table.address);
    if (known !== undefined) return known;
    const parent = table.parent === null ? undefined : byAddress.get(table.parent);
    const line = parent === undefined ? [table.address] : [table.address, ...lineageOf(parent)];
    lineage.set(table.address, line);
    return line;
  };
  // A leaf is included when it or a parent matches, and left out when it or a parent is excluded.
  const included = (addresses: readonly string[]): boolean =>
    addresses.some((address) => matchesSelection({ include: link.tables.include, exclude: [] }, address));
  const excluded = (addresses: readonly string[]): boolean =>
    addresses.some((address) => !matchesSelection({ include: ['*.*'], exclude: link.tables.exclude }, address));
  const taken = (table: ObservedTable): boolean => included(lineageOf(table)) && !excluded(lineageOf(table));
  const tables = source.tables.filter((table) => table.kind === 'table' && taken(table));
  const carried = new Set(tables.flatMap(lineageOf));
  const newLeaves = source.tables.flatMap((table) => {
    const parent = table.kind === 'table' ? lineageOf(table).find((one) => one !== table.address && carried.has(one)) : undefined;
    return parent === undefined || taken(table) || excluded(lineageOf(table)) ? [] : [{ address: table.address, parent }];
  });
  return {
    newLeaves,
    tables,
    sequences: source.sequences.filter((sequence) => takesSequence(link, sequence, carried)),
    parents: source.tables
      .filter((table) => table.kind === 'partitioned' && taken(table))
      .map((parent) => ({ address: parent.address, leaves: tables.filter((leaf) => lineageOf(leaf).includes(parent.address)).length })),
    unmatched: link.tables.include.filter(
      (pattern) =>
        pattern !== '*.*' && !source.tables.some((table) => matchesSelection({ include: [pattern], exclude: [] }, table.address)),
    ),
  };
}

function takesSequence(link: Link, sequence: ObservedSequence, carried: ReadonlySet<string>): boolean {
  if (link.sequences !== 'auto') return matchesSelection(link.sequences, sequence.address);
  return (
    (sequence.usedBy !== null && carried.has(sequence.usedBy)) ||
    (sequence.usedBy === null && matchesSelection(link.tables, sequence.address))
  );
}
