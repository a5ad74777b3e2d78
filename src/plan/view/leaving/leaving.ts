/** Links that their file no longer names: which of them may go, which without waiting, and what is to be said of it (rules 11, 13, 14). */
import type { Ledger, LedgerLink } from '../../../ledger/model.ts';
import type { Observation } from '../../../observe/model.ts';
import type { Link, Topology } from '../../../topology/model.ts';
import { type Draft, draft, PHASE } from '../../steps/draft.ts';
import type { Judgement } from '../../approvals.ts';
import type { LinkView } from '../link-view.ts';
import type { Diagnostic } from '../../model.ts';

/** Why a step is blocked that would remove what is protected. */
const PROTECTED = 'protected';

/**
 * Former links whose removal no approval brings about now, by address, with the reason: those that were protected when they were last
 * applied, all of them where nothing else of the topology would remain; and those whose source does not answer, for what stands there would
 * be forgotten and record for ever. `written`: those that a link above writes changes down for, to which nothing may be done now.
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

/** Steps of a removal by id: those of links that go, and of daemons that run no link that stays. */
export function removalIds(
  removal: readonly { readonly id: string; readonly address: string }[],
  leaving: readonly LinkView[],
  all: readonly LinkView[],
): ReadonlySet<string> {
  const stays = new Set(all.filter((view) => !leaving.includes(view)).map(({ link }) => link.instance));
  const places = leaving.flatMap(({ link }) => [
    link.address,
    ...(stays.has(link.instance) ? [] : [`${link.address.split('/')[0] ?? ''}/instance/${link.instance}`]),
  ]);
  return new Set(removal.filter((step) => places.includes(step.address)).map((step) => step.id));
}

/** Links whose removal has a step that is not approved, by address, with the reason. */
export function unapprovedAmong(leaving: readonly LinkView[], removal: readonly Draft[], judged: Judgement): ReadonlyMap<string, string> {
  return new Map(
    leaving.flatMap(({ link }): [string, string][] => {
      const reasons = removal.filter((step) => step.address === link.address).map(judged.reasonAgainst);
      const reason = reasons.find((one) => one !== null);
      return reason === null || reason === undefined ? [] : [[link.address, reason]];
    }),
  );
}

/** That a link is protected, and runs on. */
export function protectionWarnings(former: readonly LinkView[], guarded: ReadonlyMap<string, string>): readonly Diagnostic[] {
  return former
    .filter(({ link }) => guarded.get(link.address) === PROTECTED)
    .map(({ link }) => ({
      severity: 'warning',
      code: 'Protected',
      address: link.address,
      message: link.protect
        ? `${link.id} is protected, and its file no longer names it: it runs on as it was last applied`
        : `the topology has a protected link, so ${link.id} is not removed either`,
      hint: 'put its line back without `protect`, reconcile, and then remove it',
      objects: [],
      at: null,
    }));
}
