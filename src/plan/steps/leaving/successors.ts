import { receiptOf } from '../../view/copies/copy.ts';
import type { LinkView } from '../../view/link-view.ts';
import { copiesAgain, type Planned, wantsRunning } from '../planned.ts';
import { runId, stepId } from '../step-ids.ts';

/**
 * What the end of a link that leaves waits for where a new link brings the same target its changes from now on: the old one goes on until the
 * new one misses none: its triggers record, and what enters its source is written down there for it. The target may keep its rows then, and
 * has no gap. Where what enters that source has itself to wait for this end, its triggers are all that is waited for.
 */
export function successorReady(view: LinkView, staying: readonly Planned[], leaving: readonly LinkView[]): readonly string[] {
  const next = successorsOf(view, staying);
  if (next.length === 0) return [];
  const circle = waitsForItself(view, staying, leaving);
  return next.flatMap((one) => [
    stepId.helpers(one),
    stepId.triggers(one),
    stepId.membership(one),
    ...(circle
      ? []
      : one.upstream.flatMap((upper) => [`${upper.id}/makedelta`, runId.copy(upper.id), runId.receipt(upper.id), runId.run(upper.id)])),
  ]);
}

/** New links that enter the database which this one enters. */
function successorsOf({ link }: LinkView, staying: readonly Planned[]): readonly LinkView[] {
  // The daemon of a shared instance is started anew at the link's end, and the new link's copies wait for that start.
  if (staying.some((one) => one.view.link.instance === link.instance)) return [];
  return staying.map((one) => one.view).filter((one) => one.link.to === link.to && wantsRunning(one) && !receiptOf(one));
}

/** Whether a link's end would wait for copies that wait for that same end: b and c change places, say. */
function waitsForItself(view: LinkView, staying: readonly Planned[], leaving: readonly LinkView[]): boolean {
  const seen = new Set(endsBefore(view, staying, leaving));
  for (const one of seen) for (const other of endsBefore(one, staying, leaving)) seen.add(other);
  return seen.has(view);
}

/**
 * Links that have come to their end when this one does: what enters its source; those whose places the links take whose copies it waits for,
 * and what runs in the daemons of these; and those below links that copy again, where it waits for these copies.
 */
function endsBefore(view: LinkView, staying: readonly Planned[], leaving: readonly LinkView[]): readonly LinkView[] {
  const copying = new Set(successorsOf(view, staying).flatMap((one) => one.upstream.map((upper) => upper.address)));
  for (const address of copying)
    for (const { view: one } of staying) if (one.link.address === address) for (const upper of one.upstream) copying.add(upper.address);
  const again = new Set(staying.filter((one) => copying.has(one.view.link.address) && copiesAgain(one)).map((one) => one.view.link.to));
  const places = new Set(staying.flatMap(({ view: { link } }) => (copying.has(link.address) ? [link.from, link.to] : [])));
  const instances = new Set(leaving.filter(({ link }) => places.has(link.to)).map(({ link }) => link.instance));
  // The restart that these copies or runs wait for also reads what is no longer written down for a link that has come to its end.
  const restarted = new Set(staying.filter((one) => copying.has(one.view.link.address)).map((one) => one.view.link.instance));
  const fed = new Set(staying.filter((one) => restarted.has(one.view.link.instance)).map((one) => one.view.link.to));
  return leaving.filter(
    ({ link }) => link.to === view.link.from || instances.has(link.instance) || again.has(link.from) || fed.has(link.from),
  );
}
