import { userInfo } from 'node:os';
import type { Suspicion } from '../ledger/model.ts';
import { takeLock } from '../ledger/lock.ts';
import { ensureLedger, LedgerWriter } from '../ledger/write.ts';
import { GoatherdError } from '../lib/errors.ts';
import { diskFiles } from '../lib/files.ts';
import { joinWords, plural } from '../lib/format.ts';
import { nearest } from '../lib/nearest.ts';
import { styleFor } from '../lib/style.ts';
import { observe } from '../observe/observe.ts';
import { observeLedger } from '../observe/observe-ledger.ts';
import { type Doubt, doubtsOf } from '../plan/view/doubts.ts';
import { identitiesOf, replacedEnds } from '../plan/view/identities.ts';
import { withFormer } from '../plan/view/former.ts';
import { Access } from '../postgres/access.ts';
import { renderProblems } from '../report/problems.ts';
import { loadHostConfig } from '../topology/load.ts';
import type { HostConfig, Link, Topology } from '../topology/model.ts';

export interface AcceptOptions {
  readonly config?: string;
  readonly reason: string;
}

const INVALID = 78;
const LOCK_HELD = 23;

/**
 * `goatherd accept TOPOLOGY/LINK [TABLE…] --reason R`: a person's word that doubted tables are as they should be, kept with who and why.
 * The link is taken as the ledger knows it, so that no file is needed.
 */
export async function accept(address: string, tables: readonly string[], options: AcceptOptions): Promise<number> {
  const host = await loadHostConfig({ option: options.config, environment: process.env['GOATHERD_CONFIG'] }, diskFiles);
  if (host.config === undefined) {
    process.stderr.write(renderProblems(host.problems, styleFor(process.stderr, process.env)));
    return INVALID;
  }
  const known = await observeLedger(host.config);
  const name = address.split('/')[0] ?? '';
  const topology = withFormer({ name, file: '', databases: [], links: [], removed: [] }, known);
  const link = topology.links.find((one) => one.address === address);
  if (link === undefined) {
    const meant = nearest(address, Object.keys(known.links));
    return fail(`the ledger knows no link ${address}`, meant === undefined ? '' : `did you mean ${meant}?`);
  }
  return underLock(topology, link, host.config, tables, options.reason);
}

async function underLock(topology: Topology, link: Link, config: HostConfig, tables: readonly string[], reason: string): Promise<number> {
  const access = new Access(config, topology, { applicationName: 'goatherd accept' });
  try {
    await ensureLedger(access);
    const lock = await takeLock(access, 'accept');
    try {
      return await acceptTables(access, topology, link, tables, reason);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    fail(error.message, error.hint);
    return error.code === 'LockHeld' ? LOCK_HELD : 1;
  } finally {
    await access.end();
  }
}

async function acceptTables(access: Access, topology: Topology, link: Link, asked: readonly string[], reason: string): Promise<number> {
  const { observation, ledger } = await observe(access, topology);
  const row = ledger.links[link.address] ?? null;
  const replaced = asked.length === 0 ? replacedEnds(observation, link, row) : [];
  if (replaced.length > 0) {
    await new LedgerWriter(access).acceptIdentities(link.address, userInfo().username, reason, identitiesOf(observation, link));
    process.stdout.write(`${link.address}: ${joinWords(replaced.map((one) => one.name))} accepted as the database that it is now\n`);
  }
  const source = observation.databases[link.from];
  const doubts = doubtsOf({ ledger: row, link, source: source?.reachable === true ? source : null });
  const doubted = [...new Set(doubts.flatMap((one) => one.tables))].toSorted();
  const strange = asked.filter((table) => !doubted.includes(table));
  if (strange.length > 0) return fail(`not doubted: ${strange.join(', ')}`, `doubted are: ${doubted.join(', ') || 'none'}`);
  const accepted = asked.length === 0 ? doubted : [...asked];
  if (accepted.length === 0) {
    if (replaced.length > 0) return 0;
    process.stdout.write(`${link.address} is not Suspect: there is nothing to accept\n`);
    return 0;
  }
  if (doubts.some((one) => isNoted(one, row?.suspects ?? []))) await forgetNoted(access, link, accepted);
  const left = (row?.suspects ?? [])
    .map((one): Suspicion => ({ ...one, tables: one.tables.filter((table) => !accepted.includes(table)) }))
    .filter((one) => one.tables.length > 0);
  await new LedgerWriter(access).accept(link.address, userInfo().username, reason, accepted, left);
  process.stdout.write(`${link.address}: ${plural(accepted.length, 'table')} accepted: ${accepted.join(', ')}\n`);
  return 0;
}

/** Whether a doubt stands on the source, where our trigger noted it, and not in the ledger. */
function isNoted(doubt: Doubt, suspects: readonly Suspicion[]): boolean {
  return doubt.code !== 'SkippedNotEmpty' && !suspects.some((one) => one.code === doubt.code && one.since === doubt.since);
}

async function forgetNoted(access: Access, link: Link, tables: readonly string[]): Promise<void> {
  await access
    .database(link.from)
    .query("DELETE FROM bucardo.goatherd_suspect WHERE sync = $1 AND sname || '.' || tname = ANY ($2)", [link.sync, tables]);
}

function fail(message: string, hint: string): number {
  process.stderr.write(`goatherd: ${message}\n${hint === '' ? '' : `hint: ${hint}\n`}`);
  return 1;
}
