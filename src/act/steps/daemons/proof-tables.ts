import { truncateName } from '../../../bucardo/names.ts';
import { select } from '../../../plan/view/select.ts';
import type { Link } from '../../../topology/model.ts';
import type { ActContext } from '../../context.ts';

/** What each link carries, by address of the link. */
export type Carried = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Tables that the link carries: they match it, have its triggers and are `members` of its relgroup now (the plan's own steps may have
 * changed that). One that no longer matches is on its way out, one that was set aside waits, and neither proves anything.
 */
export function carriedTables(context: ActContext, link: Link, members: ReadonlySet<string>): ReadonlySet<string> {
  const source = context.observation.databases[link.from];
  if (source?.reachable !== true) return new Set();
  const trigger = truncateName(link.sync);
  const tables = select(link, source).tables.filter(
    (table) => members.has(table.address) && table.bucardo?.triggers.some((one) => one.name === trigger) === true,
  );
  return new Set(tables.map((table) => table.address));
}

/**
 * Tables with which arrival on a link may be proved, by address. Bucardo writes the row of a noted key on every target that the key
 * reaches: where that row was copied this changes nothing, elsewhere it would bring a row that nobody asked to be copied, or overwrite
 * one that the copy left alone. Tables that every link below carries too go first: one key then proves the whole chain.
 */
export function proofTables(context: ActContext, carried: Carried, link: Link): readonly string[] {
  const same = new Map(context.topology.links.map((one) => [one.address, sameBelow(context, one)]));
  const tables = [...(carried.get(link.address) ?? [])].filter((table) =>
    reached(context, carried, link.from, table).every((one) => same.get(one.address)?.(table) === true),
  );
  const below = context.topology.links.filter((one) => one.from === link.to);
  const shared = new Set(tables.filter((table) => below.every((one) => carried.get(one.address)?.has(table))));
  return [...shared, ...tables.filter((table) => !shared.has(table))];
}

/** The links that a change of this table on this database takes, all the way down: those that leave a source share its delta tables. */
function reached(context: ActContext, carried: Carried, from: string, table: string): readonly Link[] {
  const { links, databases } = context.topology;
  return links
    .filter((link) => link.from === from && carried.get(link.address)?.has(table) === true)
    .flatMap((link) => {
      const passesOn = databases.find((database) => database.name === link.to)?.cascade === true;
      return [link, ...(passesOn ? reached(context, carried, link.to, table) : [])];
    });
}

/** Tells of a table whether the link's target has the source's rows of it: from its copy, or because its copy is still to come and will bring them. */
function sameBelow(context: ActContext, link: Link): (table: string) => boolean {
  const known = context.known.links[link.address];
  const copied = known?.receipt?.copied ?? known?.request?.tables;
  if (copied !== undefined) {
    const brought = new Set(copied);
    return (table) => brought.has(table);
  }
  const target = context.observation.databases[link.to];
  const tables = target?.reachable === true ? target.tables : [];
  const empty = new Set(tables.filter((one) => one.hasRows === false).map((one) => one.address));
  return (table) => link.copyData === 'always' || (link.copyData === 'empty' && empty.has(table));
}
