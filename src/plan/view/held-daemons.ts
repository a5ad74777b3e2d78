/** Daemons that are not stopped, for links that are not to be touched. */
import type { Planned } from '../steps/planned.ts';
import { copyEnded, receiptOf } from './copies/copy.ts';
import type { LinkView } from './link-view.ts';
import { replicatedBy } from './replicated.ts';

/**
 * Why a daemon is not stopped now, by instance: of links that may not act, the first copy of one runs in it (rule 3), or one lacks what
 * Bucardo would make itself when it is started anew, with no time limit on its locks (rule 10). Nothing waits for that beside this, as the
 * link's own steps are held; what is planned goes on once a look finds it ended.
 */
export function heldDaemons(held: readonly Planned[]): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const instance of new Set(held.map(({ view }) => view.link.instance))) {
    const own = held.filter(({ view }) => view.link.instance === instance && view.daemon?.masterPid !== null);
    const ids = (of: (one: Planned) => boolean): string =>
      own
        .filter(of)
        .map(({ view }) => view.link.id)
        .toSorted()
        .join(', ');
    const copying = ids(({ view }) => copyRuns(view));
    const lacking = ids(lacksWhatBucardoMakes);
    if (copying !== '') reasons.set(instance, `waits for the copy of ${copying}, which runs in daemon ${instance}`);
    else if (lacking !== '')
      reasons.set(
        instance,
        `waits for ${lacking}: when daemon ${instance} starts, Bucardo makes what tables of it lack, and locks them without end`,
      );
  }
  return reasons;
}

const MADE: ReadonlySet<string> = new Set(['delta table', 'track table', 'stage table']);

function lacksWhatBucardoMakes(one: Planned): boolean {
  if (one.view.sync?.status !== 'active') return false;
  const replicated = replicatedBy(one);
  return one.carried.tables.some(
    ({ table, triggers, helpers, otherTruncate }) =>
      replicated.has(table.address) &&
      (helpers.some((name) => MADE.has(name)) || triggers.includes('delta') || (triggers.includes('truncate') && !otherTruncate)),
  );
}

function copyRuns(view: LinkView): boolean {
  const { daemon, sync, runs, ledger, link } = view;
  const askedAt = ledger?.request?.askedAt ?? null;
  if (receiptOf(view) || askedAt === null || sync?.status !== 'active' || sync.onetimecopy === 0 || copyEnded(view)) return false;
  // It reads the flag when it starts: one that is older does not copy yet.
  if (daemon === null || daemon.masterPid === null || daemon.startedAt === null || daemon.startedAt < askedAt) return false;
  // One that failed and is not tried just now has nothing to lose, and may fail for ever.
  const failed = (runs?.lastBad?.startedAt ?? 0) >= askedAt && (runs?.running ?? null) === null;
  return daemon.activeSyncs.includes(link.sync) && !failed;
}
