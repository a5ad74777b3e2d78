/** Tables that join a link and of which the link above brings changes that it does not write down yet (rule 1's last clause). */
import type { Carried } from '../../view/carried.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import { type LinkView, membersOf } from '../../view/link-view.ts';
import { lacksDelta } from '../../view/wanted.ts';
import { writesDelta } from '../../view/copies/written-from-above.ts';
import { newcomers } from './newcomers.ts';
import { wantsRunning } from '../planned.ts';

/** A kid of the daemon that runs, younger than what was last changed of that which it reads when it is set up, has ended well. */
export function runSeen(view: LinkView): boolean {
  const startedAt = view.daemon?.startedAt ?? null;
  const good = view.runs?.lastGood ?? null;
  return startedAt !== null && good !== null && startedAt >= (view.control?.changedAt ?? 0) && good.startedAt > startedAt;
}

/**
 * Newcomers that a live link above carries already, though it may be on its way to a stop. What it brings of them before its daemon has read their makedelta nobody notes, and a
 * copy made before that would miss it.
 */
export function unheard(view: LinkView, carried: Carried, above: readonly LinkView[]): ReadonlySet<string> {
  if (!view.passesOn) return new Set();
  const feeding = above.filter((upper) => receiptOf(upper) && (wantsRunning(upper) || stillRuns(upper)));
  // What was to be written down before anything stood to write to, other hands said, and the daemon may not have read it.
  const unmade = new Set(carried.tables.filter(lacksDelta).map(({ table }) => table.address));
  return new Set(newcomers(view, carried).filter((address) => feeding.some((upper) => bringsUnnoted(upper, address, unmade.has(address)))));
}

/**
 * Whether a link to which nothing may be done now writes down on its target what it brings of a table, at once and when it runs again: its rows
 * say so, and no kid lives that may have begun before they did.
 */
export function writesDownAsItIs(upper: LinkView, address: string): boolean {
  return writesDelta(upper, address) && (!stillRuns(upper) || runSeen(upper));
}

/** Whether a daemon runs a link yet that is not to run any more. */
function stillRuns({ daemon, link, sync }: LinkView): boolean {
  return daemon !== null && daemon.masterPid !== null && (sync?.status === 'active' || daemon.activeSyncs.includes(link.sync));
}

function bringsUnnoted(upper: LinkView, address: string, unmade: boolean): boolean {
  if (!membersOf(upper).has(address)) return false;
  return unmade || !writesDelta(upper, address) || !runSeen(upper);
}
