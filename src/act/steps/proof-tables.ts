import { truncateName } from '../../bucardo/names.ts';
import { select } from '../../plan/view/select.ts';
import type { Link } from '../../topology/model.ts';
import type { ActContext } from '../context.ts';

/** What is in each link's relgroup now, by address of the link: the plan's own steps may have changed it. */
export type Members = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Tables with which arrival on a link may be proved, by address. Bucardo writes the row of a noted key on every target that the key
 * reaches: where that row was copied this changes nothing, elsewhere it would bring a row that nobody asked to be copied, or overwrite
 * one that the copy left alone. Tables that every link below carries too go first: one key then proves the whole chain.
 */
export function proofTables(context: ActContext, members: Members, link: Link): readonly string[] {
  const tables = sourceTables(context, members, link).filter((table) =>
    reached(context, members, link.from, table).every((one) => sameBelow(context, one, table)),
  );
  const below = context.topology.links.filter((one) => one.from === link.to);
  const shared = tables.filter((table) => below.every((one) => carries(context, members, one, table)));
  return [...shared, ...tables.filter((table) => !shared.includes(table))];
}

export function carries(context: ActContext, members: Members, link: Link, table: string): boolean {
  return sourceTables(context, members, link).includes(table);
}

/**
 * Tables that the link carries: they match it, have its triggers and are in its relgroup. One that no longer matches is on its way out, one
 * that was set aside waits, and neither proves anything.
 */
function sourceTables(context: ActContext, members: Members, link: Link): readonly string[] {
  const source = context.observation.databases[link.from];
  if (source?.reachable !== true) return [];
  return select(link, source)
    .tables.filter(
      (table) =>
        members.get(link.address)?.has(table.address) === true &&
        table.bucardo?.triggers.some((trigger) => trigger.name === truncateName(link.sync)) === true,
    )
    .map((table) => table.address);
}

/** The links that a change of this table on this database takes, all the way down: those that leave a source share its delta tables. */
function reached(context: ActContext, members: Members, from: string, table: string): readonly Link[] {
  const { links, databases } = context.topology;
  return links
    .filter((link) => link.from === from && carries(context, members, link, table))
    .flatMap((link) => {
      const passesOn = databases.find((database) => database.name === link.to)?.cascade === true;
      return [link, ...(passesOn ? reached(context, members, link.to, table) : [])];
    });
}

/** Whether the link's target has the source's rows of this table: from its copy, or because its copy is still to come and will bring them. */
function sameBelow(context: ActContext, link: Link, table: string): boolean {
  const known = context.known.links[link.address];
  const copied = known?.receipt?.copied ?? known?.request?.tables;
  if (copied !== undefined) return copied.includes(table);
  const target = context.observation.databases[link.to];
  const empty = target?.reachable === true && target.tables.find((one) => one.address === table)?.hasRows === false;
  return link.copyData === 'always' || (link.copyData === 'empty' && empty);
}
