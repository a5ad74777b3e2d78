import { formatTimestamp, plural } from '../../lib/format.ts';
import type { Topology } from '../../topology/model.ts';
import { copyPlan, receiptOf } from '../view/copies/copy.ts';
import { movesLater } from '../view/remembered/kept-names.ts';
import { cascades } from '../view/link-view.ts';
import { doubtsOf, skippedTables } from '../view/doubts.ts';
import type { Diagnostic, LinkSummary } from '../model.ts';
import type { Step } from '../step-model.ts';
import { type Planned, wantsRunning } from '../steps/planned.ts';

/** What the last line says of each link. `blocked`: links that nothing is done on, or that stand still until something else is over. */
export function linkSummaries(planned: readonly Planned[], blocked: ReadonlySet<string>, steps: readonly Step[]): readonly LinkSummary[] {
  return planned.map(({ view, carried }) => {
    const { link } = view;
    const own = steps.some((step) => step.address === link.address || step.address.endsWith(`/instance/${link.instance}`));
    const receipt = view.ledger?.receipt ?? null;
    return {
      address: link.address,
      tables: carried.tables.length,
      sequences: carried.sequences.length,
      state: blocked.has(link.address)
        ? 'blocked'
        : own
          ? 'pending'
          : wantsRunning(view)
            ? 'converged'
            : view.link.state === 'detached'
              ? 'detached'
              : 'stopped',
      copy:
        receipt === null
          ? null
          : receipt.mode === 'unknown'
            ? 'copied: unknown'
            : receipt.mode === 'never'
              ? 'not requested'
              : `copied ${plural(receipt.rows, 'row')} in ${plural(receipt.copied.length, 'table')}`,
      suspect: suspectText(view),
    };
  });
}

/** When it was first seen, as the ledger keeps it, to the second. */
function timeOf(since: string): string {
  return formatTimestamp(Date.parse(since));
}

/** Why the data of a link is not known to be whole. */
function suspectText(view: Planned['view']): string | null {
  const reasons = doubtsOf(view).map(
    (one) => `${one.code}: ${one.tables.join(', ')}${one.since === null ? '' : ` since ${timeOf(one.since)}`}`,
  );
  return reasons.length === 0 ? null : reasons.join('; ');
}

/** What a reader should know of the links besides preflight: tables that a copy leaves alone, cascades that are off, what no file names. */
export function linkWarnings(planned: readonly Planned[], topology: Topology): readonly Diagnostic[] {
  const warning = (code: string, address: string, message: string, hint: string, objects: readonly string[] = []): Diagnostic => ({
    severity: 'warning',
    code,
    address,
    message,
    hint,
    objects,
    at: null,
  });
  return planned.flatMap(({ view, carried }): Diagnostic[] => {
    const { link } = view;
    const moves = view.ledger !== null && view.ledger.names.instanceName !== link.instanceName;
    const later = moves ? movesLater(link, view.ledger, { [link.instance]: view }) : null;
    const skipped = receiptOf(view) ? skippedTables(view.ledger) : view.adopting ? [] : copyPlan(view, carried).skipped;
    return [
      ...(skipped.length > 0
        ? [
            warning(
              'SkippedNotEmpty',
              link.address,
              `tables of ${link.to} ${receiptOf(view) ? 'held' : 'hold'} rows, so the copy ${receiptOf(view) ? 'left' : 'leaves'} them as they ${receiptOf(view) ? 'were' : 'are'}: only later changes arrive there`,
              receiptOf(view)
                ? `compare them: if they are equal, \`goatherd accept ${link.address} --reason …\`; else set \`copy_data: always\` and raise \`copy_generation\``
                : 'empty them before the copy, or set `copy_data: always`',
              skipped,
            ),
          ]
        : []),
      ...(later !== null
        ? [
            warning(
              'MoveWaits',
              link.address,
              `${link.id} stays in instance ${link.instance} until ${later}, and moves then`,
              'nothing to do about the move: it follows by itself',
            ),
          ]
        : []),
      ...(carried.aside.length > 0 && receiptOf(view)
        ? [
            warning(
              'SetAside',
              link.address,
              `kept out of ${link.id} until they fit again: their changes are recorded on ${link.from} and sent then`,
              'mend what the errors say of them; `tables: {exclude: […]}` takes them out for good',
              carried.aside,
            ),
          ]
        : []),
      ...(view.upstream.length > 0 && !cascades(topology, link.from)
        ? [
            warning(
              'CascadeOff',
              link.address,
              `${link.from} does not pass on what it receives: after its copy ${link.to} gets only what is written on ${link.from} itself`,
              'remove `cascade: false` to pass changes on',
            ),
          ]
        : []),
      ...doubtsOf(view)
        .filter((one) => one.code !== 'SkippedNotEmpty')
        .map((one) =>
          warning(
            'Suspect',
            link.address,
            `${one.code} since ${one.since === null ? 'its copy' : timeOf(one.since)}: changes of these tables may be lost`,
            `compare them on both sides, then \`goatherd accept ${link.address} --reason …\``,
            one.tables,
          ),
        ),
      ...(view.ledger?.receipt?.mode === 'unknown'
        ? [
            warning(
              'CopyUnknown',
              link.address,
              'the ledger has no receipt of its copy; it is never repeated by itself',
              'compare the data of source and target',
            ),
          ]
        : []),
    ];
  });
}

/** `Preflight errors: a-b. Suspect: b-c, c-d`: what a person has to look at, though all that can be done is done; null when there is nothing. */
export function leftNote({
  links,
  diagnostics,
}: {
  readonly links: readonly Pick<LinkSummary, 'address' | 'suspect'>[];
  readonly diagnostics: readonly Pick<Diagnostic, 'address' | 'severity'>[];
}): string | null {
  const named = (addresses: readonly string[]): string =>
    [...new Set(addresses)].map((address) => address.slice(address.indexOf('/') + 1)).join(', ');
  const errors = named(diagnostics.filter((one) => one.severity === 'error').map((one) => one.address));
  const suspects = named(links.filter((link) => link.suspect !== null).map((link) => link.address));
  const parts = [...(errors === '' ? [] : [`Preflight errors: ${errors}`]), ...(suspects === '' ? [] : [`Suspect: ${suspects}`])];
  return parts.length === 0 ? null : parts.join('. ');
}
