import type { Link } from '../topology/model.ts';
import type { Judgement } from './approvals.ts';
import { receiptOf } from './view/copy.ts';
import type { Draft } from './steps/draft.ts';
import type { LinkView } from './view/link-view.ts';
import type { Step } from './model.ts';
import { inOrder } from './order.ts';
import { wantsRunning } from './steps/run-steps.ts';

/** Orders, numbers and blocks the steps: for preflight, for approval, for what they wait on. */
export function finish(
  views: readonly LinkView[],
  drafts: readonly Draft[],
  blocked: ReadonlyMap<string, string>,
  held: ReadonlySet<string>,
  judged: Judgement,
): readonly Step[] {
  const ordered = inOrder(drafts);
  const ids = new Set(ordered.map((step) => step.id));
  const reasons = new Map<string, string>();
  return ordered.map(({ phase: _phase, depth: _depth, gate, ...step }, index): Step => {
    const after = [...new Set(step.after)].filter((id) => ids.has(id) && id !== step.id).toSorted();
    const link = views.find(
      ({ link: one }) => one.address === step.address || (blocked.has(one.address) && step.address.endsWith(`/instance/${one.instance}`)),
    )?.link;
    if (step.kind === 'arrival') return arrivalOf(step, index, after, reasons, ordered);
    const reason =
      ownReason(step, link, blocked, held, judged) ??
      stoppedAbove(views, step) ??
      heldAbove(views, step, blocked) ??
      judged.reasonAgainst(step) ??
      waitsFor(after, reasons, ordered);
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

/** The proof of those links that this plan brings up: one that is blocked does not hold the proof of the others. */
function arrivalOf(
  step: Omit<Draft, 'phase' | 'depth' | 'gate'>,
  index: number,
  after: readonly string[],
  reasons: ReadonlyMap<string, string>,
  ordered: readonly Draft[],
): Step {
  const held = after.filter((id) => reasons.has(id));
  const work = step.work.kind === 'arrival' ? step.work : { kind: 'arrival' as const, links: [] };
  const links = work.links.filter((address) => !held.some((id) => id.startsWith(`${address.split('/').at(-1) ?? ''}/`)));
  const own = links.length === 0 ? after : after.filter((id) => !held.includes(id));
  return {
    ...step,
    what: links.length === 0 ? step.what : `prove arrival on ${links.map((address) => address.split('/').at(-1)).join(', ')}`,
    work: links.length === 0 ? work : { ...work, links },
    seq: index + 1,
    after: own,
    blocked: links.length === 0 ? waitsFor(after, reasons, ordered) : null,
    gate: null,
  };
}

function ownReason(
  step: Pick<Draft, 'id'>,
  link: Link | undefined,
  blocked: ReadonlyMap<string, string>,
  held: ReadonlySet<string>,
  judged: Judgement,
): string | null {
  if (!held.has(step.id)) return null;
  const why = link === undefined ? undefined : blocked.get(link.address);
  // What only a removal brings about waits for its approval, on whichever link it is.
  return why ?? judged.pending ?? [...blocked.values()][0] ?? 'its links are blocked';
}

/** A link whose upstream is stopped without a copy is prepared, and its own copy waits: C would start without A's rows. */
function stoppedAbove(views: readonly LinkView[], step: Pick<Draft, 'kind' | 'address'>): string | null {
  if (!['always', 'empty_tables', 'truncate_records', 'activate'].includes(step.kind)) return null;
  const view = views.find((one) => one.link.address === step.address);
  const above = view?.upstream.find((link) => {
    const upper = views.find((one) => one.link.address === link.address);
    return upper !== undefined && !wantsRunning(upper) && !receiptOf(upper);
  });
  return above === undefined ? null : `waits for the copy of ${above.id}, which is stopped`;
}

/** Tables that join a link below one that is held wait: what the link above brings of them later would not be passed on. */
function heldAbove(views: readonly LinkView[], step: Pick<Draft, 'kind' | 'address'>, blocked: ReadonlyMap<string, string>): string | null {
  if (step.kind !== 'copy_tables') return null;
  const above = views.find((one) => one.link.address === step.address)?.upstream.find((link) => blocked.has(link.address));
  return above === undefined ? null : `waits for ${above.id}: ${blocked.get(above.address) ?? 'blocked'}`;
}

function waitsFor(after: readonly string[], reasons: ReadonlyMap<string, string>, ordered: readonly Draft[]): string | null {
  const blocker = after.find((id) => reasons.has(id));
  if (blocker === undefined) return null;
  const seq = ordered.findIndex((step) => step.id === blocker) + 1;
  return `waits for step ${seq}`;
}
