import type { Ledger, Suspension } from '../../ledger/model.ts';
import { formatTimestamp } from '../../lib/format.ts';
import type { LinkView } from './link-view.ts';
import type { Diagnostic } from '../model.ts';
import type { Planned } from '../steps/run-steps.ts';

/** `suspended by eve since 2026-11-23 06:14:02Z: index on c`. */
export function suspensionText(suspension: Suspension): string {
  return `suspended by ${suspension.by} since ${formatTimestamp(suspension.since)}: ${suspension.reason}`;
}

/** Why each suspended link of these is held, by address. */
export function suspendedLinks(views: readonly LinkView[], ledger: Ledger): ReadonlyMap<string, string> {
  return new Map(
    views.flatMap(({ link }): [string, string][] => {
      const suspension = ledger.suspensions[link.address];
      return suspension === undefined ? [] : [[link.address, suspensionText(suspension)]];
    }),
  );
}

/** A suspended link is observed as one that shall not run: that nothing runs there is no drift. */
export function asStopped(planned: Planned, suspended: ReadonlyMap<string, string>): Planned {
  const { view } = planned;
  return suspended.has(view.link.address) ? standingStill(planned) : planned;
}

/** A link that runs nothing now, whatever is declared. */
export function standingStill(planned: Planned): Planned {
  const { view } = planned;
  return { ...planned, view: { ...view, link: { ...view.link, state: 'stopped' } } };
}

/** Each suspension is said each time. */
export function suspensionWarnings(suspended: ReadonlyMap<string, string>): readonly Diagnostic[] {
  return [...suspended].map(([address, text]) => ({
    severity: 'warning',
    code: 'Suspended',
    address,
    message: `${text}; its triggers go on recording`,
    objects: [],
    hint: `goatherd start ${address}`,
    at: null,
  }));
}
