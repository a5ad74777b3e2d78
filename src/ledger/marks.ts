import { markOf } from '../bucardo/names.ts';
import type { Queryable } from '../postgres/session.ts';
import type { Link } from '../topology/model.ts';
import { freshNames, type LinkNames, linkNames, sameNames } from '../topology/names.ts';

/** A link as a mark names it. */
export type MarkedLink = Pick<Link, 'id'> & LinkNames;

/**
 * The COMMENT on a control database: which links are in it, and how they are called where they have not the names of new ones (rule 12: the
 * ledger is a cache of that). `links`: those that are in this instance.
 */
export function instanceMark(topology: string, instance: string, control: string, links: readonly MarkedLink[]): string {
  const other = links.filter((link) => !sameNames(link, namesOfNew(topology, instance, control, link.id)));
  const names = Object.fromEntries(other.map((link) => [link.id, linkNames(link)]));
  const ids = links.map((link) => link.id).join(' ');
  return markOf(topology, `instance ${instance}, links ${ids}${other.length === 0 ? '' : `, names ${JSON.stringify(names)}`}`);
}

/** Links of which something stands in an instance: those that run in it, and those that have still to leave it, with the names that they have there. */
export function markedLinks(topology: string, instance: string, links: readonly Link[]): readonly MarkedLink[] {
  return links.flatMap((link): MarkedLink[] => {
    if (link.instance === instance) return [{ id: link.id, ...linkNames(link) }];
    const left = link.leaves?.find((one) => one.instance === instance);
    const instanceName = link.sync === instance ? null : instance.slice(topology.length + 1);
    return left === undefined ? [] : [{ id: link.id, ...linkNames(link), ...left, instanceName }];
  });
}

/** The names of links, by address, that a mark tells of; empty for any other comment. */
export function namesInMark(control: string, comment: string | null): readonly (readonly [string, LinkNames])[] {
  const [, topology = '', instance = '', ids = '', json = '{}'] =
    /^goatherd: topology (\S+), instance (\S+), links ([a-z0-9 -]*)(?:, names (\{.*\}))?$/.exec(comment ?? '') ?? [];
  const named = parsed(json);
  return ids
    .split(' ')
    .filter((id) => id !== '')
    .map((id) => [`${topology}/${id}`, named[id] ?? namesOfNew(topology, instance, control, id)] as const);
}

/** What the marks on the hub tell, whichever of its databases the session is in. */
export async function readMarks(session: Queryable): Promise<Readonly<Record<string, readonly LinkNames[]>>> {
  const { rows } = await session.query<{ name: string; comment: string | null }>(
    "SELECT datname::text AS name, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE NOT datistemplate ORDER BY datname",
  );
  return byAddress(rows.flatMap((row) => namesInMark(row.name, row.comment)));
}

/** A link that moves is named by two control databases. */
export function byAddress(marks: readonly (readonly [string, LinkNames])[]): Readonly<Record<string, readonly LinkNames[]>> {
  const found = new Map<string, LinkNames[]>();
  for (const [address, names] of marks) found.set(address, [...(found.get(address) ?? []), names]);
  return Object.fromEntries(found);
}

function namesOfNew(topology: string, instance: string, control: string, id: string): LinkNames {
  const [from = '', to = ''] = id.split('-');
  const own = freshNames(topology, from, to, null);
  return { ...freshNames(topology, from, to, own.instance === instance ? null : instance.slice(topology.length + 1)), instance, control };
}

/** A comment may have been edited: what cannot be read tells nothing. */
function parsed(json: string): Readonly<Record<string, LinkNames | undefined>> {
  try {
    return JSON.parse(json) as Record<string, LinkNames>;
  } catch {
    return {};
  }
}
