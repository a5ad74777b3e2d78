import { randomUUID } from 'node:crypto';
import { Interruption, type RunResult, runTopology } from '../../act/run.ts';
import { keepRun } from '../../ledger/history.ts';
import { ensureLedger } from '../../ledger/ensure.ts';
import { LedgerWriter } from '../../ledger/write.ts';
import { GoatherdError, messageOf } from '../../lib/errors.ts';
import type { Plan } from '../../plan/model.ts';
import type { Step } from '../../plan/step-model.ts';
import { gitWord } from '../../plan/approvals.ts';
import type { Access } from '../../postgres/access.ts';
import { pastRunOf } from '../../report/run/past-run.ts';
import { runEventText } from '../../report/run/run-event.ts';
import { emptyRunState, type RunEvent, type RunRecord } from '../../report/run/run-model.ts';
import { reduceRun } from '../../report/run/run-state.ts';
import type { Topology } from '../../topology/model.ts';
import type { World } from '../world.ts';
import type { StepError } from './restraint.ts';

/** What is carried out, and under which conditions. */
export interface Task {
  readonly topology: Topology;
  readonly revision: string | null;
  readonly plan: Plan;
  readonly access: Access;
  /** Frees the slot: called when all that is left is waiting. */
  readonly freeSlot: () => void;
  readonly heldBack: (step: Step) => boolean;
  readonly stepEnded: (step: Step, error: StepError | null) => void;
}

/** One run of one topology: a flight, of which there is never more than one at a time. */
export class Flight {
  readonly #world: World;
  readonly #task: Task;
  readonly #abort = new AbortController();
  readonly #steps = new Map<string, Step>();
  #state = emptyRunState;
  #stepsDone = 0;
  readonly ended: Promise<RunResult | null>;

  constructor(world: World, task: Task) {
    this.#world = world;
    this.#task = task;
    this.ended = this.#fly();
  }

  /** Ends it at the next step boundary: what stands is kept, and the next flight goes on from there. */
  interrupt(why: string): void {
    this.#abort.abort(new Interruption(why));
  }

  /** What it did so far; null before its first plan. */
  record(): RunRecord | null {
    return this.#state.runs[0] ?? null;
  }

  /** Steps that it finished so far, gates included. */
  get stepsDone(): number {
    return this.#stepsDone;
  }

  /** Whether a step of its plan has this id, done or not. */
  knows(id: string): boolean {
    return this.record()?.steps.some((step) => step.id === id) ?? true;
  }

  /** Whether it works on this address at this moment. */
  worksOn(address: string): boolean {
    return this.record()?.steps.some((step) => step.state === 'running' && step.address === address) ?? false;
  }

  async #fly(): Promise<RunResult | null> {
    const { topology, plan, access, heldBack } = this.#task;
    const lock = this.#world.lock();
    if (lock === null) return null;
    const run = randomUUID();
    const began = this.#world.now();
    for (const step of plan.steps) this.#steps.set(step.id, step);
    try {
      await ensureLedger(access);
      await this.#keepApprovals();
      const result = await runTopology(access, topology, plan, {
        run,
        policy: { approvals: [] },
        clock: { now: this.#world.now },
        signal: AbortSignal.any([this.#abort.signal, lock.lost]),
        deadline: null,
        emit: (event) => this.#emit(event),
        heldBack,
        mayAct: () => lock.held(),
        tried: (tried) => this.#world.counters.lockTried(topology.name, tried),
        planned: (newer) => {
          for (const step of newer.steps) this.#steps.set(step.id, step);
        },
      });
      await this.#keep(result.plan);
      return result;
    } catch (error) {
      this.#world.journal.error(`the run ended: ${messageOf(error)}`, { topology: topology.name });
      if (!(error instanceof GoatherdError)) throw error;
      return { outcome: 'failed', reason: error.message, plan };
    } finally {
      this.#world.counters.took(topology.name, 'act', (this.#world.now() - began) / 1000);
      this.#task.freeSlot();
    }
  }

  /** An approval in git holds until each step is done, as one given by a person does. */
  async #keepApprovals(): Promise<void> {
    const { topology, plan, access } = this.#task;
    const writer = new LedgerWriter(access);
    for (const required of plan.approvals.required) {
      const word = gitWord(required, topology);
      if (word !== null) await writer.words.approve(topology.name, word);
    }
  }

  async #keep(plan: Plan): Promise<void> {
    const record = this.record();
    const about = { command: 'controller', revision: this.#task.revision, fingerprint: plan.fingerprint };
    const past = record === null ? null : pastRunOf(record, about);
    // What cannot be kept now is no reason to stop.
    if (past !== null) await keepRun(this.#task.access, past).catch(() => undefined);
  }

  #emit(event: RunEvent): void {
    this.#state = reduceRun(this.#state, event);
    const { journal, changed } = this.#world;
    if (event.kind === 'step_done' || event.kind === 'gate_open') {
      this.#stepsDone += 1;
      this.#note(event.step, 'done', null);
    } else if (event.kind === 'step_failed') {
      this.#note(event.step, 'failed', { message: `${event.code}: ${event.message}`, fatal: event.code !== 'LockBudgetSpent' });
    } else if (event.kind === 'gate_wait') this.#task.freeSlot();
    if (worthALine(event)) {
      const text = runEventText(event, this.#state).replace(/^\S+\s+/, '');
      const fields = { topology: event.topology, event: event.kind, ...('step' in event ? { step: event.step } : {}) };
      if (event.kind === 'step_failed') journal.warn(text, fields);
      else journal.info(text, fields);
    }
    changed();
  }

  #note(id: string, result: 'done' | 'failed', error: StepError | null): void {
    const step = this.#steps.get(id);
    const record = this.record()?.steps.find((one) => one.id === id);
    if (step === undefined) return;
    const seconds = Math.max(0, (record?.endedAt ?? 0) - (record?.startedAt ?? 0)) / 1000;
    this.#world.counters.step(this.#task.topology.name, step.kind, result, seconds);
    this.#task.stepEnded(step, error);
  }
}

/** What only counts on is seen on the page and in `goatherd status`, and is no line of the log. */
function worthALine(event: RunEvent): boolean {
  return event.kind !== 'step_progress' && event.kind !== 'gate_wait' && event.kind !== 'step_start';
}
