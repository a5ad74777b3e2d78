import type { Word } from '../../act/words.ts';
import { diskFiles } from '../../lib/files.ts';
import { nearest } from '../../lib/nearest.ts';
import { styleFor } from '../../lib/style.ts';
import { observeLedger, observeLedgerStrictly } from '../../observe/observe-ledger.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { withRenames } from '../../plan/view/remembered/renames.ts';
import { renderProblems } from '../../report/problems.ts';
import { loadHostConfig, loadTopologies } from '../../topology/load.ts';
import type { Topology } from '../../topology/model.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { print, sayWord } from './person.ts';

export type LinkVerb = Exclude<Word, 'accept'>;

export interface LinkVerbOptions {
  readonly config?: string;
  readonly path?: string;
  readonly reason?: string;
  /** `suspend`: when it ends by itself, epoch milliseconds. */
  readonly until?: number;
}

const INVALID = 78;

/**
 * `goatherd start|stop|restart|reload|kick TOPOLOGY/LINK`, `goatherd suspend|resume TOPOLOGY[/LINK]`: acts at once, or through the controller
 * that holds the lock, and says what is then so.
 */
export async function linkVerb(word: LinkVerb, address: string, options: LinkVerbOptions): Promise<number> {
  const loaded = await loadTopologies(options.path === undefined ? [] : [options.path], diskFiles);
  const host = await loadHostConfig({ option: options.config, environment: process.env['GOATHERD_CONFIG'] }, diskFiles);
  const errors = [...host.problems, ...loaded.problems].filter((problem) => problem.severity === 'error');
  if (errors.length > 0) process.stderr.write(renderProblems(errors, styleFor(process.stderr, process.env)));
  if (host.config === undefined || errors.length > 0) return INVALID;
  const ledger = await observeLedger(host.config);
  const topologies = loaded.topologies.map((topology) => withFormer(topology, ledger));
  const whole = word === 'suspend' || word === 'resume';
  const topology = topologies.find((one) => (whole && one.name === address) || one.links.some((link) => link.address === address));
  if (topology === undefined) return unknownLink(address, topologies);
  const reason = options.reason?.trim() ?? '';
  const until = options.until === undefined ? {} : { until: options.until };
  if (!whole && withRenames(topology, ledger).links[address] === undefined) {
    // Nothing is made for a link that is not there; a hub that does not answer says so.
    const problem = await observeLedgerStrictly(host.config).catch((error: unknown) => error);
    if (problem instanceof GoatherdError) return print({ exitCode: 1, text: `the hub cannot be reached: ${problem.message}` });
    return print({ exitCode: 1, text: `${address} is not set up`, hint: 'goatherd reconcile sets it up' });
  }
  return sayWord({ word, address, topology, arguments: { reason, ...until } }, host.config);
}

function unknownLink(address: string, topologies: readonly Topology[]): number {
  const known = topologies.flatMap((topology) => topology.links.map((link) => link.address));
  const meant = nearest(address, known);
  const hint = meant === undefined ? `links: ${known.join(', ') || 'none'}` : `did you mean ${meant}?`;
  return print({ exitCode: 1, text: `there is no link ${address}`, hint });
}
