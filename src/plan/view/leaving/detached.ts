/** Links that are declared detached: relief for a source whose disk fills. */
import { plural } from '../../../lib/format.ts';
import type { Diagnostic } from '../../model.ts';
import type { Planned } from '../../steps/planned.ts';
import { standsFor } from '../../steps/leaving/departures.ts';
import type { LinkView } from '../link-view.ts';

/** Whether a link was detached and nothing of it stands on its source: one that was adopted, or found again, may only have been declared so. */
export function isDetached(view: LinkView): boolean {
  const { link, source, ledger } = view;
  if (link.state !== 'detached' || source === null || ledger?.definition?.state !== 'detached') return false;
  const names = new Set(source.bucardo?.deltaNames);
  return !source.tables.some((table) => standsFor(view, table, names));
}

/** A link whose detaching is not approved goes on as it was last applied; what was never applied in full records and runs nothing. */
export function asApplied(view: LinkView): LinkView {
  if (view.link.state !== 'detached') return view;
  const applied = view.ledger?.definition?.state ?? 'stopped';
  return {
    ...view,
    link: { ...view.link, state: applied === 'detached' || view.ledger?.appliedDefinition === null ? 'stopped' : applied },
  };
}

/** What it means that a link is detached, said each time. */
export function detachedWarnings(detached: readonly Planned[]): readonly Diagnostic[] {
  return detached.map(({ view, carried }) => {
    const { link, downstream } = view;
    const below =
      downstream.length === 0
        ? ''
        : `; ${downstream.map((one) => one.id).join(', ')} ${downstream.length === 1 ? 'goes' : 'go'} on with what is written on ${link.to}`;
    return {
      severity: 'warning',
      code: 'Detached',
      address: link.address,
      message: `nothing that is written on ${link.from} is recorded for ${link.to}${below}`,
      objects: [],
      hint: `to come back means a copy of ${plural(carried.tables.length, 'table')}, which removes their rows on ${link.to} and on all databases below, when that is approved`,
      at: null,
    };
  });
}
