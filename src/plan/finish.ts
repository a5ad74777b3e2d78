import type { Link } from '../topology/model.ts';
import type { Judgement } from './approvals.ts';
import { receiptOf } from './view/copies/copy.ts';
import type { Draft } from './steps/draft.ts';
import type { LinkView } from './view/link-view.ts';
import type { Step } from './step-model.ts';
import { inOrder } from './order.ts';
import { writesDownAsItIs } from './steps/copying/unheard.ts';
import { wantsRunning } from './steps/planned.ts';

/** Why links and steps may not be acted on; links by address, with the reason. */
export interface Obstacles {
  /** Links that nothing is done on. */
  readonly blocked: ReadonlyMap<string, string>;
  /** Links of which no run ends well (`cutOffLinks`). */
  readonly cut: ReadonlyMap<string, string>;
  /** Daemons that are not to be stopped (`heldDaemons`), by instance. */
  readonly copying: ReadonlyMap<string, string>;
  readonly judged: Judgement;
}

/** What else holds steps when a plan is finished. */
interface Holds extends Obstacles {
  /** Links that run on and whose removal is refused. */
  readonly guarded: ReadonlyMap<string, string>;
  /** Steps of links that may not act, by id: shown, and never carried out. */
  readonly held: ReadonlySet<string>;
  /** Those of them that belong to a removal, which waits for its approval alone: neither a suspension nor a target that is away holds it then. */
  readonly removal: ReadonlySet<string>;
}

/** Orders, numbers and blocks the steps: for preflight, for approval, for what they wait on. */
export function finish(views: readonly LinkView[], drafts: readonly Draft[], holds: Holds): readonly Step[] {
  const ordered = inOrder(drafts);
  const steps = numbered(views, ordered, holds);
  const proof = dueProof(views, ordered, steps);
  if (proof === undefined) return steps;
  // A proof of fewer links, or none, moves the numbers that others name.
  const others = ordered.filter((step) => step.kind !== 'arrival');
  return numbered(views, proof === null ? others : ordered.map((step) => (step.kind === 'arrival' ? proof : step)), holds);
}

function numbered(views: readonly LinkView[], ordered: readonly Draft[], holds: Holds): readonly Step[] {
  const { blocked, guarded } = holds;
  const refused = new Map([...blocked, ...guarded]);
  const ids = new Set(ordered.map((step) => step.id));
  const reasons = new Map<string, string>();
  return ordered.map(({ phase: _phase, depth: _depth, gate, ...step }, index): Step => {
    const after = [...new Set(step.after)].filter((id) => ids.has(id) && id !== step.id).toSorted();
    const link = views.find(
      ({ link: one }) => one.address === step.address || (refused.has(one.address) && step.address.endsWith(`/instance/${one.instance}`)),
    )?.link;
    const reason = ownReason(step, link, refused, holds) ?? reasonAgainst(views, step, holds) ?? waitsFor(after, reasons, ordered);
    if (reason !== null) reasons.set(step.id, reason);
    return {
      ...step,
      seq: index + 1,
      after,
      blocked: reason,
      gate: gate === null ? null : { ...gate, holds: ordered.filter((other) => other.after.includes(step.id)).map((other) => other.id) },
    };
  });
}

/**
 * The proof as it can be carried out: a link that is held does not hold the proof of the others, and a link that was proved before and
 * of which nothing is carried out now needs none. Undefined: as it stands; null: nothing is to be proved.
 */
function dueProof(views: readonly LinkView[], ordered: readonly Draft[], steps: readonly Step[]): Draft | null | undefined {
  const proof = ordered.find((step) => step.kind === 'arrival');
  if (proof === undefined || proof.work.kind !== 'arrival') return undefined;
  const { work } = proof;
  const held = new Set(steps.filter((step) => step.blocked !== null && step.kind !== 'arrival').map((step) => step.id));
  const waits = proof.after.filter((id) => held.has(id));
  const links = work.links.filter((address) => {
    const link = views.find((view) => view.link.address === address);
    if (link === undefined || waits.some((id) => id.startsWith(`${link.link.id}/`))) return false;
    const acts = steps.some(
      (step) =>
        step.blocked === null &&
        step.kind !== 'arrival' &&
        (step.address === address || step.address.endsWith(`/instance/${link.link.instance}`)),
    );
    return acts || isUnproved(views, address);
  });
  if (links.length === work.links.length && waits.length === 0) return undefined;
  // What is proved when the rest may be done is shown with it, waiting; of links of which nothing waits there is nothing to say.
  if (links.length === 0) return waits.length > 0 || work.links.some((address) => isUnproved(views, address)) ? undefined : null;
  return {
    ...proof,
    what: `prove arrival on ${links.map((address) => address.split('/').at(-1)).join(', ')}`,
    work: { ...work, links },
    after: proof.after.filter((id) => !held.has(id)),
    objects: links.length,
  };
}

function isUnproved(views: readonly LinkView[], address: string): boolean {
  return (views.find((view) => view.link.address === address)?.ledger?.provedAt ?? null) === null;
}

/** Why a step of a link that may act is not carried out now, whatever it waits for; null when it may. */
export function reasonAgainst(
  views: readonly LinkView[],
  step: Pick<Draft, 'id' | 'kind' | 'address' | 'destructive' | 'work'>,
  { blocked, cut, copying, judged }: Obstacles,
): string | null {
  return (
    stoppedAbove(views, step) ??
    heldAbove(views, step, blocked) ??
    endlessWait(step, cut) ??
    copyingThere(step, copying) ??
    judged.reasonAgainst(step)
  );
}

function ownReason(
  step: Pick<Draft, 'id'>,
  link: Link | undefined,
  refused: ReadonlyMap<string, string>,
  { held, removal, guarded, judged }: Holds,
): string | null {
  if (!held.has(step.id)) return null;
  const why = link === undefined ? undefined : refused.get(link.address);
  if (removal.has(step.id) && (link === undefined || !guarded.has(link.address)) && judged.pending !== null) return judged.pending;
  // What only a removal brings about waits for its approval, on whichever link it is.
  return why ?? judged.pending ?? [...refused.values()][0] ?? 'its links are blocked';
}

/** A link whose upstream is stopped without a copy is prepared, and its own copy waits: C would start without A's rows. */
function stoppedAbove(views: readonly LinkView[], step: Pick<Draft, 'kind' | 'address'>): string | null {
  if (!['always', 'empty_tables', 'truncate_records', 'activate'].includes(step.kind)) return null;
  const view = views.find((one) => one.link.address === step.address);
  // One that has its copy goes on without what a link that was put above it may bring later.
  const above =
    view === undefined || receiptOf(view)
      ? undefined
      : view.upstream.find((link) => {
          const upper = views.find((one) => one.link.address === link.address);
          return upper !== undefined && !wantsRunning(upper) && !receiptOf(upper);
        });
  return above === undefined ? null : `waits for the copy of ${above.id}, which is ${above.state}`;
}

/** No run of a link that is cut off ends well: what waits for one would wait for ever. */
function endlessWait(step: Pick<Draft, 'kind' | 'address'>, cut: ReadonlyMap<string, string>): string | null {
  return step.kind === 'wait_run' || step.kind === 'wait_drained' ? (cut.get(step.address) ?? null) : null;
}

/** What a stop would end is begun anew by the next daemon, from the first row on. */
function copyingThere({ work }: Pick<Draft, 'work'>, copying: ReadonlyMap<string, string>): string | null {
  return work.kind === 'stop_daemon' ? (copying.get(work.instance) ?? null) : null;
}

/** Tables that join a link below one that is held wait, or that come back to it: what the link above brings of them later would not be passed on. */
function heldAbove(
  views: readonly LinkView[],
  { work, address }: Pick<Draft, 'work' | 'address'>,
  blocked: ReadonlyMap<string, string>,
): string | null {
  if (work.kind !== 'copy_tables') return null;
  const view = views.find((one) => one.link.address === address);
  // Where `cascade` is off, nothing would be passed on anyway.
  const upstream = view?.passesOn === true ? view.upstream : [];
  const above = views.find(
    (one) =>
      upstream.some((link) => link.address === one.link.address) &&
      blocked.has(one.link.address) &&
      !(work.again && work.tables.every((table) => writesDownAsItIs(one, table))),
  )?.link;
  return above === undefined ? null : `waits for ${above.id}: ${blocked.get(above.address) ?? 'blocked'}`;
}

function waitsFor(after: readonly string[], reasons: ReadonlyMap<string, string>, ordered: readonly Draft[]): string | null {
  const blocker = after.find((id) => reasons.has(id));
  if (blocker === undefined) return null;
  const seq = ordered.findIndex((step) => step.id === blocker) + 1;
  return `waits for step ${seq}`;
}
