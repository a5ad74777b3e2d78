import type { Observation } from '../../../observe/model.ts';
import { certainOverlap, matchesSelection } from '../../../topology/glob.ts';
import type { Link } from '../../../topology/model.ts';
import type { Diagnostic } from '../../model.ts';

/**
 * Links of the file that cannot stand beside one that it no longer names and that is still there, by address, with the reason: both would
 * write the same tables, or close a circle. Each was sound where the other was not.
 */
export function linksInTheWay(declared: readonly Link[], former: readonly Link[], observation: Observation): ReadonlyMap<string, string> {
  return new Map(
    declared.flatMap((link): [string, string][] => {
      const rival =
        former.find((one) => one.to === link.to && shareTables(one, link, observation)) ??
        former.find((one) => reaches([...declared, ...former], link.to, one.from) && reaches([...declared, ...former], one.to, link.from));
      return rival === undefined ? [] : [[link.address, `waits for the removal of ${rival.id}`]];
    }),
  );
}

/** That these links wait, each time. */
export function rivalWarnings(waiting: ReadonlyMap<string, string>): readonly Diagnostic[] {
  return [...waiting].map(([address, reason]) => ({
    severity: 'warning',
    code: 'RemovalFirst',
    address,
    message: `${reason}, which its file no longer names: the two cannot stand side by side`,
    objects: [],
    hint: 'approve the removal, or put its line back',
    at: null,
  }));
}

/** Whether changes on one database come to the other, itself included. */
function reaches(links: readonly Link[], from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const name of seen) for (const link of links) if (link.from === name) seen.add(link.to);
  return seen.has(to);
}

/** What certainly overlaps, and what does by the tables that are there. */
function shareTables(one: Link, other: Link, observation: Observation): boolean {
  if (certainOverlap(one.tables, other.tables) !== undefined) return true;
  const target = observation.databases[one.to];
  const tables = target?.reachable === true ? target.tables : [];
  return tables.some((table) => matchesSelection(one.tables, table.address) && matchesSelection(other.tables, table.address));
}
