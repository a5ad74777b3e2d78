/** Links whose runs fail by what is missing below them, on a link that is not to be touched. */
import { fewOf } from '../../../lib/format.ts';
import type { Ledger } from '../../../ledger/model.ts';
import type { Diagnostic } from '../../model.ts';
import type { Planned } from '../../steps/planned.ts';
import { passesOnTo } from '../../steps/preparing/still-loaded.ts';
import { type LinkView, membersOf } from '../link-view.ts';
import { replicatedBy } from '../replicated.ts';
import { isRunBy } from '../runs-first.ts';
import { endOfSuspension, suspensionOf } from '../suspensions.ts';
import { writesDelta } from './written-from-above.ts';

/** A link that writes each change of some tables to delta tables of a link below which are not there. */
export interface CutOff {
  readonly upper: LinkView;
  readonly below: LinkView;
  /** Addresses; their delta tables are missing. */
  readonly tables: readonly string[];
}

/**
 * Where a link below is `held`, what somebody dropped of its helper tables stays dropped, and each run of a link above that has a change for
 * them fails (FACTS 6.4): with makedelta, a kid writes there in the transaction that brings the change.
 */
export function cutOffLinks(running: readonly LinkView[], held: readonly Planned[]): readonly CutOff[] {
  return held.flatMap((planned): CutOff[] => {
    const { view: below, carried } = planned;
    const replicated = replicatedBy(planned);
    const missing = carried.tables.filter(({ helpers }) => helpers.includes('delta table')).map(({ table }) => table.address);
    if (missing.length === 0) return [];
    return running
      .filter((upper) => upper.link.to === below.link.from)
      .map((upper) => ({
        upper,
        below,
        tables: missing.filter(
          (address) =>
            writesDelta(upper, address) ||
            (replicated.has(address) && isWrittenAnew(upper, below, address)) ||
            failsBy(upper, below, address),
        ),
      }))
      .filter(({ tables }) => tables.length > 0);
  });
}

/** Whether makedelta of a table is about to be written where it stands no longer, or not yet: in a control database that is made again, or in another instance. */
function isWrittenAnew(upper: LinkView, below: LinkView, address: string): boolean {
  const joined = upper.leaves.length > 0 ? new Set<string>() : membersOf(upper);
  return below.passesOn && !joined.has(address) && upper.selected?.tables.some((table) => table.address === address) === true;
}

/** Whether other hands took makedelta off, and runs end badly that the daemon makes with what it has read before. */
function failsBy(upper: LinkView, below: LinkView, address: string): boolean {
  const { lastGood = null, lastBad = null } = upper.runs ?? {};
  const fails = lastBad !== null && lastBad.startedAt > (lastGood?.startedAt ?? 0);
  return fails && isRunBy(upper) && passesOnTo(upper, below) && membersOf(upper).has(address);
}

/** Why no run of these links is waited for, by address. */
export function cutOffReasons(cut: readonly CutOff[]): ReadonlyMap<string, string> {
  return new Map(cut.map(({ upper, below }) => [upper.link.address, `waits for ${below.link.id}, whose delta tables are missing`]));
}

/** Names the cause, each time: what is missing, who holds it, and what ends that. `blocked`: why links are held, by address. */
export function cutOffWarnings(cut: readonly CutOff[], blocked: ReadonlyMap<string, string>, ledger: Ledger): readonly Diagnostic[] {
  return cut.map(({ upper, below, tables }) => {
    const suspended = suspensionOf(ledger, below.link) !== null;
    const them = tables.length === 1 ? 'it' : 'them';
    return {
      severity: 'warning',
      code: 'DeltaTablesMissing',
      address: upper.link.address,
      message: `nothing of ${fewOf(tables)} arrives: ${upper.link.id} also writes each change to delta tables of ${below.link.id} on ${below.link.from}, and ${tables.length === 1 ? 'that of it is' : 'those of them are'} missing; ${below.link.id} is not touched (${blocked.get(below.link.address) ?? 'blocked'})`,
      objects: tables,
      hint: suspended
        ? `${endOfSuspension(ledger, below.link)}, and reconcile: goatherd makes ${them} again, and says which writes ${below.link.to} may lack`
        : `cure what holds ${below.link.id}, and reconcile: goatherd makes ${them} again, and says which writes ${below.link.to} may lack`,
      at: null,
    };
  });
}
