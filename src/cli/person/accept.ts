import { INVALID } from '../../lib/exit-codes.ts';
import { nearest } from '../../lib/nearest.ts';
import { observeLedgerStrictly } from '../../observe/observe-ledger.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { readGiven } from '../given.ts';
import { print, sayWord } from './person.ts';

export interface AcceptOptions {
  readonly config?: string;
  readonly path?: string;
  readonly reason: string;
}

/**
 * `goatherd accept TOPOLOGY/LINK [TABLE…] --reason R`: a person's word that doubted tables are as they should be, kept with who and why.
 * The link is taken as the ledger knows it, so that no file is needed, or as the file of `--path` says.
 */
export async function accept(address: string, tables: readonly string[], options: AcceptOptions): Promise<number> {
  const { config, topologies } = await readGiven(options.path === undefined ? null : [options.path], options.config, true);
  if (config === null) return INVALID;
  const known = await observeLedgerStrictly(config);
  const name = address.split('/')[0] ?? '';
  const declared = topologies.length > 0 ? topologies : [{ name, file: '', databases: [], links: [], removed: [] }];
  const all = declared.map((topology) => withFormer(topology, known));
  const topology = all.find(({ links }) => links.some((link) => link.address === address));
  if (topology === undefined) {
    const links = options.path === undefined ? Object.keys(known.links) : all.flatMap((one) => one.links.map((link) => link.address));
    const meant = nearest(address, links);
    return print({
      exitCode: 1,
      text: options.path === undefined ? `the ledger knows no link ${address}` : `there is no link ${address}`,
      hint: meant === undefined ? `links: ${links.join(', ') || 'none'}` : `did you mean ${meant}?`,
    });
  }
  return sayWord({ word: 'accept', address, topology, arguments: { reason: options.reason, tables } }, config);
}
