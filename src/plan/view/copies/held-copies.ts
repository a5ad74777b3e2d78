/** First copies that run, of links that are not to be touched. */
import type { Planned } from '../../steps/planned.ts';
import type { LinkView } from '../link-view.ts';
import { copyEnded, receiptOf } from './copy.ts';

/**
 * Why a daemon is not stopped now, by instance (rule 3): the first copy of a link that may not act runs in it. Nothing waits for that copy
 * beside this, as the link's own steps are held; what is planned goes on once a look finds it ended.
 */
export function heldCopies(held: readonly Planned[]): ReadonlyMap<string, string> {
  const copying = held.map(({ view }) => view).filter(copyRuns);
  return new Map(
    [...new Set(copying.map(({ link }) => link.instance))].map((instance) => {
      const ids = copying.filter(({ link }) => link.instance === instance).map(({ link }) => link.id);
      return [instance, `waits for the copy of ${ids.toSorted().join(', ')}, which runs in daemon ${instance}`];
    }),
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
