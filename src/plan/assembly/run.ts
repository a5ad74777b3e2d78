import type { Scene } from '../scene.ts';
import { alwaysSteps } from '../steps/running/always-steps.ts';
import { arrivalStep } from '../steps/running/arrival-step.ts';
import { type DaemonPlan, daemonPlan } from '../steps/running/daemon-steps.ts';
import { type Draft, PHASE } from '../steps/draft.ts';
import { type Sorted, endingOf } from '../steps/preparing/makedelta.ts';
import { endedElsewhere } from '../steps/preparing/move-steps.ts';
import { type Planned, copiesAgain, needsActivation, wantsRunning } from '../steps/planned.ts';
import { copyAgainStep } from '../steps/copying/recopy-steps.ts';
import { runningAbove } from '../steps/leaving/removal.ts';
import { copySteps, deactivateSteps } from '../steps/running/run-steps.ts';
import { stepId } from '../steps/step-ids.ts';
import { unheard } from '../steps/copying/unheard.ts';
import { upstreamGates } from '../steps/running/upstream-gates.ts';
import { mustAskForCopy, receiptOf } from '../view/copies/copy.ts';
import { cutOffLinks } from '../view/copies/cut-off.ts';
import type { LinkView } from '../view/link-view.ts';
import { afterMakedelta, afterOthers, canRunOn, endOf, quittingAbove, replaced } from './endings.ts';

/** The steps from what is prepared to what runs: copies, daemons, the gates between them, and the proof at the end. */
export function runningSteps(scene: Scene, sorted: Sorted, prepared: readonly Draft[]): Draft[] {
  const { topology } = scene;
  const links = sorted.free;
  const deactivations = links.filter((one) => !wantsRunning(one.view) || copiesAgain(one)).flatMap(deactivateSteps);
  const withheld = sorted.withheld ?? new Set<string>();
  const due = [...prepared, ...deactivations].filter((step) => !withheld.has(step.id));
  const daemons = daemonPlans(scene, sorted, due, withheld);
  const running = links.filter(({ view }) => wantsRunning(view));
  const gates = new Map<string, Draft>();
  const gatesFor = (view: LinkView): readonly Draft[] => {
    const seen = upstreamGates(view, links, daemons, new Set(prepared.map((step) => step.id)));
    for (const gate of seen) gates.set(gate.id, gate);
    return seen;
  };
  const copies = running.flatMap((planned) => {
    const { view } = planned;
    const daemon = daemons.get(view.link.instance);
    const before = [
      ...(needsActivation(planned) ? gatesFor(view) : []).map((gate) => gate.id),
      daemon?.activateAfter.get(view.link.address) ?? '',
      ...replaced(view, sorted),
      // What a copy again brings leaves no changes: one that leaves the target has come to its end, and misses none.
      ...(copiesAgain(planned) ? sorted.leaving.filter((one) => one.link.from === view.link.to).flatMap(endOf) : []),
      ...(mustAskForCopy(view) || copiesAgain(planned) ? quittingAbove(view, sorted).flatMap(endOf) : []),
      // What makedelta writes to stands before anything is brought there (rule 1).
      ...links.filter((one) => one.view.link.from === view.link.to).flatMap((one) => [stepId.helpers(one.view), stepId.triggers(one.view)]),
      ...endedElsewhere(view),
    ];
    const start = daemon?.startOf.get(view.link.address) ?? '';
    return [...copyAgainStep(planned, [...links, ...sorted.detached], before), ...copySteps(planned, start, before, withheld)];
  });
  // A link that is stopped with its copy goes on recording, TRUNCATEs too.
  const recording = links
    .filter(({ view }) => !wantsRunning(view) && receiptOf(view))
    .flatMap((planned) => alwaysSteps(planned, PHASE.run + planned.view.depth * 10 + 1));
  // The objects of a link that leaves go when a kid of the link above, younger than makedelta's end, has been seen to run (rule 11).
  for (const view of [...endingOf(sorted), ...links.map((one) => one.view)])
    if (
      runningAbove(view, links).length > 0 &&
      prepared.some((step) => step.id === stepId.helpersGone(view) || step.id === stepId.triggersGone(view))
    )
      gatesFor(view);
  for (const { view, carried } of links) {
    const above = links.filter((other) => other.view.link.to === view.link.from).map((one) => one.view);
    if (unheard(view, carried, above).size > 0) gatesFor(view);
  }
  const daemonSteps = [...daemons.values()].flatMap((daemon) => daemon.steps).map((step) => afterOthers(step, links, withheld));
  const others = [...deactivations, ...recording, ...copies, ...gates.values()];
  const all = [...prepared, ...others, ...daemonSteps];
  const steps = [...others, ...daemonSteps.map((step) => afterMakedelta(step, all, withheld))];
  const busy = new Set([...prepared, ...steps].filter((step) => step.kind !== 'ledger').map((step) => step.address));
  const touched = running
    .map(({ view }) => view.link)
    .filter(({ address, instance }) => busy.has(address) || daemons.get(instance)?.startOf.has(address));
  return [...steps, ...arrivalStep(topology, provable(running, sorted), new Set(touched.map(({ address }) => address)))];
}

/** What becomes of each daemon that runs a link, or is to be left by one. `due`: steps of which it may have to know. */
function daemonPlans(
  { topology, observation }: Scene,
  sorted: Sorted,
  due: readonly Draft[],
  withheld: ReadonlySet<string>,
): ReadonlyMap<string, DaemonPlan> {
  const going = [...sorted.free.map(({ view }) => view), ...endingOf(sorted)];
  const left = new Set(going.flatMap((view) => view.leaves.map(({ instance }) => instance)));
  const instances = [...new Set([...going.map((view) => view.link.instance), ...left])].toSorted();
  const ours = new Set([...topology.links, ...sorted.leaving.map((one) => one.link)].map((link) => link.sync));
  return new Map(
    instances.map((instance): [string, DaemonPlan] => {
      // A daemon that one link leaves goes on with all that it runs, links that may not act among them.
      const runningOn = left.has(instance) ? sorted.held.filter(canRunOn) : [];
      const ofInstance = [...sorted.free, ...runningOn].filter(({ view }) => view.link.instance === instance);
      const observed = observation.instances[instance];
      const strangers = (observed?.control?.syncs ?? [])
        .filter((sync) => sync.status === 'active' && !ours.has(sync.name))
        .map((sync) => sync.name);
      // What replicates goes on, whatever keeps its link from acting: preflight blocks a first copy.
      const replicating = sorted.held
        .filter((one) => one.view.link.instance === instance && !ofInstance.includes(one) && wantsRunning(one.view) && canRunOn(one))
        .map(({ view }) => view.link.sync);
      const others = {
        syncs: [...strangers, ...replicating],
        ending: [...endingOf(sorted), ...sorted.free.map(({ view }) => view).filter((view) => !wantsRunning(view))].some(
          (view) => view.link.instance === instance,
        ),
      };
      return [instance, daemonPlan(topology.name, instance, observed, ofInstance, due, withheld, others)];
    }),
  );
}

/** Links whose arrival can be seen: runs of the others fail by what is missing below, on a link that may not act. */
function provable(running: readonly Planned[], { held }: Sorted): readonly Planned[] {
  const cut = cutOffLinks(
    running.map(({ view }) => view),
    held,
  ).map(({ upper }) => upper.link.address);
  return running.filter(({ view }) => !cut.includes(view.link.address));
}
