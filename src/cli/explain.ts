import { ERROR, INVALID } from '../lib/exit-codes.ts';
import { nearest } from '../lib/nearest.ts';
import { observeLedger } from '../observe/observe-ledger.ts';
import { withFormer } from '../plan/view/remembered/former.ts';
import { explainText, explanation } from '../report/status/explain-text.ts';
import { readGiven } from './given.ts';
import { lookAt } from './look.ts';

export interface ExplainOptions {
  readonly config?: string;
  readonly path?: string;
}

/** `goatherd explain TOPOLOGY[/LINK]`: why it is not Ready, as a chain of causes; writes nothing anywhere. 0 when it could be told. */
export async function explain(address: string, options: ExplainOptions): Promise<number> {
  const { config, ...given } = await readGiven(options.path === undefined ? [] : [options.path], options.config, true);
  if (config === null) return INVALID;
  const ledger = await observeLedger(config);
  const topologies = given.topologies.map((topology) => withFormer(topology, ledger));
  const topology = topologies.find((one) => one.name === address || one.links.some((link) => link.address === address));
  if (topology === undefined) {
    const all = topologies.flatMap((one) => [one.name, ...one.links.map((link) => link.address)]);
    // Of a topology that is there, its links are meant and not itself.
    const ofIt = all.filter((one) => one.startsWith(`${address.split('/')[0] ?? ''}/`));
    const known = address.includes('/') && ofIt.length > 0 ? ofIt : all;
    const meant = nearest(address, known);
    process.stderr.write(
      `goatherd: there is no topology or link ${address}\nhint: ${meant === undefined ? `there are ${known.join(', ') || 'none'}` : `did you mean ${meant}?`}\n`,
    );
    return ERROR;
  }
  const seen = await lookAt(topology, config, 'explain');
  process.stdout.write(explainText(explanation(seen, address)));
  return seen.status.verdict === 'unknown' ? ERROR : 0;
}
