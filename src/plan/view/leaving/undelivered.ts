/** What links and tables on their way out have not delivered: changes and TRUNCATEs that their targets will never get, and those that nobody can count (rule 11). */
import { fewOf, plural } from '../../../lib/format.ts';
import type { Observation, Undelivered } from '../../../observe/model.ts';
import type { Diagnostic } from '../../model.ts';
import type { Draft } from '../../steps/draft.ts';
import type { Work } from '../../work-model.ts';
import { receiptOf } from '../copies/copy.ts';
import { type LinkView, membersOf } from '../link-view.ts';

/**
 * `leaving`: links whose removal is planned, `removal` its steps; `staying`: all others; `steps`: everything that is planned, blocked or not.
 * A link that somebody made inactive, or stopped, is not drained, and looks like one that a removal which was cut off has deactivated: what is
 * recorded after that is said, too. `letGo`: links whose entry in `removed` says `drain: false`. What is recorded after a table left its link was never meant to arrive.
 */
export function undeliveredWarnings(
  leaving: readonly LinkView[],
  staying: readonly LinkView[],
  removal: readonly Draft[],
  steps: readonly { readonly work: Work }[],
  letGo: ReadonlySet<string>,
  observation: Observation,
): readonly Diagnostic[] {
  return [
    ...leaving.flatMap((view) => ofLink(view, removal, letGo.has(view.link.address), observation)),
    ...staying.flatMap((view) => ofTables(view, steps, observation)),
  ];
}

function ofLink(view: LinkView, removal: readonly Draft[], letGo: boolean, observation: Observation): readonly Diagnostic[] {
  const { link, sync } = view;
  if (sync === null) return [];
  const waits = removal.some((step) => step.kind === 'wait_drained' && step.address === link.address);
  const members = membersOf(view);
  const rows = observation.undelivered?.[link.address] ?? {};
  const uncounted = observation.undelivered !== undefined && observation.undelivered[link.address] === undefined;
  const on = Object.entries(rows).filter(([, open]) => countOf(open) > 0);
  const aside = on.filter(([address]) => !members.has(address));
  const away = observation.databases[link.to]?.reachable !== true;
  const first = away ? `bring ${link.to} back` : `let ${link.id} run${letGo ? ' and take `drain: false` out' : ' before you approve'}`;
  const lost = waits ? [] : on.filter(([address]) => members.has(address));
  return [
    ...neverDelivered(
      view,
      lost,
      false,
      (one) => `the removal does not wait for ${one ? 'it' : 'them'}`,
      `to deliver them first, ${first}`,
    ),
    ...neverDelivered(
      view,
      aside,
      true,
      () => 'set aside, it is not on its way, and the removal does not wait for it',
      `to deliver them first, make it fit its target, and let ${link.id} run until they have arrived`,
    ),
    ...(uncounted && !waits ? [unknown(view, [], 'they could not be counted')] : []),
    ...missingDeltas(view, new Set([...members, ...receiptTables(view)])),
  ];
}

const countOf = ({ changes, truncates }: Undelivered): number => changes + truncates;

/** Tables that leave a link which stays. */
function ofTables(view: LinkView, steps: readonly { readonly work: Work }[], observation: Observation): readonly Diagnostic[] {
  const { link } = view;
  const addresses = new Set(steps.flatMap(({ work }) => (work.kind === 'leave' && work.link === link.address ? work.addresses : [])));
  if (addresses.size === 0) return [];
  const rows = Object.entries(observation.undelivered?.[link.address] ?? {});
  return [
    ...neverDelivered(
      view,
      rows.filter(([address, open]) => countOf(open) > 0 && addresses.has(address)),
      true,
      () => `the removal does not wait for what a table that leaves has not delivered`,
      `to deliver them first, leave it in \`tables\` until ${link.id} has nothing open, and write nothing to it meanwhile`,
    ),
    ...missingDeltas(view, addresses),
  ];
}

function neverDelivered(
  view: LinkView,
  rows: readonly (readonly [string, Undelivered])[],
  named: boolean,
  why: (one: boolean) => string,
  hint: string,
): readonly Diagnostic[] {
  const { link } = view;
  if (rows.length === 0) return [];
  const sum = (part: (open: Undelivered) => number): number => rows.reduce((total, [, open]) => total + part(open), 0);
  const changes = sum((open) => open.changes);
  const truncates = sum((open) => open.truncates);
  const lost = [...(changes > 0 ? [plural(changes, 'change')] : []), ...(truncates > 0 ? [plural(truncates, 'TRUNCATE')] : [])];
  const objects = rows.map(([address]) => address).toSorted();
  const of = named ? ` of ${fewOf(objects)}` : '';
  return [
    {
      severity: 'warning',
      code: 'NeverDelivered',
      address: link.address,
      message: `${lost.join(' and ')}${of} on ${link.from} will never reach ${link.to}: ${why(changes + truncates === 1)}`,
      hint,
      objects,
      at: null,
    },
  ];
}

/** Tables of a link that had its copy and whose delta or track table is missing: what stood there is gone, and nobody can say how much it was. */
function missingDeltas(view: LinkView, addresses: ReadonlySet<string>): readonly Diagnostic[] {
  if (!receiptOf(view)) return [];
  const objects = (view.source?.tables ?? [])
    .filter(({ kind, address, bucardo }) => kind === 'table' && addresses.has(address) && (bucardo?.deltaColumns ?? null) === null)
    .map((table) => table.address);
  if (objects.length === 0) return [];
  return [unknown(view, objects.toSorted(), `${objects.length === 1 ? 'its delta table is' : 'their delta tables are'} missing`)];
}

function unknown({ link }: LinkView, objects: readonly string[], why: string): Diagnostic {
  const of = objects.length === 0 ? '' : ` of ${fewOf(objects)}`;
  return {
    severity: 'warning',
    code: 'UndeliveredUnknown',
    address: link.address,
    message: `how many changes${of} on ${link.from} will never reach ${link.to} is unknown: ${why}`,
    hint: `compare the rows of ${link.from} and ${link.to} before you approve; or put back what left the file, copy again with \`copy_generation\`, and remove it then`,
    objects,
    at: null,
  };
}

function receiptTables(view: LinkView): readonly string[] {
  const receipt = view.ledger?.receipt ?? null;
  return receipt === null ? [] : [...receipt.copied, ...receipt.skipped];
}
