import type { FormerDefinition, Ledger, LedgerLink } from '../../../ledger/model.ts';
import type { Link, Topology } from '../../../topology/model.ts';
import type { LinkNames } from '../../../topology/names.ts';

/**
 * The ledger with the addresses that the file has now: a link that is `renamed_from` another, or whose database is, is the one
 * that stood there (nothing of it is built anew), and `formerAddress` says where its row still is. A name that is known already was
 * renamed before, and `renamed_from` may stay in the file.
 */
export function withRenames(topology: Topology, ledger: Ledger): Ledger {
  const taken = new Set(Object.keys(ledger.links));
  const marked = marksNow(topology, ledger);
  const byLinks = namesByLinks(topology, ledger);
  const renamed = Object.values(ledger.links).flatMap((row): [string, LedgerLink][] => {
    const address = addressNow(topology, row.address, byLinks);
    if (address === row.address || taken.has(address)) return [];
    taken.add(address);
    return [[row.address, underAddress(row, address)]];
  });
  if (renamed.length === 0) return marked === ledger.marked || marked === undefined ? ledger : { ...ledger, marked };
  const moved = new Map(renamed);
  const rows = Object.values(ledger.links).map((row) => moved.get(row.address) ?? row);
  const byAddress = Object.fromEntries(rows.map((row) => [row.address, row]));
  const under = <T>(kept: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(kept).map(([address, one]) => [moved.get(address)?.address ?? address, one]));
  return {
    ...ledger,
    ...(marked === undefined ? {} : { marked }),
    links: byAddress,
    suspensions: under(ledger.suspensions),
    ...(ledger.words === undefined ? {} : { words: under(ledger.words) }),
    ...(ledger.heals === undefined ? {} : { heals: under(ledger.heals) }),
    ...(ledger.seen === undefined ? {} : { seen: seenNow(topology, ledger.seen, [...moved.values()]) }),
    approvals: ledger.approvals.map((one) => ({ ...one, step: stepNow(topology.name, one, moved) })),
  };
}

/** Marks under the addresses that the file has now: a run that was cut off, or a ledger that was lost, may have left them under the former ones. */
function marksNow(topology: Topology, { marked }: Ledger): Ledger['marked'] {
  const renames =
    topology.links.some((link) => link.renamedFrom !== undefined) || topology.databases.some((one) => one.renamedFrom !== undefined);
  if (marked === undefined || !renames) return marked;
  const found = new Map<string, readonly LinkNames[]>();
  for (const [address, marks] of Object.entries(marked)) {
    const now = addressNow(topology, address);
    const under = now !== address && marked[now] !== undefined ? address : now;
    found.set(under, [...(found.get(under) ?? []), ...marks]);
  }
  return Object.fromEntries(found);
}

/** Databases that have another name now, former name first: those at the ends of links that were renamed, and no entry of the file any more. */
export function renamedDatabases(topology: Topology, rows: readonly LedgerLink[]): ReadonlyMap<string, string> {
  const standing = new Set(topology.databases.map((database) => database.name));
  const pairs = rows.flatMap((row) => {
    const now = endsOf(row.address);
    return endsOf(row.formerAddress ?? row.address).map((name, index) => [name, now[index] ?? name] as const);
  });
  return new Map(pairs.filter(([before, after]) => before !== after && !standing.has(before)));
}

function seenNow(topology: Topology, seen: NonNullable<Ledger['seen']>, rows: readonly LedgerLink[]): NonNullable<Ledger['seen']> {
  const names = renamedDatabases(topology, rows);
  return Object.fromEntries(
    Object.entries(seen).map(([key, one]) => {
      const [name, database = ''] = key.split('/');
      return [name === topology.name ? `${name}/${names.get(database) ?? database}` : key, one];
    }),
  );
}

/** Rows that still stand under a former address, in order. */
export function renamedRows(ledger: Ledger): readonly (LedgerLink & { readonly formerAddress: string })[] {
  return Object.values(ledger.links)
    .flatMap((row) => (row.formerAddress === undefined ? [] : [{ ...row, formerAddress: row.formerAddress }]))
    .toSorted((one, other) => (one.address < other.address ? -1 : 1));
}

/**
 * Former names that a new link claims, itself or for its databases, and that the ledger does not know, where it knows the topology:
 * `renamed_from` promises that nothing is made anew, so the link is not begun. In words: `database b`, `link a-b`.
 */
export function unknownFormers(topology: Topology, known: Pick<Ledger, 'links'>, link: Link): readonly string[] {
  const rows = Object.keys(known.links).filter((address) => address.startsWith(`${topology.name}/`));
  if (rows.length === 0 || rows.includes(link.address)) return [];
  const databases = topology.databases.filter(
    ({ name, renamedFrom }) =>
      renamedFrom !== undefined && (link.from === name || link.to === name) && !rows.some((address) => endsOf(address).includes(name)),
  );
  return [
    ...databases.map((database) => `database ${database.renamedFrom}`),
    ...(link.renamedFrom === undefined ? [] : [`link ${link.renamedFrom}`]),
  ];
}

function endsOf(address: string): readonly string[] {
  return address.slice(address.indexOf('/') + 1).split('-');
}

/**
 * Databases that a link's `renamed_from` says are called otherwise now, former name first: its ends are the same ones, so every other link
 * there has them too, one that leaves the file in the same commit among them. Told while the ledger has the link under its former name, and
 * not of a name that is an entry of its own.
 */
function namesByLinks(topology: Topology, ledger: Ledger): ReadonlyMap<string, string> {
  const standing = new Set(topology.databases.map((database) => database.name));
  const found = new Map<string, Set<string>>();
  for (const { renamedFrom, address, from, to } of topology.links) {
    if (renamedFrom === undefined || ledger.links[address] !== undefined || ledger.links[`${topology.name}/${renamedFrom}`] === undefined)
      continue;
    for (const [index, name] of endsOf(renamedFrom).entries()) {
      const now = [from, to][index] ?? name;
      if (now !== name && !standing.has(name)) found.set(name, (found.get(name) ?? new Set()).add(now));
    }
  }
  // Two new names for one are no name.
  return new Map([...found].flatMap(([name, now]) => (now.size === 1 ? [...now].map((one) => [name, one] as const) : [])));
}

function addressNow(topology: Topology, address: string, byLinks: ReadonlyMap<string, string> = new Map()): string {
  const [name, id = ''] = address.split('/');
  if (name !== topology.name) return address;
  const link = topology.links.find((one) => one.renamedFrom === id);
  if (link !== undefined) return link.address;
  const nameNow = (old: string): string => topology.databases.find((one) => one.renamedFrom === old)?.name ?? byLinks.get(old) ?? old;
  return `${name}/${id.split('-').map(nameNow).join('-')}`;
}

function underAddress(row: LedgerLink, address: string): LedgerLink {
  return {
    ...row,
    address,
    formerAddress: row.address,
    definition: row.definition === null ? null : definitionUnder(row.definition, address),
  };
}

function definitionUnder(definition: FormerDefinition, address: string): FormerDefinition {
  const id = address.split('/')[1] ?? '';
  const [from = '', to = ''] = id.split('-');
  return { ...definition, id, address, from, to };
}

/** Steps of a link begin with its id: `a-b/empty-tables`. */
function stepNow(
  topology: string,
  approval: { readonly topology: string; readonly step: string },
  moved: ReadonlyMap<string, LedgerLink>,
): string {
  const [id = '', ...rest] = approval.step.split('/');
  const row = moved.get(`${topology}/${id}`);
  return row === undefined || approval.topology !== topology ? approval.step : [row.address.split('/')[1], ...rest].join('/');
}
