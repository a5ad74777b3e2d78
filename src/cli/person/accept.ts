import { diskFiles } from '../../lib/files.ts';
import { nearest } from '../../lib/nearest.ts';
import { styleFor } from '../../lib/style.ts';
import { observeLedger } from '../../observe/observe-ledger.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { renderProblems } from '../../report/problems.ts';
import { loadHostConfig } from '../../topology/load.ts';
import { print, sayWord } from './person.ts';

export interface AcceptOptions {
  readonly config?: string;
  readonly reason: string;
}

const INVALID = 78;

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
  if (!topology.links.some((one) => one.address === address)) {
    const meant = nearest(address, Object.keys(known.links));
    return print({
      exitCode: 1,
      text: `the ledger knows no link ${address}`,
      ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    });
  }
  return sayWord({ word: 'accept', address, topology, arguments: { reason: options.reason, tables } }, host.config);
}
