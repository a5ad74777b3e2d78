import type { LockTry } from '../act/context.ts';
import { type Durations, noDurations, withDuration } from '../report/durations.ts';
import type { ControllerCounters } from '../report/status/snapshot-model.ts';

type Result = 'noop' | 'changed' | 'waiting' | 'blocked' | 'error';
type Phase = ControllerCounters['durations'][number]['phase'];
type LockCount = ControllerCounters['locks'][number];

/** What the controller counts from its start on. */
export class Counters {
  readonly #reconciles = new Map<string, Record<Result, number>>();
  readonly #steps = new Map<string, { topology: string; kind: string; result: 'done' | 'failed'; took: Durations }>();
  readonly #drift = new Map<string, { topology: string; link: string; count: number }>();
  readonly #errors = new Map<string, { transient: number; terminal: number }>();
  readonly #locks = new Map<string, LockCount>();
  readonly #restarts = new Map<string, number>();
  readonly #durations = new Map<string, { topology: string; phase: Phase; took: Durations }>();
  #fetched = 0;
  #fetchesFailed = 0;

  reconciled(topology: string, result: Result): void {
    const counts = this.#reconciles.get(topology) ?? { noop: 0, changed: 0, waiting: 0, blocked: 0, error: 0 };
    counts[result] += 1;
    this.#reconciles.set(topology, counts);
  }

  step(topology: string, kind: string, result: 'done' | 'failed', seconds: number): void {
    const key = `${topology} ${kind} ${result}`;
    const took = withDuration(this.#steps.get(key)?.took ?? noDurations, seconds);
    this.#steps.set(key, { topology, kind, result, took });
  }

  /** A step or a look that failed. `fatal`: waiting does not cure it. */
  failed(topology: string, fatal: boolean): void {
    const counts = this.#errors.get(topology) ?? { transient: 0, terminal: 0 };
    counts[fatal ? 'terminal' : 'transient'] += 1;
    this.#errors.set(topology, counts);
  }

  lockTried(topology: string, { database, mode, result, seconds }: LockTry): void {
    const key = `${topology} ${database} ${mode}`;
    const known = this.#locks.get(key) ?? { topology, database, mode, acquired: 0, timeout: 0, put_off: 0, took: noDurations };
    const took = result === 'put_off' ? known.took : withDuration(known.took, seconds);
    this.#locks.set(key, { ...known, [result]: known[result] + 1, took });
  }

  driftCorrected(topology: string, link: string): void {
    const known = this.#drift.get(link) ?? { topology, link, count: 0 };
    known.count += 1;
    this.#drift.set(link, known);
  }

  daemonStarted(instance: string): void {
    this.#restarts.set(instance, (this.#restarts.get(instance) ?? 0) + 1);
  }

  sourceRead(ok: boolean): void {
    if (ok) this.#fetched += 1;
    else this.#fetchesFailed += 1;
  }

  took(topology: string, phase: Phase, seconds: number): void {
    const key = `${topology} ${phase}`;
    const took = withDuration(this.#durations.get(key)?.took ?? noDurations, seconds);
    this.#durations.set(key, { topology, phase, took });
  }

  /** What was counted of a topology that is no longer in force. */
  forget(topology: string): void {
    this.#reconciles.delete(topology);
    this.#errors.delete(topology);
    for (const [key, one] of this.#locks) if (one.topology === topology) this.#locks.delete(key);
    for (const [key, one] of this.#steps) if (one.topology === topology) this.#steps.delete(key);
    for (const [key, one] of this.#drift) if (one.topology === topology) this.#drift.delete(key);
    for (const key of this.#durations.keys()) if (key.startsWith(`${topology} `)) this.#durations.delete(key);
  }

  all(): ControllerCounters {
    return {
      reconciles: Object.fromEntries([...this.#reconciles].map(([topology, counts]) => [topology, { ...counts }])),
      errors: Object.fromEntries([...this.#errors].map(([topology, counts]) => [topology, { ...counts }])),
      locks: [...this.#locks.values()],
      steps: [...this.#steps.values()],
      driftCorrected: [...this.#drift.values()].map((one) => ({ ...one })),
      daemonRestarts: [...this.#restarts].map(([instance, count]) => ({ instance, count })),
      sourceFetches: { ok: this.#fetched, failed: this.#fetchesFailed },
      durations: [...this.#durations.values()],
    };
  }
}
