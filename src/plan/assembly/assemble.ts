import type { Scene } from '../scene.ts';
import type { Draft } from '../steps/draft.ts';
import { type Sorted, endingOf } from '../steps/preparing/makedelta.ts';
import { leaveInstanceSteps } from '../steps/preparing/move-steps.ts';
import { newcomers } from '../steps/copying/newcomers.ts';
import type { Planned } from '../steps/planned.ts';
import { helpersStep } from '../steps/preparing/helpers-step.ts';
import { recopyStep } from '../steps/copying/recopy-steps.ts';
import { removalSteps } from '../steps/leaving/removal.ts';
import { carriedBy, without } from '../view/carried.ts';
import type { LinkView } from '../view/link-view.ts';
import { replicatedBy } from '../view/replicated.ts';
import { preparingSteps } from './prepare.ts';
import { runningSteps } from './run.ts';

/** The steps of the links in `sorted.free`, and of those that leave. */
export function assemble(scene: Scene, given: Sorted): readonly Draft[] {
  const sorted = { ...given, free: given.free.map((one) => postponed(one, given.leaving)) };
  const prepared = preparingSteps(scene, sorted);
  const ending = endingOf(sorted);
  const removals = [
    ...sorted.leaving.flatMap((view) => {
      const left = leaveInstanceSteps(scene.topology, view, sorted.leaving);
      const removal = removalSteps(view, sorted.free, ending, sorted.undrained?.has(view.link.address) !== true);
      const steps = [...mendedFirst(scene, view, removal), ...removal];
      // The ledger forgets a link when nothing of it stands anywhere.
      return [
        ...left,
        ...steps.map((step) => (step.kind === 'forget' ? { ...step, after: [...step.after, ...left.map((one) => one.id)] } : step)),
      ];
    }),
    ...sorted.detached
      .filter(({ view }) => view.link.former !== true)
      .flatMap((one) => [
        // One that was about to move when it was detached has left where it stood before.
        ...leaveInstanceSteps(scene.topology, one.view, sorted.leaving),
        ...recopyStep(one, []),
        ...removalSteps(one.view, sorted.free, ending, false),
      ]),
  ];
  return [...prepared, ...removals, ...runningSteps(scene, sorted, [...prepared, ...removals])];
}

/** Helper tables that a run reads and writes on its source, and the function that writers call. */
const RUN_NEEDS: ReadonlySet<string> = new Set(['delta table', 'track table', 'stage table', 'delta function']);

/** What a run of a link that leaves would miss, where its end waits until the link is drained: no run ends well without it. */
function mendedFirst({ observation }: Scene, view: LinkView, removal: readonly Draft[]): readonly Draft[] {
  if (!removal.some((step) => step.kind === 'wait_drained')) return [];
  const carried = carriedBy(view, new Set());
  const replicated = replicatedBy({ view, carried });
  const tables = carried.tables.filter(({ table, helpers }) => replicated.has(table.address) && helpers.some((one) => RUN_NEEDS.has(one)));
  return tables.length === 0 ? [] : helpersStep(view, observation, { ...carried, tables });
}

/**
 * A link below one that leaves: tables that are new to it come when that one is gone, as what it still brings of them while they are
 * copied would not be passed on.
 */
function postponed(planned: Planned, leaving: readonly LinkView[]): Planned {
  const { view, carried } = planned;
  if (!leaving.some((one) => one.link.to === view.link.from)) return planned;
  return { ...planned, carried: without(carried, new Set(newcomers(view, carried))) };
}
