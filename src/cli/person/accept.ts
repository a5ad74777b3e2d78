import { INVALID } from '../../lib/exit-codes.ts';
import { nearest } from '../../lib/nearest.ts';
import { observeLedger } from '../../observe/observe-ledger.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { readGiven } from '../given.ts';
import { print, sayWord } from './person.ts';

export interface AcceptOptions {
  readonly config?: string;
  readonly reason: string;
}

/**
 * `goatherd accept TOPOLOGY/LINK [TABLE…] --reason R`: a person's word that doubted tables are as they should be, kept with who and why.
 * The link is taken as the ledger knows it, so that no file is needed.
 */
export async function accept(address: string, tables: readonly string[], options: AcceptOptions): Promise<number> {
  const { config } = await readGiven(null, options.config, true);
  if (config === null) return INVALID;
  const known = await observeLedger(config);
  const name = address.split('/')[0] ?? '';
  const topology = withFormer({ name, file: '', databases: [], links: [], removed: [] }, known);
  if (!topology.links.some((one) => one.address === address)) {
    const meant = nearest(address, Object.keys(known.links));
    return print({
      exitCode: 1,
      text: `the ledger knows no link ${address}`,
      ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    });
  }
  return sayWord({ word: 'accept', address, topology, arguments: { reason: options.reason, tables } }, config);
}
