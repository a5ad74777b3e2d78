/** Links that their file no longer names: which of them may go, which without waiting, and what is to be said of it (rules 11, 13, 14). */
import type { Ledger, LedgerLink } from '../../ledger/model.ts';
import type { Observation } from '../../observe/model.ts';
import type { Link, Topology } from '../../topology/model.ts';
import { plural } from '../../lib/format.ts';
import { type Draft, draft, PHASE } from '../steps/draft.ts';
import type { LinkView } from './link-view.ts';
import type { Diagnostic } from '../model.ts';

/** Why a step is blocked that would remove what is protected. */
const PROTECTED = 'protected';

/**
 * Former links whose removal no approval brings about now, by address, with the reason: those that were protected when they were last
 * applied, all of them where nothing else of the topology would remain; and those whose source does not answer, for what stands there would
 * be forgotten and record for ever. `written`: those that a link above writes changes down for which nothing may be done to now.
 */
export function guardedAmong(
  former: readonly Link[],
  declared: readonly Link[],
  observation: Observation,
  written: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const whole = declared.length === 0 && former.some((link) => link.protect);
  return new Map(
    former.flatMap((link): [string, string][] => {
      if (whole || link.protect) return [[link.address, PROTECTED]];
      if (observation.databases[link.from]?.reachable !== true) return [[link.address, `${link.from} does not answer`]];
      const reason = written.get(link.address);
      return reason === undefined ? [] : [[link.address, reason]];
    }),
  );
}

/** Whether the ledger is to be told that a link is protected, or is no more (rule 14). */
export function protectionChanges(link: Link, known: LedgerLink): boolean {
  return known.definition !== null && link.former !== true && (known.definition.protect ?? false) !== link.protect;
}

/** Protection is a step of its own, so that a plan says when it begins and when it ends. */
export function protectionStep({ link, ledger }: LinkView): readonly Draft[] {
  if (ledger === null || !protectionChanges(link, ledger)) return [];
  return [
    draft({
      id: `${link.id}/protect`,
      kind: 'ledger',
      symbol: '~',
      address: link.address,
      what: link.protect ? `protect ${link.id}: its removal is refused` : `end the protection of ${link.id}: its removal needs an approval`,
      reason: `declared \`protect: ${link.protect}\``,
      on: ['hub'],
      work: { kind: 'ledger' },
      phase: PHASE.ledger,
      depth: 0,
      before: [`protect ${!link.protect}`],
      afterFacts: [`protect ${link.protect}`],
    }),
  ];
}

/** Links whose removal does not wait until they are drained: an entry of `removed` says so, by the very id that approves it. */
export function undrainedLinks(
  topology: Topology,
  leaving: ReadonlySet<string>,
  id: string | undefined,
  ledger: Ledger,
): ReadonlySet<string> {
  const approvedBy = (address: string, plan: string): boolean =>
    plan === id ||
    ledger.approvals.some(
      (one) => one.topology === topology.name && one.id === plan && `${topology.name}/${one.step}`.startsWith(`${address}/`),
    );
  const entries = topology.removed.filter((one) => !one.drain && leaving.has(one.address) && approvedBy(one.address, one.plan));
  return new Set(entries.map((one) => one.address));
}

/** That a link is protected, and how many changes a target will never get. */
export function removalWarnings(
  leaving: readonly LinkView[],
  former: readonly LinkView[],
  guarded: ReadonlyMap<string, string>,
  removal: readonly Draft[],
  observation: Observation,
): readonly Diagnostic[] {
  const warning = (code: string, link: Link, message: string, hint: string): Diagnostic => ({
    severity: 'warning',
    code,
    address: link.address,
    message,
    hint,
    objects: [],
    at: null,
  });
  const refused = former
    .filter(({ link }) => guarded.get(link.address) === PROTECTED)
    .map(({ link }) =>
      warning(
        'Protected',
        link,
        link.protect
          ? `${link.id} is protected, and its file no longer names it: it runs on as it was last applied`
          : `the topology has a protected link, so ${link.id} is not removed either`,
        'put its line back without `protect`, reconcile, and then remove it',
      ),
    );
  const lost = leaving.flatMap(({ link, sync }): Diagnostic[] => {
    const undelivered = observation.undelivered?.[link.address] ?? 0;
    // Once it was drained and deactivated, what comes later was never meant to arrive.
    const open = sync?.status === 'active' || (sync !== null && link.state === 'stopped');
    const waits = removal.some((step) => step.kind === 'wait_drained' && step.address === link.address);
    if (!open || waits || undelivered === 0) return [];
    return [
      warning(
        'NeverDelivered',
        link,
        `${plural(undelivered, 'change')} on ${link.from} will never reach ${link.to}: the removal does not wait for ${undelivered === 1 ? 'it' : 'them'}`,
        `to deliver them first, let ${link.id} run and take \`drain: false\` out`,
      ),
    ];
  });
  return [...refused, ...lost];
}
