/** The loop of `goatherd reconcile` (src/act/run.ts, carry-out.ts) on the world. */
import { definitionHash } from '../../../src/plan/view/definition.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { withKeptNames } from '../../../src/plan/view/remembered/kept-names.ts';
import type { Plan } from '../../../src/plan/model.ts';
import type { Step } from '../../../src/plan/step-model.ts';
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
}

const ROUNDS = 60;
const ATTEMPTS = 200;

/** The plan that a run beginning now would make first. */
export function planFor(world: World, approvals: readonly string[] | 'all' = []): Plan {
  declare(world, world.declared);
  return planFrom(world, look(world), approvals);
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
  for (let round = 0; round < ROUNDS; round += 1) {
    world.topology = withKeptNames(world.topology, world.ledger);
    const { observation, ledger } = look(world);
    const plan = planFrom(world, { observation, ledger }, options.approvals);
    options.onPlan?.(plan);
    forgetApprovals(world, plan);
    // A person's word is written down before anything is done.
    for (const required of plan.approvals.required.filter((one) => one.given)) {
      for (const step of required.steps) {
        if (world.ledger.approvals.some((one) => one.step === step)) continue;
        world.ledger.approvals.push({ id: required.id, topology: plan.topology, step, by: 'test' });
      }
    }
    if (plan.steps.every((step) => step.blocked !== null)) {
      settle(world, plan);
      return { plan, fault: null };
    }
    const fault = carryOut(world, plan, { observation, ledger }, options);
    if (fault !== null) return { plan, fault };
  }
  const plan = planFor(world, options.approvals);
  return { plan, fault: `not converged after ${ROUNDS} rounds: ${plan.steps.map((step) => step.id).join(', ')}` };
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
  for (const link of world.topology.links) {
    const state = plan.links.find((one) => one.address === link.address)?.state;
    const row = world.ledger.links[link.address];
    if (row === undefined || (state !== 'converged' && state !== 'stopped')) continue;
    row.appliedDefinition = definitionHash(world.topology, link);
    row.definition = definitionWritten(world.topology, link);
  }
}

/** Approvals of steps that are done or no longer planned; not while something cannot be seen. */
function forgetApprovals(world: World, plan: Plan): void {
  if (plan.diagnostics.some((one) => one.severity === 'error')) return;
  const planned = plan.steps.filter((step) => step.destructive).map((step) => step.id);
  world.ledger.approvals = world.ledger.approvals.filter((one) => planned.includes(one.step));
}
