/** What is lost is noted before anything that tells of it is put back, on every link that shares it (rule 15). */
import type { Topology } from '../../topology/model.ts';
import type { Draft } from '../steps/draft.ts';
import { lossesOf, suspectStep } from '../steps/preparing/losses.ts';
import type { Sorted } from '../steps/preparing/makedelta.ts';

/**
 * The steps, and for links that may not act those that note in the ledger what is put back beside them: afterwards nothing would tell of it,
 * and nothing of theirs is touched.
 */
export function withDoubtsFirst(topology: Topology, { free, held }: Sorted, steps: readonly Draft[]): readonly Draft[] {
  const mended = new Map<string, Set<string>>();
  for (const step of steps) {
    const { work } = step;
    if (work.kind !== 'helpers' && work.kind !== 'triggers' && work.kind !== 'rekey') continue;
    const known = mended.get(work.database) ?? new Set();
    for (const { schema, table } of work.tables) known.add(`${schema}.${table}`);
    mended.set(work.database, known);
  }
  if (mended.size === 0) return steps;
  const views = [...free, ...held].map((one) => one.view);
  const beside = held.flatMap(({ view, carried }) => {
    const there = mended.get(view.link.from);
    const tables = carried.tables.filter(({ table }) => there?.has(table.address));
    const above = views.filter((one) => one.link.to === view.link.from);
    return tables.length === 0 ? [] : suspectStep(view, lossesOf(topology, view, { ...carried, tables }, above));
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
