import type { Word } from '../../act/words.ts';
import { nearest } from '../../lib/nearest.ts';
import { observeLedger, observeLedgerStrictly } from '../../observe/observe-ledger.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { withRenames } from '../../plan/view/remembered/renames.ts';
import type { Topology } from '../../topology/model.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { INVALID } from '../../lib/exit-codes.ts';
import { readGiven } from '../given.ts';
import { print, sayWord } from './person.ts';

export type LinkVerb = Exclude<Word, 'accept'>;

export interface LinkVerbOptions {
  readonly config?: string;
  readonly path?: string;
  readonly reason?: string;
  /** `suspend`: when it ends by itself, epoch milliseconds. */
  readonly until?: number;
}

/**
 * `goatherd start|stop|restart|reload|kick TOPOLOGY/LINK`, `goatherd suspend|resume TOPOLOGY[/LINK]`: acts at once, or through the controller
 * that holds the lock, and says what is then so.
 */
export async function linkVerb(word: LinkVerb, address: string, options: LinkVerbOptions): Promise<number> {
  const { config, ...given } = await readGiven(options.path === undefined ? [] : [options.path], options.config, true);
  if (config === null) return INVALID;
  const ledger = await observeLedger(config);
  const topologies = given.topologies.map((topology) => withFormer(topology, ledger));
  const whole = word === 'suspend' || word === 'resume';
  const topology = topologies.find((one) => (whole && one.name === address) || one.links.some((link) => link.address === address));
  if (topology === undefined) return unknownLink(address, topologies);
  const reason = options.reason?.trim() ?? '';
  const until = options.until === undefined ? {} : { until: options.until };
  if (!whole && withRenames(topology, ledger).links[address] === undefined) {
    // Nothing is made for a link that is not there; a hub that does not answer says so.
    const problem = await observeLedgerStrictly(config).catch((error: unknown) => error);
    if (problem instanceof GoatherdError)
      return print({
        exitCode: 1,
        text: `the hub cannot be reached: ${problem.message}`,
        ...(problem.hint === '' ? {} : { hint: problem.hint }),
      });
    return print({ exitCode: 1, text: `${address} is not set up`, hint: 'goatherd reconcile sets it up' });
  }
  return sayWord({ word, address, topology, arguments: { reason, ...until } }, config);
}

function unknownLink(address: string, topologies: readonly Topology[]): number {
  const known = topologies.flatMap((topology) => topology.links.map((link) => link.address));
  const meant = nearest(address, known);
  const hint = meant === undefined ? `links: ${known.join(', ') || 'none'}` : `did you mean ${meant}?`;
  return print({ exitCode: 1, text: `there is no link ${address}`, hint });
}
