import type { Scene } from '../scene.ts';
import { adoptionStep } from '../steps/preparing/adoption.ts';
import { setAsideStep } from '../steps/preparing/aside.ts';
import { departureSteps } from '../steps/leaving/departures.ts';
import type { Draft } from '../steps/draft.ts';
import { instanceSteps } from '../steps/preparing/instance-steps.ts';
import { lossesOf, suspectStep } from '../steps/preparing/losses.ts';
import { endingOf, type Sorted, makedeltaStep } from '../steps/preparing/makedelta.ts';
import { afterMove, leaveInstanceSteps, moveStep } from '../steps/preparing/move-steps.ts';
import { copyTablesStep, joiningLater } from '../steps/copying/newcomers.ts';
import { helpersStep } from '../steps/preparing/helpers-step.ts';
import { ledgerStep } from '../steps/preparing/ledger-step.ts';
import { membershipStep } from '../steps/preparing/membership-step.ts';
import { registerStep } from '../steps/preparing/register-step.ts';
import { recopyStep } from '../steps/copying/recopy-steps.ts';
import { rekeyStep } from '../steps/preparing/rekey.ts';
import { resendStep } from '../steps/copying/resend.ts';
import { runId } from '../steps/step-ids.ts';
import { dropKickStep, triggersStep } from '../steps/preparing/trigger-steps.ts';
import { unheard } from '../steps/copying/unheard.ts';
import { without } from '../view/carried.ts';
import { protectionStep } from '../view/leaving/leaving.ts';
import type { LinkView } from '../view/link-view.ts';
import { stillWritten } from '../view/copies/written-from-above.ts';
import { suspensionOf } from '../view/suspensions.ts';
import { endOf, quittingAbove } from './endings.ts';

/** The steps before anything runs: rows, helper tables, triggers, members, makedelta, of each link that may act. */
export function preparingSteps(scene: Scene, sorted: Sorted): Draft[] {
  const { config, topology, observation, ledger } = scene;
  const links = sorted.free;
  // Rows of blocked links too: the step is one for all, and nobody may wait for a blocked one.
  const standing = [...links, ...sorted.detached];
  const unknown = [...standing, ...sorted.held]
    .filter(({ view }) => scene.unknown.includes(view.link.address) && !view.adopting)
    .map(({ view }) => view.link.id);
  const adopting = sorted.adopting ?? [];
  const instances = [...new Set(standing.map(({ view }) => view.link.instance))];
  const depthOf = (instance: string): number =>
    Math.min(...standing.filter(({ view }) => view.link.instance === instance).map(({ view }) => view.depth));
  const leftOf = (instance: string): ReadonlySet<string> =>
    new Set(links.filter(({ view }) => view.link.instance === instance).flatMap(({ view }) => [...view.left]));
  const views = [...links, ...sorted.held].map((one) => one.view);
  return [
    ...(standing.length > 0 || adopting.length > 0 ? ledgerStep(topology, !ledger.present, unknown) : []),
    ...adopting.flatMap((one) => adoptionStep(one.view)),
    // A link that preflight holds is protected no less.
    ...[...standing, ...sorted.held].flatMap(({ view }) => protectionStep(view)),
    ...instances.flatMap((instance) => {
      const moves = standing.filter(({ view }) => view.link.instance === instance).flatMap(({ view }) => moveStep(view));
      return afterMove(moves, instanceSteps(config, topology, observation, instance, depthOf(instance), leftOf(instance)));
    }),
    ...sorted.detached
      .filter(({ view }) => suspensionOf(ledger, view.link) === null)
      .flatMap(({ view, carried }) => registerStep(view, observation, carried)),
    ...links.flatMap((planned) => {
      const { view, carried } = planned;
      const below = links.filter((other) => other.view.link.from === view.link.to).map((one) => one.view);
      const above = links.filter((other) => other.view.link.to === view.link.from).map((one) => one.view);
      const move = moveStep(view);
      const quitting = quittingAbove(view, sorted);
      const late = unheard(view, carried, [...above, ...quitting]);
      // One restart reads makedelta, another one the new members: in a shared instance they join when the first is over.
      const unread = [...above, ...quitting].some((upper) => shareDaemon(upper, view)) ? late : new Set<string>();
      const joining = without(carried, new Set([...unread, ...joiningLater(planned)]));
      const heard = late.size === unread.size ? [] : [...above.map((upper) => runId.run(upper.link.id)), ...quitting.flatMap(endOf)];
      const steps = [
        ...suspectStep(
          view,
          lossesOf(
            topology,
            view,
            carried,
            views.filter((one) => one.link.to === view.link.from),
          ),
        ),
        ...dropKickStep(view),
        ...registerStep(view, observation, carried),
        ...helpersStep(view, observation, carried),
        ...rekeyStep(view, carried, views),
        ...resendStep(view, carried),
        ...triggersStep(view, carried),
        ...copyTablesStep(view, joining, above, heard),
        ...recopyStep(planned, standing),
        ...setAsideStep(view, carried),
        ...membershipStep(view, joining, below),
        ...makedeltaStep(topology, view, sorted),
        ...departureSteps(
          view,
          above.map((one) => links.find((other) => other.view === one)).filter((one) => one !== undefined),
          [...links, ...sorted.held].filter((other) => other.view.link.from === view.link.from && other.view !== view),
          endingOf(sorted).filter((other) => other.link.to === view.link.from),
          stillWritten(scene, view, links, sorted.held),
        ),
        ...leaveInstanceSteps(topology, view, sorted.leaving),
      ];
      return [...move, ...afterMove(move, steps)];
    }),
  ];
}

/** Whether one daemon runs both, or will when one of them has moved. */
function shareDaemon(one: LinkView, other: LinkView): boolean {
  const instances = [other.link.instance, ...other.leaves.map((left) => left.instance)];
  return [one.link.instance, ...one.leaves.map((left) => left.instance)].some((instance) => instances.includes(instance));
}
