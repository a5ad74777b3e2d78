import type { GoatherdError } from '../lib/errors.ts';
import type { Plan } from '../plan/model.ts';
import type { Step } from '../plan/step-model.ts';
import type { Progress, RunEvent } from '../report/run/run-model.ts';
import type { ActContext, Outcome } from './context.ts';
import { attempt } from './execute.ts';

/** How carrying out one plan ended. */
export interface Carried {
  readonly failed: readonly { readonly step: Step; readonly error: GoatherdError }[];
  /** Why some locks were not had in the time that the topology allows. */
  readonly spent: readonly string[];
  /** The facts moved, or a gate opened: observe and plan again. */
  readonly moved: string | null;
  readonly interrupted: boolean;
  readonly timedOut: boolean;
  /** Ids of the steps that were finished. */
  readonly done: readonly string[];
}

/** Events without what every one has. */
type Body<E = RunEvent> = E extends RunEvent ? Omit<E, 'time' | 'topology'> : never;

export interface CarryOptions {
  readonly emit: (event: Body) => void;
  /** Epoch milliseconds after which nothing more is begun; null for never. */
  readonly deadline: number | null;
  /** Makes the context of one step. */
  readonly contextFor: (step: Step, progress: (progress: Progress) => void) => ActContext;
  /** Called when a step is done: what it remembered of its attempts is of no use to a later step of the same id. */
  readonly forget: (step: Step) => void;
  /** Whether a step is left for later, whatever its plan says: a link that failed is given time. */
  readonly heldBack?: (step: Step) => boolean;
  /** Asked before each attempt; false ends the run: the lock may not be trusted any more. */
  readonly mayAct?: () => boolean;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

interface Entry {
  readonly step: Step;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  /** Epoch milliseconds before which it is not tried again. */
  notBefore: number;
  started: boolean;
  /** It was begun and ends by itself soon: a plan that was made meanwhile would take a daemon that comes up for a dead one. */
  settles: boolean;
}

/**
 * Carries out the steps of one plan: those that nothing holds, side by side as long as they work on different databases. A step that is
 * pending is tried again later, and others go on meanwhile; a gate that opens ends the call as soon as no daemon is coming up, so that the
 * world is looked at again.
 */
export async function carryOut(plan: Plan, options: CarryOptions): Promise<Carried> {
  const entries = plan.steps.map((step): Entry => ({
    step,
    state: step.blocked === null && options.heldBack?.(step) !== true ? 'waiting' : 'skipped',
    notBefore: 0,
    started: false,
    settles: false,
  }));
  const byId = new Map(entries.map((entry) => [entry.step.id, entry]));
  const failed: { step: Step; error: GoatherdError }[] = [];
  const spent: string[] = [];
  let moved: string | null = null;
  const done: string[] = [];
  const running = new Map<Entry, Promise<void>>();
  const halted = (): boolean => options.signal.aborted || options.mayAct?.() === false || timedOut();
  const wanted = (entry: Entry): boolean => entry.state === 'waiting' && (moved === null || entry.settles);
  const timedOut = (): boolean => options.deadline !== null && options.now() >= options.deadline;

  const settle = (entry: Entry, outcome: Outcome): void => {
    const id = entry.step.id;
    entry.settles = outcome.state === 'pending' && outcome.settles === true;
    switch (outcome.state) {
      case 'done':
        entry.state = 'done';
        options.forget(entry.step);
        done.push(id);
        options.emit({
          kind: entry.step.gate === null ? 'step_done' : 'gate_open',
          step: id,
          ...(outcome.result === undefined ? {} : { result: outcome.result }),
        });
        // A drained queue is no fact that stays: what it was waited for goes on in this plan.
        if (entry.step.gate !== null && entry.step.gate.condition !== 'Drained' && entry.step.gate.holds.length > 0)
          moved = `${entry.step.what.replace(/^WAIT /, '')}: seen`;
        return;
      case 'pending':
        entry.state = 'waiting';
        entry.notBefore = options.now() + outcome.retryMs;
        options.emit({ kind: entry.step.gate === null ? 'step_progress' : 'gate_wait', step: id, progress: outcome.progress });
        return;
      case 'moved':
        entry.state = 'waiting';
        moved = outcome.why;
        return;
      case 'spent':
        entry.state = 'failed';
        spent.push(outcome.why);
        options.emit({
          kind: 'step_failed',
          step: id,
          code: 'LockBudgetSpent',
          message: outcome.why,
          hint: 'run goatherd again in a quieter moment',
        });
        return;
      case 'failed':
        entry.state = 'failed';
        // With the lock its sessions went: the next run goes on from what stands.
        if (options.signal.aborted && outcome.error.retry === 'retry') return;
        failed.push({ step: entry.step, error: outcome.error });
        options.emit({
          kind: 'step_failed',
          step: id,
          code: outcome.error.code,
          message: outcome.error.message,
          hint: outcome.error.hint === '' ? null : outcome.error.hint,
        });
    }
  };
  const begin = (entry: Entry): void => {
    entry.state = 'running';
    if (!entry.started) options.emit({ kind: 'step_start', step: entry.step.id });
    entry.started = true;
    const progress = (value: Progress): void => options.emit({ kind: 'step_progress', step: entry.step.id, progress: value });
    running.set(
      entry,
      attempt(options.contextFor(entry.step, progress), entry.step).then((outcome) => {
        running.delete(entry);
        settle(entry, outcome);
      }),
    );
  };

  for (;;) {
    if (!halted()) {
      for (const entry of entries) {
        if (wanted(entry) && mayBegin(entry, byId, running, options.now())) begin(entry);
      }
    }
    if (running.size > 0) {
      await Promise.race(running.values());
      continue;
    }
    if (halted()) break;
    const next = entries.filter((entry) => wanted(entry) && afterDone(entry, byId)).map((entry) => entry.notBefore);
    if (next.length === 0) break;
    await options.sleep(Math.max(20, Math.min(...next) - options.now()), options.signal);
  }
  return { failed, spent, moved, interrupted: options.signal.aborted, timedOut: timedOut() && moved === null, done };
}

function afterDone(entry: Entry, byId: ReadonlyMap<string, Entry>): boolean {
  return entry.step.after.every((id) => (byId.get(id)?.state ?? 'done') === 'done');
}

function mayBegin(entry: Entry, byId: ReadonlyMap<string, Entry>, running: ReadonlyMap<Entry, Promise<void>>, now: number): boolean {
  if (entry.notBefore > now || !afterDone(entry, byId)) return false;
  const wanted = resourcesOf(entry.step);
  return [...running.keys()].every((other) => resourcesOf(other.step).every((resource) => !wanted.includes(resource)));
}

/** What a step must have for itself: a database, or an instance. Gates only look. */
function resourcesOf(step: Step): readonly string[] {
  if (step.gate !== null) return [];
  const { work } = step;
  // What stands on the source before and after Bucardo's validation is compared: nobody else may make anything there meanwhile.
  if (work.kind === 'membership') return [`instance ${work.instance}`, `database ${step.on[1]}`];
  if ('database' in work && work.kind !== 'makedelta') return [`database ${work.database}`];
  return 'instance' in work ? [`instance ${work.instance}`] : ['ledger'];
}
