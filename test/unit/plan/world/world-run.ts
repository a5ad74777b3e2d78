/** The loop of `goatherd reconcile` (src/act/run.ts, carry-out.ts) on the world. */
import { definitionHash } from '../../../../src/plan/view/definition.ts';
import { appliedLinks } from '../../../../src/plan/applied.ts';
import { gitWord } from '../../../../src/plan/approvals.ts';
import { makePlan } from '../../../../src/plan/make-plan.ts';
import { withKeptNames } from '../../../../src/plan/view/remembered/kept-names.ts';
import type { Plan } from '../../../../src/plan/model.ts';
import type { Step } from '../../../../src/plan/step-model.ts';
import { definitionWritten } from './world-step-control.ts';
import { applyStep } from './world-steps.ts';
import { tick } from './world-daemon.ts';
import { type Look, look } from './world-observe.ts';
import { Crash, declare, type World } from './world.ts';

export interface RunOptions {
  /** Which of `count` steps that may begin is next: the real loop carries them out side by side. */
  readonly choose: (count: number) => number;
  /** Ids given with `--approve`; `all` gives what each plan asks for. */
  readonly approvals: readonly string[] | 'all';
  /** What users do between two statements of ours. */
  readonly users?: (world: World) => void;
  readonly onPlan?: (plan: Plan) => void;
  /** Told of each step just before it is tried. */
  readonly onStep?: (step: Step) => void;
}

export interface RunResult {
  readonly plan: Plan;
  /** Why it ended without having done all that may be done; null when it did. */
  readonly fault: string | null;
  /** It adopted something, and left to the next run what differs from the rules there. */
  readonly adopted: boolean;
}

const PASSES_EVERY = 6;
const ROUNDS = 60;
const ATTEMPTS = 200;

/** The plan that a run beginning now would make first. */
export function planFor(world: World, approvals: readonly string[] | 'all' = []): Plan {
  declare(world, world.declared);
  return planFrom(world, lookNamed(world), approvals);
}

/** What is there, and the names that links have by that: one that moves may have to stay yet. */
function lookNamed(world: World): Look {
  const seen = look(world);
  world.topology = withKeptNames(world.topology, seen.ledger, seen.observation.instances);
  return seen;
}

function planFrom(world: World, { observation, ledger }: Look, approvals: readonly string[] | 'all'): Plan {
  const plan = makePlan(world.topology, observation, ledger, world.config, { approvals: approvals === 'all' ? [] : approvals });
  if (approvals !== 'all' || plan.approvals.required.length === 0) return plan;
  const ids = plan.approvals.required.map((required) => required.id);
  return makePlan(world.topology, observation, ledger, world.config, { approvals: ids });
}

/** Runs until nothing more may be done. @throws Crash when `world.crashAt` is reached */
export function reconcile(world: World, options: RunOptions): RunResult {
  world.memory.clear();
  declare(world, world.declared);
  let adopted = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { observation, ledger } = lookNamed(world);
    const plan = planFrom(world, { observation, ledger }, options.approvals);
    options.onPlan?.(plan);
    // What differs from the rules in what was adopted is the next run's, whose plan shows it.
    if (adopted && plan.steps.length > 0) return { plan, fault: null, adopted };
    adopted = plan.steps.some((step) => step.kind === 'adopt' && step.blocked === null);
    forgetApprovals(world, plan);
    noteApprovals(world, plan, options.approvals);
    if (plan.steps.every((step) => step.blocked !== null)) {
      settle(world, plan);
      return { plan, fault: null, adopted: false };
    }
    const fault = carryOut(world, plan, { observation, ledger }, options);
    if (fault !== null) return { plan, fault, adopted: false };
  }
  const plan = planFor(world, options.approvals);
  return { plan, adopted: false, fault: `not converged after ${ROUNDS} rounds: ${plan.steps.map((step) => step.id).join(', ')}` };
}

/** Runs until it is killed before statement `crashAt`, lets the daemons go on for some seconds, and runs again. */
export function reconcileWithCrash(world: World, crashAt: number, seconds: number, options: RunOptions): RunResult {
  world.crashAt = crashAt;
  try {
    return reconcile(world, options);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  for (let second = 0; second < seconds; second += 1) tick(world);
  return reconcile(world, options);
}

function carryOut(world: World, plan: Plan, known: ReturnType<typeof look>, options: RunOptions): string | null {
  const ids = new Set(plan.steps.map((step) => step.id));
  const left = plan.steps.filter((step) => step.blocked === null);
  const done = new Set<string>();
  const waiting = new Set<string>();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const ready = left.filter((step) => !done.has(step.id) && step.after.every((id) => done.has(id) || !ids.has(id)));
    if (ready.length === 0) return left.every((step) => done.has(step.id)) ? null : 'steps wait for each other';
    const fresh = ready.filter((step) => !waiting.has(step.id));
    if (fresh.length === 0) {
      // All that may begin waits: time passes.
      waiting.clear();
      tick(world);
      continue;
    }
    const step = fresh[options.choose(fresh.length) % fresh.length] as Step;
    options.users?.(world);
    // Daemons do not wait for steps: now and then a second passes before one.
    if (options.choose(PASSES_EVERY) === PASSES_EVERY - 1) tick(world);
    options.onStep?.(step);
    switch (applyStep(world, step, known)) {
      case 'done':
        done.add(step.id);
        // A drained queue is no fact that stays: what it was waited for goes on in this plan.
        if (step.gate !== null && step.gate.condition !== 'Drained' && step.gate.holds.length > 0) return null;
        break;
      case 'pending':
        waiting.add(step.id);
        break;
      case 'moved':
        return null;
      case 'failed':
        return `step ${step.id} failed`;
    }
  }
  return `steps never end: ${left
    .filter((step) => !done.has(step.id))
    .map((step) => step.id)
    .join(', ')}`;
}

/** What was applied in full is remembered: drift is told from a new declaration by it. */
function settle(world: World, plan: Plan): void {
  if (!world.ledger.present) return;
  for (const { name } of world.topology.databases) {
    // Of where a cluster stands, the world has its clock.
    const place = { system: name, timeline: 1, position: 0, now: world.now };
    if (world.databases[name]?.reachable === true)
      world.ledger.seen = { ...world.ledger.seen, [`${world.topology.name}/${name}`]: { place, tables: {} } };
  }
  for (const link of appliedLinks(world.topology, plan)) {
    const row = world.ledger.links[link.address];
    if (row === undefined) continue;
    row.appliedDefinition = definitionHash(world.topology, link);
    row.definition = definitionWritten(world.topology, link);
  }
}

/** A person's word, and git's, are written down before anything is done (src/act/run.ts). */
function noteApprovals(world: World, plan: Plan, approvals: RunOptions['approvals']): void {
  for (const required of plan.approvals.required.filter((one) => one.given)) {
    const person = approvals === 'all' || approvals.includes(required.id);
    const word = person ? { id: required.id, steps: required.steps, by: 'test' } : gitWord(required, world.topology);
    for (const step of word?.steps ?? []) {
      const before = world.ledger.approvals.find((one) => one.step === step);
      if (before !== undefined && (before.overCap !== false || !person)) continue;
      world.ledger.approvals = world.ledger.approvals.filter((one) => one !== before);
      const overCap = person ? {} : { overCap: false };
      world.ledger.approvals.push({ id: required.id, topology: plan.topology, step, by: word?.by ?? '', ...overCap });
    }
  }
}

/** Approvals of steps that are done or no longer planned; not while something cannot be seen. */
function forgetApprovals(world: World, plan: Plan): void {
  if (plan.diagnostics.some((one) => one.severity === 'error')) return;
  const planned = plan.steps.filter((step) => step.destructive).map((step) => step.id);
  world.ledger.approvals = world.ledger.approvals.filter((one) => planned.includes(one.step));
}
