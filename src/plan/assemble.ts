import { runSeen, unheard } from './steps/unheard.ts';
import type { Carried } from './view/carried.ts';
import type { Ledger } from '../ledger/model.ts';
import type { Observation } from '../observe/model.ts';
import type { HostConfig, Topology } from '../topology/model.ts';
import { carriedBy } from './view/carried.ts';
import { mustAskForCopy, receiptOf } from './view/copy.ts';
import { daemonPlan, type DaemonPlan } from './steps/daemon-steps.ts';
import { adoptionStep } from './steps/adoption.ts';
import { setAsideStep } from './steps/aside.ts';
import { departureSteps } from './steps/departures.ts';
import { type Draft, draft, PHASE } from './steps/draft.ts';
import { afterMove, endedElsewhere, leaveInstanceSteps, moveStep } from './steps/move-steps.ts';
import { protectionStep } from './view/leaving.ts';
import { cutOffLinks } from './view/cut-off.ts';
import type { ForgottenLink } from './view/remembered/forgotten.ts';
import type { LinkView } from './view/link-view.ts';
import { stillWritten } from './view/written-from-above.ts';
import { lossesOf, suspectStep } from './steps/losses.ts';
import { endingOf, makedeltaStep, type Sorted } from './steps/makedelta.ts';
import { copyTablesStep, newcomers } from './steps/newcomers.ts';
import { copyAgainStep, recopyStep } from './steps/recopy-steps.ts';
import { instanceSteps } from './steps/instance-steps.ts';
import { helpersStep, ledgerStep, membershipStep, registerStep } from './steps/prepare-steps.ts';
import { replicatedBy } from './view/replicated.ts';
import { resendStep } from './steps/resend.ts';
import { rekeyStep } from './steps/rekey.ts';
import { dropKickStep, triggersStep } from './steps/trigger-steps.ts';
import { removalSteps, runningAbove } from './steps/removal.ts';
import { alwaysSteps } from './steps/always-steps.ts';
import { arrivalStep } from './steps/arrival-step.ts';
import { copiesAgain, needsActivation, type Planned, wantsRunning } from './steps/planned.ts';
import { copySteps, deactivateSteps } from './steps/run-steps.ts';
import { runId, stepId } from './steps/step-ids.ts';

/** Everything that one call of the planner works on. */
export interface Scene {
  readonly config: HostConfig;
  readonly topology: Topology;
  readonly observation: Observation;
  /** With links that a lost ledger does not know (`withLostLinks`). */
  readonly ledger: Ledger;
  /** Links of which the ledger, as it was found, has no row. */
  readonly unknown: readonly string[];
  /** Links that only marks tell of. */
  readonly forgotten: readonly ForgottenLink[];
}

/** The steps of the links in `sorted.free`, and of those that leave. */
export function assemble(scene: Scene, given: Sorted): readonly Draft[] {
  const sorted = { ...given, free: given.free.map((one) => postponed(one, given.leaving)) };
  const prepared = prepare(scene, sorted);
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
      .flatMap((one) => [...recopyStep(one, []), ...removalSteps(one.view, sorted.free, ending, false)]),
  ];
  return [...prepared, ...removals, ...run(scene, sorted, [...prepared, ...removals])];
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

function without(carried: Carried, late: ReadonlySet<string>): Carried {
  return late.size === 0 ? carried : { ...carried, tables: carried.tables.filter((one) => !late.has(one.table.address)) };
}

function prepare(scene: Scene, sorted: Sorted): Draft[] {
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
    ...sorted.detached.flatMap(({ view, carried }) => registerStep(view, observation, carried)),
    ...links.flatMap((planned) => {
      const { view, carried } = planned;
      const below = links.filter((other) => other.view.link.from === view.link.to).map((one) => one.view);
      const above = links.filter((other) => other.view.link.to === view.link.from).map((one) => one.view);
      const move = moveStep(view);
      const quitting = quittingAbove(view, sorted);
      const late = unheard(view, carried, [...above, ...quitting]);
      // One restart reads makedelta, another one the new members: in a shared instance they join when the first is over.
      const joining = [...above, ...quitting].some((upper) => upper.link.instance === view.link.instance)
        ? without(carried, late)
        : carried;
      const heard = late.size === 0 ? [] : [...above.map((upper) => runId.run(upper.link.id)), ...quitting.flatMap(endOf)];
      const steps = [
        ...suspectStep(view, lossesOf(topology, view, carried, above)),
        ...dropKickStep(view),
        ...registerStep(view, observation, carried),
        ...helpersStep(view, observation, carried),
        ...rekeyStep(view, carried, views),
        ...resendStep(view, carried),
        ...triggersStep(view, carried),
        ...copyTablesStep(view, joining, above, heard),
        ...recopyStep(planned, links),
        ...setAsideStep(view, carried),
        ...membershipStep(view, joining, below),
        ...makedeltaStep(topology, view, sorted),
        ...departureSteps(
          view,
          above.map((one) => links.find((other) => other.view === one)).filter((one) => one !== undefined),
          [...links, ...sorted.held].filter((other) => other.view.link.from === view.link.from && other.view !== view),
          sorted.leaving.filter((other) => other.link.to === view.link.from),
          stillWritten(view, links, sorted.held),
        ),
        ...leaveInstanceSteps(topology, view, sorted.leaving),
      ];
      return [...move, ...afterMove(move, steps)];
    }),
  ];
}

function run(scene: Scene, sorted: Sorted, prepared: readonly Draft[]): Draft[] {
  const { topology, observation } = scene;
  const links = sorted.free;
  const deactivations = links.filter((one) => !wantsRunning(one.view) || copiesAgain(one)).flatMap(deactivateSteps);
  const withheld = sorted.withheld ?? new Set();
  const due = [...prepared, ...deactivations].filter((step) => !withheld.has(step.id));
  const going = [...links.map(({ view }) => view), ...endingOf(sorted)];
  const left = new Set(going.flatMap((view) => view.leaves.map(({ instance }) => instance)));
  const instances = [...new Set([...going.map((view) => view.link.instance), ...left])].toSorted();
  const ours = new Set([...topology.links, ...sorted.leaving.map((one) => one.link)].map((link) => link.sync));
  const daemons = new Map(
    instances.map((instance): [string, DaemonPlan] => {
      // A daemon that one link leaves goes on with all that it runs, links that may not act among them.
      const runningOn = left.has(instance) ? sorted.held.filter(canRunOn) : [];
      const ofInstance = [...links, ...runningOn].filter(({ view }) => view.link.instance === instance);
      const observed = observation.instances[instance];
      const strangers = (observed?.control?.syncs ?? [])
        .filter((sync) => sync.status === 'active' && !ours.has(sync.name))
        .map((sync) => sync.name);
      return [instance, daemonPlan(topology.name, instance, observed, ofInstance, due, withheld, strangers)];
    }),
  );
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
      ...(mustAskForCopy(view) || copiesAgain(planned) ? quittingAbove(view, sorted).flatMap(endOf) : []),
      // What makedelta writes to stands before anything is brought there (rule 1).
      ...links.filter((one) => one.view.link.from === view.link.to).flatMap((one) => [stepId.helpers(one.view), stepId.triggers(one.view)]),
      ...endedElsewhere(view),
    ];
    const start = daemon?.startOf.get(view.link.address) ?? '';
    return [...copyAgainStep(planned, links, before), ...copySteps(planned, start, before, withheld)];
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
  const daemonSteps = [...daemons.values()].flatMap((daemon) => daemon.steps).map((step) => afterOthersEnd(step, links));
  const steps = [...deactivations, ...recording, ...copies, ...gates.values(), ...daemonSteps];
  const touched = new Set(
    running
      .filter(
        ({ view }) =>
          [...prepared, ...steps].some((step) => step.address === view.link.address && step.kind !== 'ledger') ||
          daemons.get(view.link.instance)?.startOf.has(view.link.address),
      )
      .map(({ view }) => view.link.address),
  );
  const cut = new Set(
    cutOffLinks(
      running.map(({ view }) => view),
      sorted.held,
    ).map(({ upper }) => upper.link.address),
  );
  const provable = cut.size === 0 ? running : running.filter(({ view }) => !cut.has(view.link.address));
  return [...steps, ...arrivalStep(topology, provable, touched)];
}

/** Whether a link that may not act goes on in a daemon that is started anew: a database that does not answer keeps its sync from that. */
function canRunOn(one: Planned): boolean {
  const { sync, source, target } = one.view;
  return sync?.status === 'active' && source !== null && target !== null && !needsActivation(one);
}

/** No daemon runs a link that another one may still run (rule 20). */
function afterOthersEnd(step: Draft, links: readonly Planned[]): Draft {
  const { work } = step;
  if (work.kind !== 'start_daemon') return step;
  const moving = links.filter(({ view }) => view.link.instance === work.instance && work.syncs.includes(view.link.sync));
  return { ...step, after: [...step.after, ...moving.flatMap(({ view }) => endedElsewhere(view))] };
}

/**
 * Steps that end links which leave and enter the same database, as two links must not write the same tables, or enter this link's source:
 * what they still bring there while this link copies, nobody would pass on.
 */
function replaced(view: LinkView, sorted: Sorted): readonly string[] {
  return sorted.leaving.filter((one) => one.link.to === view.link.to || one.link.to === view.link.from).flatMap(endOf);
}

/** Steps after which no daemon runs a link any more. */
const endOf = (view: LinkView): readonly string[] => [runId.deactivate(view), runId.stop(view.link.instance, 0)];

/**
 * Links that enter this link's source and are not to run any more: the kid that runs them until their daemon is down may not know what it is
 * to write down there, and no run of a younger one will be seen. What is copied is copied after that.
 */
function quittingAbove(view: LinkView, sorted: Sorted): readonly LinkView[] {
  return [...sorted.free.map((one) => one.view).filter((one) => !wantsRunning(one)), ...sorted.detached.map((one) => one.view)].filter(
    (one) => one.link.to === view.link.from,
  );
}

/** Rule 1's last clause: a run of each upstream link that began after its makedelta took effect must have ended well. */
function upstreamGates(
  view: LinkView,
  links: readonly Planned[],
  daemons: ReadonlyMap<string, DaemonPlan>,
  prepared: ReadonlySet<string>,
): Draft[] {
  return view.upstream.flatMap((link): Draft[] => {
    const upper = links.find((one) => one.view.link.address === link.address)?.view;
    // Where the middle database passes nothing on, no makedelta is waited for.
    if (upper === undefined || !wantsRunning(upper) || !view.passesOn) return [];
    const daemon = daemons.get(link.instance);
    // The run that copies is seen by its own gate; a link without a copy has none.
    const copies = !receiptOf(upper) && upper.link.copyData !== 'never';
    if (daemon?.restarts !== true && (copies || runSeen(upper))) return [];
    return [
      draft({
        id: runId.run(link.id),
        kind: 'wait_run',
        symbol: '|',
        address: link.address,
        depth: upper.depth,
        what: `WAIT a run of ${link.id} that began with its ${[stepId.makedelta(upper), stepId.makedeltaOff(upper)].some((id) => prepared.has(id)) ? 'new ' : ''}makedelta`,
        reason: `Bucardo reads makedelta when a kid is set up (rules 1 and 11); ${view.link.id} depends on it`,
        on: ['hub'],
        after: [daemon?.startOf.get(link.address) ?? runId.start(link.instance, 0), stepId.makedelta(upper), stepId.makedeltaOff(upper)],
        work: { kind: 'wait_run', link: link.address, instance: link.instance, since: upper.control?.changedAt ?? 0 },
        phase: PHASE.run + upper.depth * 10 + 9,
        gate: { condition: 'RunSeen', warnAfterSeconds: 120 },
        estimateSeconds: 3,
      }),
    ];
  });
}
