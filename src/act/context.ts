import type { Ledger } from '../ledger/model.ts';
import type { LedgerWriter } from '../ledger/write.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Observation } from '../observe/model.ts';
import type { Access } from '../postgres/access.ts';
import type { Progress } from '../report/run/run-model.ts';
import type { HostConfig, Link, Topology } from '../topology/model.ts';

/** Time as executors see it, so that tests can hold it. Epoch milliseconds of this host. */
export interface Clock {
  now(): number;
}

/** What every executor gets. */
export interface ActContext {
  readonly topology: Topology;
  readonly config: HostConfig;
  readonly access: Access;
  readonly ledger: LedgerWriter;
  /** What the plan that is carried out was made from. */
  readonly observation: Observation;
  readonly known: Ledger;
  readonly clock: Clock;
  /** Aborted by the first interrupt: executors end after their current statement. */
  readonly signal: AbortSignal;
  /** What an executor remembers from one attempt of a step to the next; empty after a restart, and nothing depends on that. */
  readonly memory: Map<string, unknown>;
  readonly progress: (progress: Progress) => void;
  /** Told of each try to have a table's lock. */
  readonly tried?: (lock: LockTry) => void;
}

/** One try to have the lock of one table. */
export interface LockTry {
  readonly database: string;
  readonly mode: 'share' | 'share_row_exclusive' | 'access_exclusive';
  /** `put_off`: somebody has held it for long, so that it was not asked for. */
  readonly result: 'acquired' | 'timeout' | 'put_off';
  /** How long it took, with the statements that needed it; 0 where it was not asked for. */
  readonly seconds: number;
}

/** What one attempt of a step came to. No attempt waits longer than a few seconds: `pending` is asked again (rule 2). */
export type Outcome =
  | { readonly state: 'done'; readonly result?: string }
  /** `settles`: what was begun comes to an end by itself within a minute, and looks like something broken until then. */
  | { readonly state: 'pending'; readonly progress: Progress; readonly retryMs: number; readonly settles?: true }
  /** The facts are not what the plan took them for: observe and plan again. */
  | { readonly state: 'moved'; readonly why: string }
  /** The time that the topology allows for locks is spent. */
  | { readonly state: 'spent'; readonly why: string }
  | { readonly state: 'failed'; readonly error: GoatherdError };

export const done = (result?: string): Outcome => (result === undefined ? { state: 'done' } : { state: 'done', result });

export function failed(code: string, message: string, hint = ''): Outcome {
  return { state: 'failed', error: new GoatherdError(code, message, { hint }) };
}

export function linkAt(context: Pick<ActContext, 'topology'>, address: string): Link {
  const link = context.topology.links.find((one) => one.address === address);
  if (link === undefined) throw new GoatherdError('UnknownLink', `the topology has no link ${address}`);
  return link;
}

/**
 * How long a step that waits for something of this name leaves it before its next look, ms: a tenth of what it has waited so far, at least
 * 50 ms and at most a second. What is there soon is seen soon, and what takes hours is not asked for all the time.
 */
export function nextLookMs(context: Pick<ActContext, 'memory' | 'clock'>, name: string): number {
  const key = `looked for ${name}`;
  const now = context.clock.now();
  if (!context.memory.has(key)) context.memory.set(key, now);
  return Math.min(1_000, Math.max(50, (now - (context.memory.get(key) as number)) / 10));
}

/** A value that a step keeps between its attempts. */
export function remembered<T>(context: ActContext, key: string, initial: () => T): T {
  if (!context.memory.has(key)) context.memory.set(key, initial());
  return context.memory.get(key) as T;
}
