/** What is lost is noted before anything that tells of it is put back, whatever holds the link (rule 15). */
import type { Topology } from '../../topology/model.ts';
import type { Draft } from '../steps/draft.ts';
import { lossesOf, suspectStep } from '../steps/preparing/losses.ts';
import type { Sorted } from '../steps/preparing/makedelta.ts';

/**
 * The steps, and those that note in the ledger what links lost that may not act: what tells of it may be gone when they may, and nothing of
 * theirs is touched.
 */
export function withDoubtsFirst(topology: Topology, { free, held }: Sorted, steps: readonly Draft[]): readonly Draft[] {
  const views = [...free, ...held].map((one) => one.view);
  const beside = held.flatMap(({ view, carried }) => {
    const above = views.filter((one) => one.link.to === view.link.from);
    return suspectStep(view, lossesOf(topology, view, carried, above));
  });
  const all = [...steps, ...beside];
  const sourceOf = new Map(views.map(({ link }) => [link.address, link.from]));
  const suspects = all.filter((step) => step.kind === 'suspect');
  return all.map((step) => {
    if (!mends(step)) return step;
    const before = suspects.filter((one) => step.on.includes(sourceOf.get(one.address) ?? ''));
    return { ...step, after: [...new Set([...step.after, ...before.map((one) => one.id)])] };
  });
}

function mends({ kind }: Draft): boolean {
  return kind === 'helpers' || kind === 'triggers' || kind === 'rekey';
}
