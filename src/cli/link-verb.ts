import { userInfo } from 'node:os';
import type { ActContext } from '../act/context.ts';
import { kickLink, restartLink, type Said, startLink, stopLink } from '../act/link-verbs.ts';
import { takeLock } from '../ledger/lock.ts';
import { keepWord } from '../ledger/suspensions.ts';
import { ensureLedger, LedgerWriter } from '../ledger/write.ts';
import { GoatherdError } from '../lib/errors.ts';
import { diskFiles } from '../lib/files.ts';
import { nearest } from '../lib/nearest.ts';
import { styleFor } from '../lib/style.ts';
import { observe } from '../observe/observe.ts';
import { observeLedger } from '../observe/observe-ledger.ts';
import { withFormer } from '../plan/view/former.ts';
import { Access } from '../postgres/access.ts';
import { renderProblems } from '../report/problems.ts';
import { loadHostConfig, loadTopologies } from '../topology/load.ts';
import type { HostConfig, Link, Topology } from '../topology/model.ts';
import { interrupts } from './interrupts.ts';

export type LinkVerb = 'start' | 'stop' | 'restart' | 'reload' | 'kick';

export interface LinkVerbOptions {
  readonly config?: string;
  readonly path?: string;
  readonly reason?: string;
}

const INVALID = 78;
const LOCK_HELD = 23;
const INTERRUPTED = 21;

/** `goatherd start|stop|restart|reload|kick TOPOLOGY/LINK`: acts at once, under the lock of rule 17, and says what is then so. */
export async function linkVerb(verb: LinkVerb, address: string, options: LinkVerbOptions): Promise<number> {
  const loaded = await loadTopologies(options.path === undefined ? [] : [options.path], diskFiles);
  const host = await loadHostConfig({ option: options.config, environment: process.env['GOATHERD_CONFIG'] }, diskFiles);
  const errors = [...host.problems, ...loaded.problems].filter((problem) => problem.severity === 'error');
  if (errors.length > 0) process.stderr.write(renderProblems(errors, styleFor(process.stderr, process.env)));
  if (host.config === undefined || errors.length > 0) return INVALID;
  const ledger = await observeLedger(host.config);
  const topologies = loaded.topologies.map((topology) => withFormer(topology, ledger));
  const topology = topologies.find((one) => one.links.some((link) => link.address === address));
  const link = topology?.links.find((one) => one.address === address);
  if (topology === undefined || link === undefined) return unknownLink(address, topologies);
  return underLock(verb, topology, link, host.config, options.reason?.trim() ?? '');
}

function unknownLink(address: string, topologies: readonly Topology[]): number {
  const known = topologies.flatMap((topology) => topology.links.map((link) => link.address));
  const meant = nearest(address, known);
  const hint = meant === undefined ? `links: ${known.join(', ') || 'none'}` : `did you mean ${meant}?`;
  return say({ exitCode: 1, text: `there is no link ${address}`, hint });
}

async function underLock(verb: LinkVerb, topology: Topology, link: Link, config: HostConfig, reason: string): Promise<number> {
  const access = new Access(config, topology, { applicationName: `goatherd ${verb}` });
  try {
    const before = await observe(access, topology);
    if (!before.observation.hub.reachable)
      return say({ exitCode: 1, text: `the hub cannot be reached: ${before.observation.hub.message}` });
    const control = before.observation.instances[link.instance]?.control ?? null;
    if (before.ledger.links[link.address] === undefined || control?.syncs.some((sync) => sync.name === link.sync) !== true)
      return say({ exitCode: 1, text: `${link.address} is not set up`, hint: 'goatherd reconcile sets it up' });
    if (before.ledger.links[link.address]?.formerAddress !== undefined)
      return say({
        exitCode: 1,
        text: `${link.address} was renamed in its file`,
        hint: 'goatherd reconcile renames it in the ledger first',
      });
    await ensureLedger(access);
    const lock = await takeLock(access, verb);
    const signals = interrupts(lock.lost);
    try {
      // What was seen before the lock was had may have been changed by whoever held it.
      const context = await contextOf(access, topology, signals.signal);
      const by = userInfo().username;
      const said = await carryOut(verb, context, link, by, reason);
      if (said.exitCode === 0) await keepWord(access, verb, link.address, by, reason);
      return say(said);
    } finally {
      signals.release();
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    process.stderr.write(`goatherd: ${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`);
    return error.code === 'LockHeld' ? LOCK_HELD : error.code === 'Interrupted' ? INTERRUPTED : 1;
  } finally {
    await access.end();
  }
}

async function contextOf(access: Access, topology: Topology, signal: AbortSignal): Promise<ActContext> {
  const { observation, ledger } = await observe(access, topology);
  let said = '';
  return {
    topology,
    config: access.config,
    access,
    ledger: new LedgerWriter(access),
    observation,
    known: ledger,
    clock: { now: () => Date.now() },
    signal,
    memory: new Map(),
    progress: ({ waitingFor = '' }) => {
      // Counts of processes and sessions change at each look: what is waited for is said once.
      const plain = waitingFor.replaceAll(/\d+/g, '');
      if (plain !== '' && plain !== said) process.stderr.write(`goatherd: waits for ${waitingFor}\n`);
      said = plain;
    },
  };
}

function carryOut(verb: LinkVerb, context: ActContext, link: Link, by: string, reason: string): Promise<Said> {
  switch (verb) {
    case 'stop':
      return stopLink(context, link, by, reason === '' ? 'no reason given' : reason);
    case 'start':
      return startLink(context, link);
    case 'restart':
    case 'reload':
      return restartLink(context, link, verb);
    case 'kick':
      return kickLink(context, link);
  }
}

/** Success is one line on standard output; anything else goes to standard error with what to do. */
function say({ exitCode, text, hint }: Said): number {
  if (exitCode === 0) process.stdout.write(`${text}\n`);
  else process.stderr.write(`goatherd: ${text}\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
  return exitCode;
}
