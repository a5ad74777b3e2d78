import type { Topology } from '../../../topology/model.ts';

/**
 * Addresses that the file's `renamed_from` keys say are others now, former ones first: of databases and of links, those among them whose
 * database has another name. A former name is never that of an entry, so a former address is nobody else's.
 */
export function renamedAddresses({ name, databases, links }: Topology): ReadonlyMap<string, string> {
  const standing = new Set([...databases.map((one) => `${name}/${one.name}`), ...links.map((link) => link.address)]);
  const names = renamedNames({ databases, links });
  const formers = (now: string): readonly string[] => [now, ...[...names].filter(([, one]) => one === now).map(([before]) => before)];
  const pairs = [
    ...[...names].map(([before, now]) => [before, now] as const),
    ...links.flatMap(({ id, from, to }) => formers(from).flatMap((one) => formers(to).map((other) => [`${one}-${other}`, id] as const))),
    // What a link itself says stands last, and holds.
    ...links.flatMap(({ id, renamedFrom }) => (renamedFrom === undefined ? [] : [[renamedFrom, id] as const])),
  ];
  return new Map(
    pairs.map(([before, now]) => [`${name}/${before}`, `${name}/${now}`] as const).filter(([before]) => !standing.has(before)),
  );
}

/** What is remembered, each under the address that it has now. What is remembered under a new address already stands last, and holds. */
export function atAddressesNow<Kept extends { readonly address: string }>(
  kept: readonly Kept[],
  renames: ReadonlyMap<string, string>,
): readonly Kept[] {
  if (renames.size === 0) return kept;
  const moved = kept.flatMap((one): Kept[] => {
    const now = renames.get(one.address);
    return now === undefined ? [] : [{ ...one, address: now }];
  });
  return [...moved, ...kept.filter((one) => !renames.has(one.address))];
}

/** Names of databases, former ones first: what they say themselves, and what the ends of a renamed link say of those that are no entries any more. */
function renamedNames({ databases, links }: Pick<Topology, 'databases' | 'links'>): ReadonlyMap<string, string> {
  const standing = new Set(databases.map((database) => database.name));
  const told = databases.flatMap(({ name, renamedFrom }) => (renamedFrom === undefined ? [] : [[renamedFrom, name] as const]));
  const ends = links.flatMap(({ renamedFrom, from, to }) =>
    (renamedFrom ?? '').split('-').flatMap((before, index) => {
      const now = [from, to][index];
      return before === '' || now === undefined || now === before || standing.has(before) ? [] : [[before, now] as const];
    }),
  );
  const ambiguous = new Set(
    ends.filter(([before, now]) => ends.some((other) => other[0] === before && other[1] !== now)).map(([before]) => before),
  );
  return new Map([...ends.filter(([before]) => !ambiguous.has(before)), ...told]);
}
