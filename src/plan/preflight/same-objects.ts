import type { Ledger } from '../../ledger/model.ts';
import type { Observation } from '../../observe/model.ts';
import type { Topology } from '../../topology/model.ts';
import type { Diagnostic } from '../model.ts';
import { replacedEnds } from '../view/remembered/identities.ts';
import type { LinkView } from '../view/link-view.ts';
import { unknownFormers } from '../view/remembered/renames.ts';

/** What says that a link or its databases are not the ones that they are taken for; errors hold the link. */
export function sameObjectProblems(
  topology: Topology,
  observation: Observation,
  known: Pick<Ledger, 'links'>,
  view: LinkView,
): Diagnostic[] {
  return [...replacedProblems(observation, view), ...renameProblems(topology, known, view)];
}

/** Its connection leads elsewhere (another host, a name that resolves anew, a database made again): what stands there is not this link's. */
function replacedProblems(observation: Observation, { link, ledger }: LinkView): Diagnostic[] {
  return replacedEnds(observation, link, ledger).map(({ name, was, is }) => ({
    severity: 'error',
    code: 'DatabaseReplaced',
    address: link.address,
    message: `${name} is another database than the one that ${link.id} was set up with: the link is left as it is`,
    objects: [`was ${was}`, `is ${is}`],
    hint: `if it holds the same rows (upgraded, restored), goatherd accept ${link.address} --reason '…'; else put its connection back, or remove the link and add it anew`,
    at: link.at,
  }));
}

function renameProblems(topology: Topology, known: Pick<Ledger, 'links'>, { link }: LinkView): Diagnostic[] {
  return unknownFormers(topology, known, link).map((what) => ({
    severity: 'error',
    code: 'RenamedFromUnknown',
    address: link.address,
    message: `\`renamed_from\`: the ledger knows no ${what}, and ${link.id} would be set up anew`,
    objects: [],
    hint: 'mend the former name, or take `renamed_from` out to set the link up anew',
    at: link.at,
  }));
}
