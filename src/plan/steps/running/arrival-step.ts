import type { Topology } from '../../../topology/model.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { type Planned, wantsRunning } from '../planned.ts';
import { runId } from '../step-ids.ts';

/** Links of the topology in the observation's instances that are to be proved: running, with a receipt now or after this plan. */
export function arrivalStep(topology: Topology, links: readonly Planned[], touched: ReadonlySet<string>): Draft[] {
  const due = links.filter(
    ({ view }) => wantsRunning(view) && (touched.has(view.link.address) || (view.ledger?.provedAt ?? null) === null),
  );
  if (due.length === 0) return [];
  const depth = Math.max(...due.map(({ view }) => view.depth));
  const waits = due.flatMap(({ view }) => [
    runId.receipt(view.link.id),
    runId.run(view.link.id),
    runId.activate(view),
    runId.start(view.link.instance, 0),
    ...view.upstream.map((one) => runId.receipt(one.id)),
  ]);
  return [
    draft({
      id: runId.arrival,
      kind: 'arrival',
      symbol: '=',
      address: topology.name,
      depth,
      what: `prove arrival on ${due.map(({ view }) => view.link.id).join(', ')}`,
      reason: 'health is arrival, not a status: one existing key is noted as changed and seen delivered on every hop',
      on: [...new Set(due.flatMap(({ view }) => [view.link.from, view.link.to]))],
      after: waits,
      work: { kind: 'arrival', links: due.map(({ view }) => view.link.address) },
      phase: PHASE.run + 1000,
      objects: due.length,
      estimateSeconds: 4 * due.length,
    }),
  ];
}

/** The same steps, with no proof of these links: they are about to leave, and are waited for until they are drained. */
export function withoutProofOf(leaving: ReadonlyMap<string, string>, steps: readonly Draft[]): readonly Draft[] {
  if (leaving.size === 0) return steps;
  return steps.flatMap((step) => {
    if (step.work.kind !== 'arrival') return [step];
    const links = step.work.links.filter((address) => !leaving.has(address));
    if (links.length === 0) return [];
    const what = `prove arrival on ${links.map((address) => address.split('/').at(-1)).join(', ')}`;
    return [{ ...step, what, work: { ...step.work, links }, objects: links.length, estimateSeconds: 4 * links.length }];
  });
}
