import { diskFiles } from '../lib/files.ts';
import { nearest } from '../lib/nearest.ts';
import { styleFor } from '../lib/style.ts';
import { observeLedger } from '../observe/observe-ledger.ts';
import { withFormer } from '../plan/view/remembered/former.ts';
import { explainText, explanation } from '../report/status/explain-text.ts';
import { renderProblems } from '../report/problems.ts';
import { loadHostConfig, loadTopologies } from '../topology/load.ts';
import { lookAt } from './look.ts';

export interface ExplainOptions {
  readonly config?: string;
  readonly path?: string;
}

const INVALID = 78;
const UNKNOWN = 1;

/** `goatherd explain TOPOLOGY[/LINK]`: why it is not Ready, as a chain of causes; writes nothing anywhere. 0 when it could be told. */
export async function explain(address: string, options: ExplainOptions): Promise<number> {
  const loaded = await loadTopologies(options.path === undefined ? [] : [options.path], diskFiles);
  const host = await loadHostConfig({ option: options.config, environment: process.env['GOATHERD_CONFIG'] }, diskFiles);
  const errors = [...host.problems, ...loaded.problems].filter((problem) => problem.severity === 'error');
  if (errors.length > 0) process.stderr.write(renderProblems(errors, styleFor(process.stderr, process.env)));
  if (host.config === undefined || errors.length > 0) return INVALID;
  const ledger = await observeLedger(host.config);
  const topologies = loaded.topologies.map((topology) => withFormer(topology, ledger));
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
    return UNKNOWN;
  }
  const seen = await lookAt(topology, host.config, 'explain');
  process.stdout.write(explainText(explanation(seen, address)));
  return seen.status.verdict === 'unknown' ? UNKNOWN : 0;
}
