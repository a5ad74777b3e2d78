import { readTopology } from '../topology/resolve.ts';
import type { ImportedLink, ImportedTopology, ImportFinding } from './model.ts';
import { topologyText } from './write-topology.ts';

/**
 * The same topology with every link held that cannot stand beside those before it: the reader of topologies is the judge, so what comes
 * out is valid. The first error it finds is the reason.
 */
export function settle(imported: ImportedTopology): ImportedTopology {
  const links: ImportedLink[] = [];
  for (const link of imported.links) {
    const error = link.held ? undefined : firstError({ ...imported, links: [...links, link] });
    links.push(error === undefined ? link : { ...link, held: true, findings: [...link.findings, error(link)] });
  }
  return { ...imported, links };
}

function firstError(imported: ImportedTopology): ((link: ImportedLink) => ImportFinding) | undefined {
  const problem = readTopology('', topologyText(imported)).problems.find((one) => one.severity === 'error');
  if (problem === undefined) return undefined;
  return (link) => ({
    code: problem.code,
    where: link.where,
    message: `${problem.message.replaceAll('`', '')}; it stands below as a comment${problem.hint === undefined ? '' : ` (${problem.hint.replaceAll('`', '')})`}`,
  });
}
