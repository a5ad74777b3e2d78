import { setTimeout as delay } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { ERROR, INVALID, TIMED_OUT, USAGE } from '../lib/exit-codes.ts';
import { toolVersion } from '../lib/version.ts';
import { observeLedger } from '../observe/observe-ledger.ts';
import { withFormer } from '../plan/view/remembered/former.ts';
import { statusDocument } from '../report/status/status-json.ts';
import { statusText } from '../report/status/status-text.ts';
import { parseWish, type Wish, wishState } from '../report/status/wish.ts';
import type { HostConfig, Topology } from '../topology/model.ts';
import { readGiven } from './given.ts';
import { lookAt, type Seen } from './look.ts';
import { reportStyle } from './report-style.ts';

export interface StatusOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
  /** `Ready`, `orders/b-c:CopyComplete`, `Suspended=False`. */
  readonly wait?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

const AGAIN_AFTER_MS = 1_000;

/**
 * `goatherd status [PATH…]`: what stands, link by link; writes nothing anywhere (rule 16). 0 when it was observed, 1 without the hub. With
 * `--wait` 0 once the condition holds, 21 when it does not within `--timeout`; with `-w` until it is interrupted.
 */
export async function status(paths: readonly string[], options: StatusOptions): Promise<number> {
  const wish = options.wait === undefined ? null : parseWish(options.wait);
  if (typeof wish === 'string') {
    process.stderr.write(`goatherd: ${wish}\n`);
    return USAGE;
  }
  const { config, topologies } = await readGiven(paths, options.config, true);
  if (config === null) return INVALID;
  if (wish !== null) return waitFor(wish, topologies, config, options);
  if (options.watch === true) return watch(topologies, config);
  const observedAt = Date.now();
  const seen = await lookAtAll(topologies, config);
  return print(seen, observedAt, options);
}

async function lookAtAll(topologies: readonly Topology[], config: HostConfig): Promise<readonly Seen[]> {
  const ledger = await observeLedger(config);
  return Promise.all(topologies.map((topology) => lookAt(withFormer(topology, ledger), config, 'status')));
}

function print(seen: readonly Seen[], observedAt: number, options: StatusOptions): number {
  const exitCode = seen.some(({ status: one }) => one.verdict === 'unknown') ? ERROR : 0;
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(statusDocument(seen, { tool: toolVersion(), observedAt, exitCode }), null, 2)}\n`);
  else process.stdout.write(textOf(seen, observedAt));
  return exitCode;
}

function textOf(seen: readonly Seen[], now: number): string {
  const width = process.stdout.isTTY ? Math.max(80, process.stdout.columns) : 100;
  return statusText(
    seen.map((one) => one.status),
    { now, width, style: reportStyle(process.stdout), retries: seen.flatMap((one) => one.retries) },
  );
}

/** On a terminal in place, otherwise each text that is other than the one before. Ends with 0 when it is interrupted, or nobody reads it any more. */
async function watch(topologies: readonly Topology[], config: HostConfig): Promise<number> {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  process.once('SIGTERM', () => ending.abort());
  process.stdout.once('error', () => ending.abort());
  const update = process.stdout.isTTY ? createLogUpdate(process.stdout) : null;
  let last = '';
  while (!ending.signal.aborted) {
    const text = textOf(await lookAtAll(topologies, config), Date.now());
    if (update !== null) update(text);
    else if (text !== last) process.stdout.write(text);
    last = text;
    await delay(AGAIN_AFTER_MS, undefined, { signal: ending.signal }).catch(() => undefined);
  }
  update?.done();
  return 0;
}

/** Says on standard error what it waits for, each time that is something else. */
async function waitFor(wish: Wish, topologies: readonly Topology[], config: HostConfig, options: StatusOptions): Promise<number> {
  const until = options.timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.timeout;
  let said = '';
  for (;;) {
    const observedAt = Date.now();
    const seen = await lookAtAll(topologies, config);
    const state = wishState(
      wish,
      seen.flatMap((one) => one.conditions),
    );
    if (state.kind === 'strange') {
      process.stderr.write(`goatherd: ${state.why}\n`);
      return USAGE;
    }
    if (state.kind === 'holds') return print(seen, observedAt, options);
    if (state.why !== said) process.stderr.write(`goatherd: waits: ${state.why}\n`);
    said = state.why;
    if (Date.now() + AGAIN_AFTER_MS > until) {
      print(seen, observedAt, options);
      return TIMED_OUT;
    }
    await delay(AGAIN_AFTER_MS);
  }
}
