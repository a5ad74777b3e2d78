import { GoatherdError } from '../lib/errors.ts';
import { joinWords } from '../lib/format.ts';
import type { Installation } from './installation.ts';
import type { ImportFinding } from './model.ts';

/**
 * An installation without what goatherd has in it already: syncs that are links of a topology, with what only they use.
 * @throws GoatherdError `OwnControlDatabase` where that leaves no sync: what goatherd made itself is declared, not imported
 */
export function withoutManaged(installation: Installation): Installation {
  const { managed, database } = installation;
  if (managed === null) return installation;
  const isManaged = (sync: string): boolean => managed.syncs[sync] !== undefined;
  const syncs = installation.syncs.filter((sync) => !isManaged(sync.name));
  if (syncs.length === 0) {
    const links = Object.values(managed.syncs).toSorted();
    const runs = links.length === 0 ? '' : `: ${joinWords(links)} ${links.length === 1 ? 'runs' : 'run'} in it`;
    throw new GoatherdError('OwnControlDatabase', `${database} is goatherd's own, of topology ${managed.topology}${runs}`, {
      hint: `there is nothing to import: change the file of topology ${managed.topology} and reconcile it. If that file is lost, the ledger has what was applied last: SELECT address, definition FROM goatherd.link`,
    });
  }
  const others = installation.syncs.filter((sync) => isManaged(sync.name));
  const only = <T>(of: (sync: Installation['syncs'][number]) => readonly T[]): ReadonlySet<T> => {
    const kept = new Set(syncs.flatMap(of));
    return new Set(others.flatMap(of).filter((one) => !kept.has(one)));
  };
  const groups = only((sync) => [sync.dbs]);
  const goats = only((sync) => installation.herds[sync.herd] ?? []);
  const dbs = only((sync) => installation.members.filter((one) => one.group === sync.dbs).map((one) => one.db));
  return {
    ...installation,
    syncs,
    members: installation.members.filter((one) => !groups.has(one.group)),
    goats: installation.goats.filter((goat) => !goats.has(goat.id)),
    dbs: installation.dbs.filter((db) => !dbs.has(db.name)),
  };
}

/** What was left out, or may be goatherd's without anybody knowing it. */
export function managedFindings({ managed, database, syncs }: Installation): readonly ImportFinding[] {
  if (managed === null) return [];
  const where = `control database ${database}`;
  const left = syncs.flatMap((sync) => {
    const address = managed.syncs[sync.name];
    return address === undefined ? [] : [`${sync.name}, which is ${address}`];
  });
  if (left.length > 0) return [{ code: 'Managed', where, message: `left out, as goatherd has them already: ${left.join('; ')}` }];
  return [
    {
      code: 'Managed',
      where,
      message: `goatherd has adopted from it for topology ${managed.topology}, and its ledger does not say what: take the links of that topology out`,
    },
  ];
}
