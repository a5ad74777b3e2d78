import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '../ledger/model.ts';
import { LedgerWriter } from '../ledger/write.ts';
import type { Observation } from '../observe/model.ts';
import { observe } from '../observe/observe.ts';
import { withKeptNames } from '../plan/view/remembered/kept-names.ts';
import { definitionHash } from '../plan/view/definition.ts';
import { makePlan } from '../plan/make-plan.ts';
import { leftNote } from '../plan/outline/summaries.ts';
import { stepsBeyond } from '../plan/exactly.ts';
import type { Plan, Policy } from '../plan/model.ts';
import type { Step } from '../plan/step-model.ts';
import type { Access } from '../postgres/access.ts';
import type { RunEvent, RunOutcome } from '../report/run/run-model.ts';
import type { Topology } from '../topology/model.ts';
import { type Carried, type CarryOptions, carryOut } from './carry-out.ts';
import type { ActContext, Clock } from './context.ts';
import { noteApplied } from './note-applied.ts';
import { noteSeen } from './note-seen.ts';
import { purgeDelivered } from './steps/leaving/purge.ts';

export interface RunOptions {
  readonly run: string;
  readonly policy: Policy;
  /** A saved plan: nothing beyond its steps is done. */
  readonly exactly?: Plan;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Epoch milliseconds; null for no end. */
  readonly deadline: number | null;
  readonly emit: (event: RunEvent) => void;
  /** See `CarryOptions`. */
  readonly heldBack?: (step: Step) => boolean;
  readonly mayAct?: () => boolean;
  /** Told of each plan, before it is carried out. */
  readonly planned?: (plan: Plan) => void;
  readonly tried?: ActContext['tried'];
}

/** The reason of a signal that ends a run so that another can begin: a newer commit, a request. */
export class Interruption {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export interface RunResult {
  readonly outcome: RunOutcome;
  readonly reason: string | null;
  /** What is left to do. */
  readonly plan: Plan;
}

/** Plans that come to the same first step this often in a row without getting on are a fault: it is said instead of going round for ever. */
const ROUNDS_WITHOUT_ADVANCE = 5;

/**
 * Observes, plans and acts until the plan is empty or nothing more may be done. Each round starts from facts, so that a run that was
 * killed is continued by the next one.
 */
export async function runTopology(access: Access, given: Topology, first: Plan, options: RunOptions): Promise<RunResult> {
  const ledger = new LedgerWriter(access);
  const memories = new Map<string, Map<string, unknown>>();
  const memoryOf = (step: Step): Map<string, unknown> =>
    memories.get(step.id) ?? memories.set(step.id, new Map()).get(step.id) ?? new Map();
  const emit: CarryOptions['emit'] = (event) => options.emit({ ...event, time: options.clock.now(), topology: given.name });
  let adopted: readonly string[] = [];
  let stuck = 0;
  let started = false;
  let lastFingerprint = '';
  for (;;) {
    const { observation, ledger: known } = await observe(access, given);
    // A link that waited for its copy, or for tables to leave it, has another instance afterwards.
    const topology = withKeptNames(given, known, observation.instances);
    adopted = adopted.filter((address) => known.links[address] !== undefined);
    const plan = makePlan(topology, observation, known, access.config, options.policy);
    // What is remembered of a topology is remembered of all of it, whatever part of it is done now.
    const whole = options.policy.only === undefined ? plan : makePlan(topology, observation, known, access.config, wholeOf(options.policy));
    options.planned?.(plan);
    if (!started) emit({ kind: 'run_start', run: options.run, steps: (plan.fingerprint === first.fingerprint ? first : plan).steps });
    else if (plan.fingerprint !== lastFingerprint && plan.steps.length > 0)
      emit({ kind: 'plan_changed', reason: 'observed again', steps: plan.steps });
    started = true;
    const previous = lastFingerprint;
    lastFingerprint = plan.fingerprint;
    if (adopted.length > 0 && plan.steps.length > 0) {
      const reason = `adopted ${adopted.join(', ')}; what differs from the rules is the next plan, which shows it`;
      emit({ kind: 'summary', outcome: 'adopted', reason, driftLeft: true });
      return { outcome: 'adopted', reason, plan };
    }
    await forgetApprovals(ledger, whole, known);
    const open = plan.steps.filter((step) => step.blocked === null);
    const beyond = options.exactly === undefined ? [] : stepsBeyond(options.exactly, open);
    if (beyond.length > 0) {
      const reason = `facts moved while the saved plan was carried out, which does not hold ${beyond.map((step) => step.id).join(', ')}`;
      emit({ kind: 'summary', outcome: 'stale', reason });
      return { outcome: 'stale', reason, plan };
    }
    const held = heldWithout(open, options.heldBack);
    if (open.length > 0 && open.every((step) => held.has(step.id))) {
      const reason = `put off after errors: ${open.map((step) => step.id).join(', ')}`;
      emit({ kind: 'summary', outcome: 'not_converged', reason });
      return { outcome: 'not_converged', reason, plan };
    }
    if (open.length === 0) return finish(access, topology, { plan, whole }, ledger, { observation, known }, emit);
    const contextFor = (step: Step, progress: ActContext['progress']): ActContext => ({
      topology,
      config: access.config,
      access,
      ledger,
      observation,
      known,
      clock: options.clock,
      signal: options.signal,
      memory: memoryOf(step),
      ...(options.tried === undefined ? {} : { tried: options.tried }),
      progress,
    });
    const carried = await carryOut(plan, {
      emit,
      deadline: options.deadline,
      contextFor,
      forget: (step) => {
        for (const id of memories.keys()) if (id === step.id || startedAnew(step, id)) memories.delete(id);
      },
      heldBack: (step) => held.has(step.id),
      ...(options.mayAct === undefined ? {} : { mayAct: options.mayAct }),
      sleep,
      signal: options.signal,
      now: () => options.clock.now(),
    });
    await noteHeals(ledger, topology, plan, carried.done);
    adopted = open.filter((step) => step.kind === 'adopt').map((step) => step.address);
    await noteSuspected(access, topology, whole, { observation, known }, carried.done);
    const end = endOf(carried, plan, options.signal);
    if (end !== null) {
      emit({ kind: 'summary', ...end });
      return { ...end, plan };
    }
    stuck = carried.done.length > 0 && plan.fingerprint !== previous ? 0 : stuck + 1;
    if (stuck >= ROUNDS_WITHOUT_ADVANCE) {
      const reason = `the same steps stay after ${stuck} rounds: ${open.map((step) => step.id).join(', ')}${carried.moved === null ? '' : ` (${carried.moved})`}`;
      emit({ kind: 'summary', outcome: 'failed', reason });
      return { outcome: 'failed', reason, plan };
    }
  }
}

/** The policy of the same run, for every link. */
function wholeOf({ approvals }: Policy): Policy {
  return { approvals };
}

/** Approvals of steps that are done or no longer planned; not while something cannot be seen, which would plan it again later. */
async function forgetApprovals(ledger: LedgerWriter, plan: Plan, known: Ledger): Promise<void> {
  const planned = plan.steps.filter((step) => step.destructive).map((step) => step.id);
  const stale = known.approvals.some((approval) => approval.topology === plan.topology && !planned.includes(approval.step));
  if (stale && !plan.diagnostics.some((one) => one.severity === 'error')) await ledger.words.pruneApprovals(plan.topology, planned);
}

/** What was put back is counted, so that what somebody else changes again and again is left alone (rule 15). */
async function noteHeals(ledger: LedgerWriter, topology: Topology, plan: Plan, done: readonly string[]): Promise<void> {
  for (const { address, drift } of plan.changes) {
    const link = topology.links.find((one) => one.address === address);
    if (drift?.treatment === 'heal' && drift.step !== null && done.includes(drift.step) && link !== undefined)
      await ledger.sights.saveHeals(address, definitionHash(topology, link), drift.keys);
  }
}

/**
 * What has made links Suspect is known from then on: a copy that ends the doubt in the same run would be followed by the very same doubt,
 * as what was seen before is kept until then (rule 15).
 */
async function noteSuspected(
  access: Access,
  topology: Topology,
  plan: Plan,
  seen: { readonly observation: Observation; readonly known: Ledger },
  done: readonly string[],
): Promise<void> {
  const steps = plan.steps.filter((step) => step.kind !== 'suspect' || !done.includes(step.id));
  if (steps.length < plan.steps.length) await noteSeen(access, topology, { ...plan, steps }, seen.observation, seen.known);
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** Whether what `id` began is undone by `step`: a daemon that was stopped while it came up has to be started once more. */
function startedAnew({ work }: Step, id: string): boolean {
  return work.kind === 'stop_daemon' && id.startsWith(`${work.instance}/start-`);
}

/** Why this was the last round; null to look again. */
function endOf(carried: Carried, plan: Plan, signal: AbortSignal): { outcome: RunOutcome; reason: string | null } | null {
  if (carried.interrupted) return { outcome: 'interrupted', reason: whyInterrupted(signal) };
  const failure = carried.failed[0];
  if (failure !== undefined) return { outcome: 'failed', reason: `step ${failure.step.id}: ${failure.error.message}` };
  if (carried.spent[0] !== undefined) return { outcome: 'not_converged', reason: carried.spent[0] };
  if (carried.timedOut) return { outcome: 'not_converged', reason: `--timeout passed; ${plan.steps.length} steps were planned` };
  return null;
}

/** Steps that are left for later, and those that come after one of them. */
function heldWithout(open: readonly Step[], heldBack: RunOptions['heldBack']): ReadonlySet<string> {
  const held = new Set<string>();
  if (heldBack === undefined) return held;
  for (const step of open) if (heldBack(step) || step.after.some((id) => held.has(id))) held.add(step.id);
  return held;
}

/** A signal that was aborted with an Interruption says why; another is a person's. */
function whyInterrupted(signal: AbortSignal): string {
  const { reason } = signal as { readonly reason: unknown };
  return reason instanceof Interruption ? reason.why : 'interrupted after the current statement; the next run goes on from what stands';
}

/** Nothing is left that may be done: what was applied is remembered, and what Bucardo's own purge must not do is done. */
async function finish(
  access: Access,
  topology: Topology,
  { plan, whole }: { readonly plan: Plan; readonly whole: Plan },
  ledger: LedgerWriter,
  seen: { readonly observation: Observation; readonly known: Ledger },
  emit: CarryOptions['emit'],
): Promise<RunResult> {
  const outcome: RunOutcome = plan.verdict === 'blocked' ? 'blocked' : 'converged';
  const driftLeft = plan.changes.some((change) => change.drift?.treatment === 'warn');
  const reason =
    outcome === 'blocked'
      ? ([...new Set(plan.steps.map((step) => step.blocked).filter((one) => one !== null))][0] ??
        plan.diagnostics.find((one) => one.code === 'Suspended' || one.code === 'Contended')?.message ??
        'preflight')
      : leftNote(whole);
  if (seen.known.present) {
    await noteApplied(ledger, topology, whole, seen.observation, seen.known);
    await noteSeen(access, topology, whole, seen.observation, seen.known);
    for (const note of await purgeDelivered(access, topology)) emit({ kind: 'message', level: 'info', text: note });
  }
  emit({ kind: 'summary', outcome, reason, driftLeft });
  return { outcome, reason, plan };
}
