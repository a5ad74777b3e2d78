import type { Ledger, Suspension } from '../../ledger/model.ts';
import { formatTimestamp } from '../../lib/format.ts';
import type { Link } from '../../topology/model.ts';
import type { LinkView } from './link-view.ts';
import type { Diagnostic } from '../model.ts';
import type { Planned } from '../steps/planned.ts';

/** `suspended by eve since 2026-11-23 06:14:02Z: index on c`. */
export function suspensionText({ by, since, until, reason }: Suspension): string {
  const end = until === undefined ? '' : ` until ${formatTimestamp(until)}`;
  return `suspended by ${by} since ${formatTimestamp(since)}${end}: ${reason}`;
}

/** The suspension of a link, or of its topology. */
export function suspensionOf(ledger: Pick<Ledger, 'suspensions'>, link: Pick<Link, 'address'>): Suspension | null {
  return ledger.suspensions[link.address] ?? ledger.suspensions[link.address.split('/')[0] ?? ''] ?? null;
}

/** What ends it: `goatherd start orders/a-b`. */
export function endOfSuspension(ledger: Pick<Ledger, 'suspensions'>, link: Pick<Link, 'address'>): string {
  const own = ledger.suspensions[link.address];
  if (own === undefined) return `goatherd resume ${link.address.split('/')[0] ?? ''}`;
  return `goatherd ${own.held === true ? 'resume' : 'start'} ${link.address}`;
}

/** Why each suspended link of these is held, by address. */
export function suspendedLinks(views: readonly LinkView[], ledger: Ledger): ReadonlyMap<string, string> {
  return new Map(
    views.flatMap(({ link }): [string, string][] => {
      const suspension = suspensionOf(ledger, link);
      return suspension === null ? [] : [[link.address, suspensionText(suspension)]];
    }),
  );
}

/** A link that a person stopped is observed as one that shall not run: that nothing runs there is no drift. */
export function asStopped(planned: Planned, ledger: Ledger): Planned {
  const { view } = planned;
  const suspension = suspensionOf(ledger, view.link);
  return suspension !== null && suspension.held !== true ? standingStill(planned) : planned;
}

/** A link that runs nothing now, whatever is declared. */
export function standingStill(planned: Planned): Planned {
  const { view } = planned;
  return { ...planned, view: { ...view, link: { ...view.link, state: 'stopped' } } };
}

/** Each suspension is said each time. */
export function suspensionWarnings(suspended: ReadonlyMap<string, string>, ledger: Ledger): readonly Diagnostic[] {
  return [...suspended].map(([address, text]) => ({
    severity: 'warning',
    code: 'Suspended',
    address,
    message: `${text}; ${suspensionOf(ledger, { address })?.held === true ? 'what runs goes on, and nothing is done about it' : 'its triggers go on recording'}`,
    objects: [],
    hint: endOfSuspension(ledger, { address }),
    at: null,
  }));
}
