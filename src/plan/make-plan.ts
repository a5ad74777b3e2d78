import type { Ledger, Suspension } from '../ledger/model.ts';
import type { Observation } from '../observe/model.ts';
import type { HostConfig, Link, Topology } from '../topology/model.ts';
import { judge, type Judgement } from './approvals.ts';
import { assemble } from './assembly/assemble.ts';
import type { Scene } from './scene.ts';
import { canonicalObservation, canonicalTopology } from './view/canonical.ts';
import { changesOf } from './outline/changes.ts';
import { contendedWarnings } from './drift/contended.ts';
import { newPartitionWarnings } from './drift/partition-facts.ts';
import { strayWarnings } from './drift/stray-facts.ts';
import { sweepSteps } from './steps/leaving/sweep-steps.ts';
import { idleAmong } from './view/runs-first.ts';
import { writtenFromAbove } from './view/copies/written-from-above.ts';
import { detachedWarnings } from './view/leaving/detached.ts';
import { recopyWarnings } from './view/copies/recopy-warnings.ts';
import { drawingOf } from './outline/drawing.ts';
import type { Draft } from './steps/draft.ts';
import { fingerprintOf, planFacts } from './fingerprint.ts';
import { finish, type Obstacles, reasonAgainst } from './finish.ts';
import { cutOffLinks, cutOffReasons, cutOffWarnings } from './view/copies/cut-off.ts';
import { heldDaemons } from './view/held-daemons.ts';
import { behindForgotten, linksInTheWay, rivalWarnings } from './view/leaving/in-the-way.ts';
import { guardedAmong, protectionWarnings, removalIds, unapprovedAmong, undrainedLinks } from './view/leaving/leaving.ts';
import { forgottenLinks, forgottenWarnings } from './view/remembered/forgotten.ts';
import { withoutGone } from './view/remembered/former.ts';
import { withKeptNames } from './view/remembered/kept-names.ts';
import { withLostLinks } from './view/remembered/lost-ledger.ts';
import { unknownFormers, withRenames } from './view/remembered/renames.ts';
import type { Diagnostic, Plan, Policy, Verdict } from './model.ts';
import type { Step } from './step-model.ts';
import { chosenOf } from './only.ts';
import { riskOf } from './outline/risk.ts';
import { withoutProofOf } from './steps/running/arrival-step.ts';
import { renameChanges, withRenameStep } from './steps/preparing/rename-step.ts';
import type { Planned } from './steps/planned.ts';
import { guardedSteps, heldSteps, NOTHING_REFUSED, type Refused, refusedAmong, sort, type Sorting } from './sorting.ts';
import { linkSummaries, linkWarnings } from './outline/summaries.ts';
import { undeliveredWarnings } from './view/leaving/undelivered.ts';
import { suspensionText, suspensionWarnings } from './view/suspensions.ts';

/**
 * plan = f(desired, observed, ledger, policy): pure, total, deterministic. It holds what is left to do from what is to what was
 * declared, so that every prefix of it, cut by a crash, is continued by the next plan.
 *
 * `topology` names former links too (`withFormer`): one whose removal is not approved is supervised as it was last applied, and its
 * removal is shown, blocked (rule 13).
 */
export function makePlan(given: Topology, seen: Observation, found: Ledger, config: HostConfig, policy: Policy): Plan {
  return planWith(given, seen, found, config, policy, null);
}

/** Links whose removal is not approved beside others whose removal is, by address, with the reason; and what all were judged by. */
interface Unapproved {
  readonly links: ReadonlyMap<string, string>;
  readonly judged: Judgement;
}

function planWith(given: Topology, seen: Observation, found: Ledger, config: HostConfig, policy: Policy, staying: Unapproved | null): Plan {
  const known = withRenames(given, found);
  const topology = withoutGone(canonicalTopology(withKeptNames(given, known, seen.instances)), known);
  const observation = canonicalObservation(seen);
  const ledger = withLostLinks(topology, observation, known);
  const former = topology.links.filter((link) => link.former === true && ledger.links[link.address] !== undefined);
  const declared = topology.links.filter((link) => link.former !== true);
  const unknown = topology.links
    .filter((link) => known.links[link.address] === undefined && unknownFormers(topology, ledger, link).length === 0)
    .map((link) => link.address);
  const forgotten = forgottenLinks(topology, ledger, observation.instances);
  const sceneOf = (links: readonly Link[]): Scene => ({
    config,
    topology: links.length === topology.links.length ? topology : { ...topology, links },
    observation,
    ledger,
    unknown,
    forgotten,
  });

  // What cannot stand beside a link that is still there waits for its end.
  const unknownRivals = behindForgotten(declared, forgotten, observation, ledger);
  const rivals = new Map([...linksInTheWay(declared, former, observation), ...unknownRivals]);
  const linksWith = (beside: readonly Link[], waiting: ReadonlyMap<string, string>): readonly Link[] =>
    topology.links.filter((link) => beside.includes(link) || (declared.includes(link) && !waiting.has(link.address)));
  const first = sort(sceneOf(linksWith(former, rivals)), NOTHING_REFUSED);
  const written = writtenFromAbove(first.scene, first.views, first.blocked);
  const guarded = new Map([...(staying?.links ?? []), ...guardedAmong(former, declared, observation, written)]);
  const kept = former.filter((link) => guarded.has(link.address));
  const ousted = new Map([...linksInTheWay(declared, kept, observation), ...unknownRivals]);
  const sortAll = (refused: Refused): readonly [Sorting, Sorting] => {
    const whole = refused === NOTHING_REFUSED ? first : sort(sceneOf(linksWith(former, rivals)), refused);
    return [whole, kept.length === former.length ? whole : sort(sceneOf(linksWith(kept, ousted)), refused)];
  };
  let [all, remaining] = sortAll(NOTHING_REFUSED);
  const leaving = all.views.filter(({ link }) => link.former === true && !guarded.has(link.address));
  const removalWith = (undrained: ReadonlySet<string>, withheld: ReadonlySet<string> = new Set()): readonly Draft[] =>
    leaving.length === 0 ? [] : assemble(remaining.scene, { ...remaining.sorted, leaving, undrained, withheld });
  let supervised = assemble(all.scene, all.sorted);
  const going = new Set(leaving.map(({ link }) => link.address));
  let drained = removalWith(new Set());
  const everything = uniqueById([...supervised, ...heldSteps(all), ...drained]);
  const judged = staying?.judged ?? judge(topology, everything, going, ledger, policy, config.caps);
  // What was begun goes on: a link whose removal is approved does not wait for one whose removal is not.
  const pending = unapprovedAmong(leaving, drained, judged);
  if (staying === null && pending.size > 0 && pending.size < leaving.length)
    return planWith(given, seen, found, config, policy, { links: pending, judged });
  const refused = refusedAmong(everything, all.sorted, judged.reasonAgainst);
  // A copy that is due again and not approved holds nothing else: the links go on without it.
  const isRefused = refused.links.size + refused.leaves.size > 0;
  const unapproved = isRefused ? supervised : [];
  if (isRefused) {
    [all, remaining] = sortAll(refused);
    supervised = assemble(all.scene, all.sorted);
    drained = removalWith(new Set());
  }
  const letGo = undrainedLinks(topology, going, judged.required[0]?.id, ledger);
  const idle = idleAmong(leaving, letGo, () => {
    const endless = cutOffReasons(cutOffLinks(all.views, all.sorted.held));
    const against = { blocked: all.blocked, cut: endless, copying: heldDaemons(all.scene, all.sorted.held), judged };
    const held = withheldSteps(supervised, (step) => reasonAgainst(all.views, step, against) !== null);
    return supervised.filter((step) => !held.has(step.id));
  });
  const undrained = new Set([...letGo, ...idle.never]);
  const removal = undrained.size === 0 ? drained : removalWith(undrained);
  const word = leaving.length > 0 && removal.every((step) => !going.has(step.address) || judged.reasonAgainst(step) === null);
  const approved = word && idle.first.size === 0;
  const runFirst = word ? idle.first : new Map<string, string>();

  const { scene, views, planned, blocked, checked, suspended, sorted, drifted, still } = approved ? remaining : all;
  const waiting = approved ? ousted : rivals;
  const stopped = new Map([...blocked, ...waiting]);
  const standing = [...stopped.keys(), ...still];
  const wanted = approved ? removal : withoutProofOf(runFirst, supervised);
  const cut = cutOffLinks([...sorted.free.map(({ view }) => view), ...leaving], sorted.held);
  const obstacles: Obstacles = { blocked: stopped, cut: cutOffReasons(cut), copying: heldDaemons(scene, sorted.held), judged };
  const withheld = withheldSteps(wanted, (step) => reasonAgainst(views, step, obstacles) !== null);
  const due =
    withheld.size === 0
      ? wanted
      : approved
        ? removalWith(undrained, withheld)
        : withoutProofOf(runFirst, assemble(all.scene, { ...all.sorted, withheld }));
  const now = [...due, ...drifted.strays.flatMap((one) => sweepSteps(scene.topology, one))];
  // What a blocked link or an unapproved removal would need is shown, and nothing else depends on it.
  const held = heldSteps(approved ? remaining : all);
  const later = [
    ...wanted,
    ...(approved ? [] : removal),
    ...unapproved,
    ...(guarded.size === 0 ? [] : guardedSteps(sort(sceneOf(linksWith([], ousted)), refused), all, guarded)),
  ];
  const acting = new Set(now.map((step) => step.id));
  const heldDrafts = uniqueById([...held, ...later].filter((step) => !acting.has(step.id)));
  // Where no daemon can be started, none reads or writes what goes.
  const ofHeld = new Set(held.filter((step) => step.kind !== 'start_daemon').map((step) => step.id));
  // The proof knows what it would wait for if all were approved: which links of it may be proved now is for `finish` to say.
  const whole = (isRefused && !approved ? withoutProofOf(runFirst, unapproved) : wanted).find((step) => step.kind === 'arrival');
  const drafts = now.map((step) =>
    step.kind === 'arrival' && whole !== undefined
      ? { ...whole, after: [...new Set([...step.after, ...whole.after])] }
      : { ...step, after: step.after.filter((id) => acting.has(id) || ofHeld.has(id)) },
  );
  const finished = finish([...views, ...(approved ? leaving : [])], withRenameStep(topology, ledger, [...drafts, ...heldDrafts]), {
    ...obstacles,
    guarded: new Map([...guarded, ...runFirst]),
    held: new Set(heldDrafts.map((step) => step.id)),
    removal: approved ? new Set() : removalIds(removal, leaving, all.views),
  });
  const allSteps = withWord(finished, found.suspensions[topology.name]);
  const chosen = policy.only === undefined ? null : chosenOf(topology, allSteps, policy.only);
  const steps = chosen?.steps ?? allSteps;
  const waitingLinks =
    waiting.size === 0 ? [] : sort(sceneOf(declared), refused).planned.filter(({ view }) => waiting.has(view.link.address));
  const removals = all.views.filter(({ link }) => link.former === true);
  const allChanges = [
    ...renameChanges(topology, ledger),
    ...changesOf(
      scene.topology,
      [...sorted.free, ...sorted.held, ...sorted.detached, ...waitingLinks],
      drifted.facts,
      removals,
      allSteps,
      ledger,
    ),
  ];
  const changes = chosen === null ? allChanges : allChanges.filter(chosen.holds);
  const diagnostics = sortDiagnostics([
    ...suspensionWarnings(suspended, ledger),
    ...forgottenWarnings(forgotten),
    ...cutOffWarnings(cut, stopped, ledger),
    ...contendedWarnings(changes),
    ...strayWarnings(scene.topology, drifted.unknown),
    ...checked.diagnostics,
    ...newPartitionWarnings(views, drifted.facts),
    ...linkWarnings(planned, scene.topology),
    ...recopyWarnings(all.views, all.waiting),
    ...detachedWarnings(sorted.detached),
    ...protectionWarnings(all.views, guarded),
    ...undeliveredWarnings(
      leaving,
      all.views.filter((view) => !leaving.includes(view)),
      removal,
      finished,
      letGo,
      observation,
    ),
    ...rivalWarnings(new Map([...waiting].filter(([address]) => !unknownRivals.has(address))), unknownRivals),
    ...(chosen?.diagnostics ?? []),
  ]);
  const counts = countsOf(changes, steps);
  return {
    topology: topology.name,
    file: topology.file,
    verdict: verdictOf(
      counts,
      [...standing, ...drifted.facts.filter((fact) => fact.treatment === 'contended').map((fact) => fact.address)].filter(
        (address) => policy.only === undefined || policy.only.includes(address),
      ).length,
    ),
    fingerprint: fingerprintOf(planFacts(topology, steps, diagnostics)),
    drawing: drawingOf(scene.topology, observation),
    changes,
    steps,
    diagnostics,
    approvals: {
      required: chosen === null ? judged.required : judged.required.filter((one) => steps.some((step) => one.steps.includes(step.id))),
    },
    risk: riskOf(
      steps,
      drifted.facts.filter((fact) => policy.only === undefined || policy.only.includes(fact.address)),
      scene.topology.links,
    ),
    counts,
    factsChecked: countFacts(planned),
    links: linkSummaries([...planned, ...waitingLinks], new Set(standing), allSteps).filter(
      (link) => policy.only === undefined || policy.only.includes(link.address),
    ),
  };
}

/** Steps that something stands against, such as an approval that is missing, and all that wait for one of these. */
function withheldSteps(drafts: readonly Draft[], stands: (step: Draft) => boolean): ReadonlySet<string> {
  const ids = new Set(drafts.filter(stands).map((step) => step.id));
  for (const id of ids) for (const step of drafts) if (step.after.includes(id)) ids.add(step.id);
  return ids;
}

/** A suspended topology is observed, and nothing of it is touched. */
function withWord(steps: readonly Step[], suspension: Suspension | undefined): readonly Step[] {
  if (suspension === undefined) return steps;
  return steps.map((step) => (step.blocked === null ? { ...step, blocked: suspensionText(suspension) } : step));
}

function uniqueById<T extends { readonly id: string }>(steps: readonly T[]): readonly T[] {
  return [...new Map(steps.map((step) => [step.id, step])).values()];
}

function countsOf(changes: Plan['changes'], steps: readonly Step[]): Plan['counts'] {
  const of = (action: string): number => changes.filter((change) => change.action === action).length;
  return {
    create: of('create'),
    change: of('change'),
    remove: of('remove'),
    drift: changes.reduce((sum, change) => sum + (change.drift?.keys.length ?? 0), 0),
    steps: steps.length,
    waits: steps.filter((step) => step.gate !== null).length,
    blocked: steps.filter((step) => step.blocked !== null).length,
  };
}

function verdictOf(counts: Plan['counts'], held: number): Verdict {
  if (counts.blocked > 0 || held > 0) return 'blocked';
  if (counts.steps === 0) return counts.drift === 0 ? 'in_sync' : 'drift';
  return counts.create + counts.change + counts.remove === 0 && counts.drift > 0 ? 'drift' : 'changes';
}

const SEVERITY = { error: 0, warning: 1, note: 2 } as const;

function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const key = (one: Diagnostic): string => `${SEVERITY[one.severity]} ${one.address} ${one.code}`;
  return [...diagnostics].toSorted((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
}

/** Facts compared for each table: its helpers, triggers, rows of registration; and a dozen for each link. */
function countFacts(planned: readonly Planned[]): number {
  return planned.reduce(
    (sum, { carried, view }) => sum + carried.tables.length * (14 + (view.link.disableKicking ? 0 : 1)) + carried.sequences.length * 2 + 12,
    0,
  );
}
