import { createHash } from 'node:crypto';
import type { Ledger } from '../ledger/model.ts';
import type { Observation } from '../observe/model.ts';
import type { HostConfig, Link, Topology } from '../topology/model.ts';
import { approvalsOf } from './approvals.ts';
import { carriedBy } from './carried.ts';
import { changesOf } from './changes.ts';
import { daemonPlan } from './daemon-steps.ts';
import { definitionHash } from './definition.ts';
import { type Draft, draft, PHASE } from './draft.ts';
import { drawingOf } from './drawing.ts';
import { type LinkView, linkViews } from './link-view.ts';
import { withLostLinks } from './lost-ledger.ts';
import type { Diagnostic, Plan, Step, Verdict } from './model.ts';
import { inOrder } from './order.ts';
import { preflight } from './preflight.ts';
import { helpersStep, instanceSteps, ledgerStep, makedeltaStep, membershipStep, registerStep, triggersStep } from './prepare-steps.ts';
import { riskOf } from './risk.ts';
import { receiptOf } from './copy.ts';
import { copyTablesStep } from './newcomers.ts';
import { arrivalStep, copySteps, deactivateSteps, needsActivation, type Planned, wantsRunning } from './run-steps.ts';
import { runId, stepId } from './step-ids.ts';
import { linkSummaries, linkWarnings } from './summaries.ts';

/** What a person or the host allows. Part of the plan's input, so that the plan stays a function of its arguments. */
export interface Policy {
  /** Ids given with `--approve`. */
  readonly approvals: readonly string[];
}

/**
 * plan = f(desired, observed, ledger, policy): pure, total, deterministic. It holds what is left to do from what is to what was
 * declared, so that every prefix of it, cut by a crash, is continued by the next plan.
 */
export function makePlan(topology: Topology, observation: Observation, found: Ledger, config: HostConfig, policy: Policy): Plan {
  const ledger = withLostLinks(topology, observation, found);
  const views = linkViews(topology, observation, ledger);
  const checked = preflight(topology, observation, views);
  const blocked = blockedLinks(views, checked.blocked);
  const planned: Planned[] = views.map((view) => ({ view, carried: carriedBy(view, checked.unfit.get(view.link.address) ?? new Set()) }));
  const free = planned.filter(({ view }) => !blocked.has(view.link.address));
  const held = planned.filter(({ view }) => blocked.has(view.link.address));

  const drafts = [...prepare(config, topology, observation, found, planned, free), ...run(topology, observation, free)];
  const known = new Set(drafts.map((step) => step.id));
  // What a blocked link would need is shown, and nothing else depends on it.
  const heldDrafts = [...prepare(config, topology, observation, found, held, held), ...run(topology, observation, held)].filter(
    (step) => !known.has(step.id) && step.kind !== 'arrival',
  );
  const steps = finish(topology, views, [...drafts, ...heldDrafts], blocked, new Set(heldDrafts.map((step) => step.id)), ledger, policy);
  const diagnostics = sortDiagnostics([...checked.diagnostics, ...linkWarnings(planned, ledger, topology)]);
  const required = approvalsOf(topology.name, steps.steps, ledger, policy);
  const changes = changesOf(topology, planned, steps.steps, ledger);
  const waits = steps.steps.filter((step) => step.gate !== null).length;
  const blockedCount = steps.steps.filter((step) => step.blocked !== null).length;
  const counts = {
    create: changes.filter((change) => change.action === 'create').length,
    change: changes.filter((change) => change.action === 'change').length,
    remove: changes.filter((change) => change.action === 'remove').length,
    drift: changes.filter((change) => change.action === 'drift').length,
    steps: steps.steps.length,
    waits,
    blocked: blockedCount,
  };
  return {
    topology: topology.name,
    file: topology.file,
    verdict: verdictOf(counts, blocked.size),
    fingerprint: fingerprintOf(topology, steps.steps, diagnostics),
    drawing: drawingOf(topology, observation),
    changes,
    steps: steps.steps,
    diagnostics,
    approvals: { required },
    risk: riskOf(steps.steps),
    counts,
    factsChecked: countFacts(planned),
    links: linkSummaries(planned, blocked, steps.steps),
  };
}

/** Links that preflight holds, and those below them before their first copy; by address, with the reason. */
function blockedLinks(views: readonly LinkView[], codes: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, string> {
  const blocked = new Map<string, string>();
  for (const view of views) {
    const own = codes.get(view.link.address);
    const above = view.upstream.find((link) => blocked.has(link.address));
    if (own !== undefined) blocked.set(view.link.address, `preflight: ${own.join(', ')}`);
    else if (above !== undefined && !receiptOf(view)) blocked.set(view.link.address, `waits for ${above.id}, which is blocked`);
  }
  return blocked;
}

function prepare(
  config: HostConfig,
  topology: Topology,
  observation: Observation,
  ledger: Ledger,
  all: readonly Planned[],
  links: readonly Planned[],
): Draft[] {
  const unknown = all.filter(({ view }) => ledger.links[view.link.address] === undefined).map(({ view }) => view.link.id);
  const instances = [...new Set(links.map(({ view }) => view.link.instance))];
  return [
    ...ledgerStep(topology, !ledger.present, unknown),
    ...instances.flatMap((instance) =>
      instanceSteps(
        config,
        topology,
        observation,
        instance,
        Math.min(...links.filter(({ view }) => view.link.instance === instance).map(({ view }) => view.depth)),
      ),
    ),
    ...links.flatMap(({ view, carried }) => [
      ...registerStep(view, observation, carried),
      ...helpersStep(view, observation, carried),
      ...triggersStep(view, carried),
      ...copyTablesStep(
        view,
        carried,
        links.filter((other) => other.view.link.to === view.link.from).map((other) => other.view),
      ),
      ...membershipStep(
        view,
        carried,
        belowOf(links, view).map((one) => one.view),
      ),
      ...makedeltaStep(topology, view, carried, belowOf(links, view)),
    ]),
  ];
}

/** The links that leave this link's target. */
function belowOf(links: readonly Planned[], view: LinkView): readonly Planned[] {
  return links.filter((other) => other.view.link.from === view.link.to);
}

function run(topology: Topology, observation: Observation, links: readonly Planned[]): Draft[] {
  const prepared = links.flatMap(({ view, carried }) => [
    ...registerStep(view, observation, carried),
    ...membershipStep(
      view,
      carried,
      belowOf(links, view).map((one) => one.view),
    ),
    ...makedeltaStep(topology, view, carried, belowOf(links, view)),
  ]);
  const deactivations = links.filter(({ view }) => !wantsRunning(view)).flatMap(({ view }) => deactivateSteps(view));
  const instances = [...new Set(links.map(({ view }) => view.link.instance))].toSorted();
  const daemons = new Map(
    instances.map((instance) => {
      const ofInstance = links.filter(({ view }) => view.link.instance === instance);
      return [instance, daemonPlan(topology.name, instance, observation.instances[instance], ofInstance, [...prepared, ...deactivations])];
    }),
  );
  const running = links.filter(({ view }) => wantsRunning(view));
  const gates = new Map<string, Draft>();
  const copies = running.flatMap((planned) => {
    const { view } = planned;
    const daemon = daemons.get(view.link.instance);
    const seen = needsActivation(view) ? upstreamGates(view, links, daemons) : [];
    for (const gate of seen) gates.set(gate.id, gate);
    return copySteps(planned, daemon?.startOf.get(view.link.address) ?? '', [
      ...seen.map((gate) => gate.id),
      daemon?.activateAfter.get(view.link.address) ?? '',
    ]);
  });
  const steps = [...deactivations, ...copies, ...gates.values(), ...[...daemons.values()].flatMap((daemon) => daemon.steps)];
  const touched = new Set(
    running
      .filter(
        ({ view }) =>
          steps.some((step) => step.address === view.link.address) || daemons.get(view.link.instance)?.startOf.has(view.link.address),
      )
      .map(({ view }) => view.link.address),
  );
  return [...steps, ...arrivalStep(topology, running, touched)];
}

/** Rule 1's last clause: a run of each upstream link that began after its makedelta took effect must have ended well. */
function upstreamGates(view: LinkView, links: readonly Planned[], daemons: ReadonlyMap<string, ReturnType<typeof daemonPlan>>): Draft[] {
  return view.upstream.flatMap((link): Draft[] => {
    const upper = links.find((one) => one.view.link.address === link.address)?.view;
    if (upper === undefined || !wantsRunning(upper)) return [];
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
        what: `WAIT a run of ${link.id} that began with makedelta in effect`,
        reason: `Bucardo reads makedelta when a kid is set up; before, ${view.link.id} would miss changes (rule 1)`,
        on: ['hub'],
        after: [daemon?.startOf.get(link.address) ?? runId.start(link.instance, 0), stepId.makedelta(upper)],
        work: { kind: 'wait_run', link: link.address, instance: link.instance, since: upper.control?.changedAt ?? 0 },
        phase: PHASE.run + upper.depth * 10 + 9,
        gate: { condition: 'RunSeen', warnAfterSeconds: 120 },
        estimateSeconds: 3,
      }),
    ];
  });
}

function runSeen(view: LinkView): boolean {
  const startedAt = view.daemon?.startedAt ?? null;
  const good = view.runs?.lastGood ?? null;
  return startedAt !== null && good !== null && startedAt >= (view.control?.changedAt ?? 0) && good.startedAt > startedAt;
}

/** Orders, numbers and blocks the steps: for preflight, for approval, for what they wait on. */
function finish(
  topology: Topology,
  views: readonly LinkView[],
  drafts: readonly Draft[],
  blocked: ReadonlyMap<string, string>,
  held: ReadonlySet<string>,
  ledger: Ledger,
  policy: Policy,
): { steps: readonly Step[] } {
  const ordered = inOrder(drafts);
  const ids = new Set(ordered.map((step) => step.id));
  const reasons = new Map<string, string>();
  const steps = ordered.map(({ phase: _phase, depth: _depth, gate, ...step }, index): Step => {
    const after = [...new Set(step.after)].filter((id) => ids.has(id) && id !== step.id).toSorted();
    const link = views.find((view) => view.link.address === step.address)?.link;
    const reason =
      ownReason(step, link, blocked, held) ??
      stoppedAbove(views, step) ??
      unapproved(topology.name, step, drafts, ledger, policy) ??
      waitsFor(after, reasons, ordered);
    if (reason !== null) reasons.set(step.id, reason);
    return {
      ...step,
      seq: index + 1,
      after,
      blocked: reason,
      gate: gate === null ? null : { ...gate, holds: ordered.filter((other) => other.after.includes(step.id)).map((other) => other.id) },
    };
  });
  return { steps };
}

function ownReason(
  step: Pick<Draft, 'id'>,
  link: Link | undefined,
  blocked: ReadonlyMap<string, string>,
  held: ReadonlySet<string>,
): string | null {
  if (!held.has(step.id)) return null;
  if (link !== undefined) return blocked.get(link.address) ?? 'its link is blocked';
  return [...blocked.values()][0] ?? 'its links are blocked';
}

/** A link whose upstream is stopped without a copy is prepared, and its own copy waits: C would start without A's rows. */
function stoppedAbove(views: readonly LinkView[], step: Pick<Draft, 'kind' | 'address'>): string | null {
  if (!['always', 'empty_tables', 'truncate_records', 'activate'].includes(step.kind)) return null;
  const view = views.find((one) => one.link.address === step.address);
  const above = view?.upstream.find((link) => {
    const upper = views.find((one) => one.link.address === link.address);
    return upper !== undefined && !wantsRunning(upper) && !receiptOf(upper);
  });
  return above === undefined ? null : `waits for the copy of ${above.id}, which is stopped`;
}

function unapproved(
  topology: string,
  step: Draft | Omit<Draft, 'phase' | 'depth' | 'gate'>,
  drafts: readonly Draft[],
  ledger: Ledger,
  policy: Policy,
): string | null {
  if (!step.destructive) return null;
  const required = approvalsOf(topology, drafts, ledger, policy)[0];
  return required === undefined || required.given ? null : `approval ${required.id} is missing`;
}

function waitsFor(after: readonly string[], reasons: ReadonlyMap<string, string>, ordered: readonly Draft[]): string | null {
  const blocker = after.find((id) => reasons.has(id));
  if (blocker === undefined) return null;
  const seq = ordered.findIndex((step) => step.id === blocker) + 1;
  return `waits for step ${seq}`;
}

function verdictOf(counts: Plan['counts'], blockedLinksCount: number): Verdict {
  if (counts.blocked > 0 || blockedLinksCount > 0) return 'blocked';
  if (counts.steps === 0) return 'in_sync';
  return counts.create + counts.change + counts.remove === 0 && counts.drift > 0 ? 'drift' : 'changes';
}

const SEVERITY = { error: 0, warning: 1, note: 2 } as const;

function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const key = (one: Diagnostic): string => `${SEVERITY[one.severity]} ${one.address} ${one.code}`;
  return [...diagnostics].toSorted((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
}

/** Steps carry every fact that led to them; measures stand in none of what is hashed (rule 18). */
function fingerprintOf(topology: Topology, steps: readonly Step[], diagnostics: readonly Diagnostic[]): string {
  const facts = {
    desired: topology.links.map((link) => definitionHash(topology, link)),
    steps: steps.map((step) => ({ id: step.id, work: step.work, blocked: step.blocked, before: step.before })),
    diagnostics: diagnostics
      .filter((one) => one.severity !== 'note')
      .map((one) => ({ code: one.code, address: one.address, objects: one.objects })),
  };
  return `sha256:${createHash('sha256').update(JSON.stringify(facts)).digest('hex')}`;
}

/** Facts compared for each table: its helpers, triggers, rows of registration; and a dozen for each link. */
function countFacts(planned: readonly Planned[]): number {
  return planned.reduce(
    (sum, { carried, view }) => sum + carried.tables.length * (14 + (view.link.disableKicking ? 0 : 1)) + carried.sequences.length * 2 + 12,
    0,
  );
}
