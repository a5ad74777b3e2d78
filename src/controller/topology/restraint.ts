import type { Remembered } from '../../ledger/remembered.ts';
import type { Retry } from '../../ledger/model.ts';
import type { Step } from '../../plan/step-model.ts';
import type { World } from '../world.ts';
import { BackOff } from './back-off.ts';
import { StartLimits } from './start-limits.ts';

/** Why a step ended without being done. `fatal`: waiting does not cure it. */
export interface StepError {
  readonly message: string;
  readonly fatal: boolean;
}

/** Kinds of steps that put no fact back, or that only belong to one which does. */
const NO_CORRECTION: ReadonlySet<Step['kind']> = new Set(['arrival', 'receipt', 'suspect', 'ledger', 'stop_daemon']);

/** What keeps one topology from being acted on too soon: what failed before, and daemons that die again and again. Counts what is done, too. */
export class Restraint {
  readonly #world: World;
  readonly #topology: string;
  readonly #backOff: BackOff;
  readonly #limits = new StartLimits();

  constructor(world: World, topology: string) {
    this.#world = world;
    this.#topology = topology;
    this.#backOff = new BackOff(world.random);
  }

  /** Whether this step has to wait. */
  holds(step: Step): boolean {
    if (this.#backOff.holds(step.address, this.#world.now())) return true;
    return step.work.kind === 'start_daemon' && !this.mayStart(step.work.instance);
  }

  /** Whether the daemon of this instance may be started now. */
  mayStart(instance: string): boolean {
    const now = this.#world.now();
    return this.#limits.allowedAt(instance, now) <= now;
  }

  /** When the next address that failed may be tried; null when none is held. */
  nextAt(): number | null {
    return this.#backOff.nextAt(this.#world.now());
  }

  /** `error`: null where the step is done. `healing`: its revision was reached before, so that what is done puts back what has changed. */
  stepEnded(step: Step, error: StepError | null, healing: boolean): void {
    const { now, counters } = this.#world;
    if (error !== null) {
      counters.failed(this.#topology, error.fatal);
      return this.#backOff.failed(step.address, now(), error.message, error.fatal);
    }
    this.#backOff.progressed(step.address);
    if (step.work.kind === 'start_daemon') {
      // The first start of a link, or one that its file asks for, mends nothing.
      if (healing) {
        counters.daemonStarted(step.work.instance);
        this.#limits.started(step.work.instance, now());
      }
    } else if (healing && step.gate === null && !NO_CORRECTION.has(step.kind)) {
      counters.driftCorrected(this.#topology, step.address.split('/').at(-1) ?? '');
    }
  }

  /** A new revision, or a person's word: everything may be tried at once. */
  clear(): void {
    this.#backOff.clear();
    this.#limits.clear();
  }

  retries(): readonly Retry[] {
    return this.#backOff.list();
  }

  /** What the next controller has to know. */
  remembered(): Pick<Remembered, 'retries' | 'starts'> {
    return { retries: this.#backOff.list(), starts: this.#limits.list(this.#world.now()) };
  }

  /** What the controller before knew, in the place of what is known here. */
  restore({ retries, starts }: Pick<Remembered, 'retries' | 'starts'>): void {
    this.#backOff.restore(retries, this.#world.now());
    this.#limits.restore(starts);
  }
}
