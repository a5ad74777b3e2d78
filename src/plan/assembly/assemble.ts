import type { Scene } from '../scene.ts';
import type { Draft } from '../steps/draft.ts';
import { type Sorted, endingOf } from '../steps/preparing/makedelta.ts';
import { passesOnTo } from '../steps/preparing/still-loaded.ts';
import { leaveInstanceSteps } from '../steps/preparing/move-steps.ts';
import { newcomers } from '../steps/copying/newcomers.ts';
import type { Planned } from '../steps/planned.ts';
import { helpersStep } from '../steps/preparing/helpers-step.ts';
import { recopyStep } from '../steps/copying/recopy-steps.ts';
import { removalSteps } from '../steps/leaving/removal.ts';
import { carriedBy, without } from '../view/carried.ts';
import type { LinkView } from '../view/link-view.ts';
import { writesDelta } from '../view/copies/written-from-above.ts';
import { replicatedBy } from '../view/replicated.ts';
import { withDoubtsFirst } from './doubts-first.ts';
import { suspensionOf } from '../view/suspensions.ts';
import { preparingSteps } from './prepare.ts';
import { runningSteps } from './run.ts';

/** The steps of the links in `sorted.free`, and of those that leave. */
export function assemble(scene: Scene, given: Sorted): readonly Draft[] {
  const sorted = { ...given, free: given.free.map((one) => postponed(one, given.leaving)) };
  const prepared = preparingSteps(scene, sorted);
  const beside = { staying: sorted.free, held: sorted.held, leaving: endingOf(sorted) };
  const removalOf = (view: LinkView): readonly Draft[] =>
    removalSteps(view, beside, view.link.former === true && sorted.undrained?.has(view.link.address) !== true);
  const leaving = sorted.leaving.map((view) => ({ view, removal: removalOf(view) }));
  const draining = leaving.filter(({ removal }) => removal.some((step) => step.kind === 'wait_drained')).map(({ view }) => view);
  const mended = (view: LinkView): readonly Draft[] => mendedFirst(scene, view, draining);
  const removals = [
    ...leaving.flatMap(({ view, removal }) => {
      const left = leaveInstanceSteps(scene.topology, view, sorted.leaving);
      const steps = [...mended(view), ...removal];
      // The ledger forgets a link when nothing of it stands anywhere.
      return [
        ...left,
        ...steps.map((step) => (step.kind === 'forget' ? { ...step, after: [...step.after, ...left.map((one) => one.id)] } : step)),
      ];
    }),
    ...sorted.detached
      .filter(({ view: { link } }) => link.former !== true && suspensionOf(scene.ledger, link) === null)
      .flatMap((one) => [
        // One that was about to move when it was detached has left where it stood before.
        ...leaveInstanceSteps(scene.topology, one.view, sorted.leaving),
        ...recopyStep(one, []),
        ...mended(one.view),
        ...removalOf(one.view),
      ]),
  ];
  const drafts = withDoubtsFirst(scene.topology, sorted, afterRegistrations([...prepared, ...removals]));
  return [...drafts, ...runningSteps(scene, sorted, drafts)];
}

/**
 * Steps that take rows of tables away from a control database come after what links register there: a row that stands is not registered
 * again, and which rows are anybody's, the syncs that stand tell.
 */
function afterRegistrations(steps: readonly Draft[]): readonly Draft[] {
  const registered = steps.filter((step) => step.work.kind === 'register');
  return steps.map((step) => {
    const { work } = step;
    if (work.kind !== 'leave' && work.kind !== 'drop_control' && work.kind !== 'leave_instance') return step;
    const before = registered.filter((one) => 'instance' in one.work && one.work.instance === work.instance);
    return { ...step, after: [...step.after, ...before.map((one) => one.id)] };
  });
}

/** Helper tables that a run reads and writes on its source, and the function that writers call. */
const RUN_NEEDS: ReadonlySet<string> = new Set(['delta table', 'track table', 'stage table', 'delta function']);

/**
 * What a run of a link that leaves would miss, where its end waits until it is drained: on its own source, and where it writes its changes
 * down for a link that comes to its end, too. No run ends well without it.
 */
function mendedFirst({ observation }: Scene, view: LinkView, draining: readonly LinkView[]): readonly Draft[] {
  const above = draining.filter((one) => one.link.to === view.link.from);
  const own = draining.includes(view);
  if (!own && above.length === 0) return [];
  const carried = carriedBy(view, new Set());
  const replicated = replicatedBy({ view, carried });
  const tables = carried.tables.filter(
    ({ table, helpers }) =>
      (own || above.some((upper) => writesDelta(upper, table.address) || passesOnTo(upper, view))) &&
      replicated.has(table.address) &&
      helpers.some((one) => RUN_NEEDS.has(one)),
  );
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
