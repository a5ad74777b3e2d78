import { endSuspension, keepWord, suspend } from '../ledger/suspensions.ts';
import type { RequestArguments } from '../ledger/requests.ts';
import { LedgerWriter } from '../ledger/write.ts';
import { formatTimestamp } from '../lib/format.ts';
import { observe } from '../observe/observe.ts';
import { suspensionText } from '../plan/view/suspensions.ts';
import type { Access } from '../postgres/access.ts';
import type { Topology } from '../topology/model.ts';
import { acceptTables } from './accept-tables.ts';
import type { ActContext } from './context.ts';
import { kickLink, restartLink, type Said, startLink, stopLink } from './link-verbs.ts';

/** What a person can say of a link, and `suspend` and `resume` of a topology too: acted on by whoever holds the lock (rule 17). */
export const WORDS = ['start', 'stop', 'restart', 'reload', 'kick', 'accept', 'suspend', 'resume'] as const;
export type Word = (typeof WORDS)[number];

export function isWord(text: string): text is Word {
  return (WORDS as readonly string[]).includes(text);
}

/** What carrying out a word needs: looked at when the lock is held, since whoever had it before may have changed everything. */
export async function contextFor(
  access: Access,
  topology: Topology,
  signal: AbortSignal,
  progress: ActContext['progress'],
): Promise<ActContext> {
  const { observation, ledger } = await observe(access, topology);
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
    progress,
  };
}

/** Carries a word out, and keeps it when it was. `address`: `orders/a-b`, or `orders` where the word takes a topology. */
export async function carryOutWord(context: ActContext, word: Word, address: string, given: RequestArguments, by: string): Promise<Said> {
  const said = await act(context, word, address, given, by);
  if (said.exitCode === 0 && word !== 'accept') await keepWord(context.access, word, address, by, given.reason);
  return said;
}

async function act(context: ActContext, word: Word, address: string, given: RequestArguments, by: string): Promise<Said> {
  const reason = given.reason === '' ? 'no reason given' : given.reason;
  if (word === 'suspend') return suspendAddress(context, address, by, reason, given.until);
  if (word === 'resume') return resumeAddress(context, address);
  const link = context.topology.links.find((one) => one.address === address);
  if (link === undefined) return { exitCode: 1, text: `there is no link ${address}` };
  if (word === 'accept') return acceptTables(context, link, given.tables ?? [], by, given.reason);
  const control = context.observation.instances[link.instance]?.control ?? null;
  if (context.known.links[address] === undefined || control?.syncs.some((sync) => sync.name === link.sync) !== true)
    return { exitCode: 1, text: `${address} is not set up`, hint: 'goatherd reconcile sets it up' };
  if (context.known.links[address]?.formerAddress !== undefined)
    return { exitCode: 1, text: `${address} was renamed in its file`, hint: 'goatherd reconcile renames it in the ledger first' };
  switch (word) {
    case 'stop':
      return stopLink(context, link, by, reason);
    case 'start':
      return startLink(context, link);
    case 'restart':
    case 'reload':
      return restartLink(context, link, word);
    case 'kick':
      return kickLink(context, link);
  }
}

async function suspendAddress({ access, known }: ActContext, address: string, by: string, reason: string, until?: number): Promise<Said> {
  const before = known.suspensions[address];
  if (before !== undefined && before.held !== true)
    return { exitCode: 20, text: `${address} is ${suspensionText(before)}`, hint: `it stands still; goatherd start ${address} ends that` };
  await suspend(access, address, by, reason, { held: true, ...(until === undefined ? {} : { until }) });
  const end = until === undefined ? '' : ` until ${formatTimestamp(until)}`;
  return {
    exitCode: 0,
    text: `${address} suspended${end}: what runs goes on, and nothing is done about it; goatherd resume ${address} ends that`,
  };
}

async function resumeAddress({ access, known }: ActContext, address: string): Promise<Said> {
  const before = known.suspensions[address];
  if (before === undefined) {
    const above = known.suspensions[address.split('/')[0] ?? ''];
    return above === undefined
      ? { exitCode: 0, text: `${address} is not suspended` }
      : { exitCode: 20, text: `${address} is ${suspensionText(above)}`, hint: `goatherd resume ${address.split('/')[0] ?? ''} ends that` };
  }
  if (before.held !== true)
    return { exitCode: 20, text: `${address} is ${suspensionText(before)}`, hint: `it was stopped: goatherd start ${address} starts it` };
  await endSuspension(access, address);
  return { exitCode: 0, text: `${address} resumed, no longer ${suspensionText(before)}` };
}
