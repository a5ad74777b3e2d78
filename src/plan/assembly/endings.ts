import type { Draft } from '../steps/draft.ts';
import type { Sorted } from '../steps/preparing/makedelta.ts';
import { endedElsewhere } from '../steps/preparing/move-steps.ts';
import { type Planned, needsActivation, wantsRunning } from '../steps/planned.ts';
import { runId, stepId } from '../steps/step-ids.ts';
import { writesDelta } from '../view/copies/written-from-above.ts';
import type { LinkView } from '../view/link-view.ts';

/**
 * Steps that end links which leave and enter the same database, as two links must not write the same tables, or enter this link's source:
 * what they still bring there while this link copies, nobody would pass on.
 */
export function replaced(view: LinkView, sorted: Sorted): readonly string[] {
  return sorted.leaving.filter((one) => one.link.to === view.link.to || one.link.to === view.link.from).flatMap(endOf);
}

/** Steps after which no daemon runs a link any more. */
export const endOf = (view: LinkView): readonly string[] => [runId.deactivate(view), runId.stop(view.link.instance, 0)];

/**
 * Links that enter this link's source and are not to run any more: the kid that runs them until their daemon is down may not know what it is
 * to write down there, and no run of a younger one will be seen. What is copied is copied after that.
 */
export function quittingAbove(view: LinkView, sorted: Sorted): readonly LinkView[] {
  return [...sorted.free.map((one) => one.view).filter((one) => !wantsRunning(one)), ...sorted.detached.map((one) => one.view)].filter(
    (one) => one.link.to === view.link.from,
  );
}

/**
 * No daemon runs a link that another one may still run (rule 20), and none before what its makedelta writes to stands for the links below
 * (rule 1). `withheld`: steps that nothing waits for now.
 */
export function afterOthers(step: Draft, links: readonly Planned[], withheld: ReadonlySet<string>): Draft {
  const { work } = step;
  if (work.kind !== 'start_daemon') return step;
  const own = links.filter(({ view }) => view.link.instance === work.instance && work.syncs.includes(view.link.sync));
  // What is to be written of makedelta waits for these itself.
  const writes = (address: string, from: string): boolean => own.some(({ view }) => view.link.to === from && writesDelta(view, address));
  const below = links
    .filter(({ view, carried }) =>
      carried.tables.some(({ table, work: { missing } }) => missing.length > 0 && writes(table.address, view.link.from)),
    )
    .flatMap(({ view }) => [stepId.helpers(view), stepId.triggers(view)])
    .filter((id) => !withheld.has(id));
  return { ...step, after: [...step.after, ...own.flatMap(({ view }) => endedElsewhere(view)), ...below] };
}

/**
 * A daemon reads makedelta when it starts: what is to be written of it stands before that, unless it is withheld, or itself waits for this start.
 * `steps`: all that are planned beside.
 */
export function afterMakedelta(start: Draft, steps: readonly Draft[], withheld: ReadonlySet<string>): Draft {
  const { work } = start;
  if (work.kind !== 'start_daemon') return start;
  const read = steps.filter(
    (step) =>
      step.work.kind === 'makedelta' &&
      step.work.instance === work.instance &&
      !comesAfter(start, step.id, steps) &&
      !withheld.has(step.id) &&
      !comesAfter(step, start.id, steps),
  );
  return read.length === 0 ? start : { ...start, after: [...start.after, ...read.map((step) => step.id)] };
}

/** Whether a step waits for another one, directly or not. */
function comesAfter(step: Draft, id: string, steps: readonly Draft[]): boolean {
  const waited = new Set(step.after);
  for (const one of waited) for (const after of steps.find((other) => other.id === one)?.after ?? []) waited.add(after);
  return waited.has(id);
}

/** Whether a link that may not act goes on in a daemon that is started anew: a database that does not answer keeps its sync from that. */
export function canRunOn(one: Planned): boolean {
  const { sync, source, target } = one.view;
  return sync?.status === 'active' && source !== null && target !== null && !needsActivation(one);
}
