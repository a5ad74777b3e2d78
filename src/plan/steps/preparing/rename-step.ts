import type { Ledger } from '../../../ledger/model.ts';
import { joinWords } from '../../../lib/format.ts';
import type { Topology } from '../../../topology/model.ts';
import { renamedRows } from '../../view/remembered/renames.ts';
import type { Change } from '../../model.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/**
 * Puts the renaming of rows in the ledger before everything else: one step for all names, as two links may wait for each other's. Nothing
 * that stands on a database is touched, as names are given once (rule 22).
 */
export function withRenameStep(topology: Topology, ledger: Ledger, drafts: readonly Draft[]): readonly Draft[] {
  const rows = renamedRows(ledger).map(({ formerAddress, address }) => ({ from: formerAddress, to: address }));
  if (rows.length === 0) return drafts;
  const step = draft({
    id: stepId.rename,
    kind: 'rename',
    symbol: '~',
    address: topology.name,
    what: `rename ${joinWords(rows.map((row) => `${idOf(row.from)} to ${idOf(row.to)}`))} in the ledger`,
    reason: '`renamed_from`: the same links under other names, nothing of them is made anew',
    on: ['hub'],
    work: { kind: 'rename', rows },
    phase: PHASE.ledger - 1,
    depth: 0,
    objects: rows.length,
    before: rows.map((row) => row.from),
    afterFacts: rows.map((row) => row.to),
  });
  return [step, ...drafts.map((one) => ({ ...one, after: [...one.after, stepId.rename] }))];
}

/** One change for each name that is another now. */
export function renameChanges(topology: Topology, ledger: Ledger): readonly Change[] {
  const rows = renamedRows(ledger);
  const renamed = (address: string, what: string, before: string, after: string): Change => ({
    address,
    action: 'change',
    what,
    reason: `\`renamed_from: ${before}\``,
    fields: [{ path: 'name', before, after }],
  });
  const links = topology.links.filter(({ address, renamedFrom }) =>
    rows.some((row) => row.address === address && row.formerAddress === `${topology.name}/${renamedFrom}`),
  );
  const databases = topology.databases.flatMap(({ name, renamedFrom = '' }): Change[] => {
    const own = rows.filter((row) => ends(row.formerAddress).includes(renamedFrom) && ends(row.address).includes(name));
    const ids = own.map((row) => `${idOf(row.formerAddress)} is ${idOf(row.address)}`);
    if (renamedFrom === '' || own.length === 0) return [];
    return [renamed(`${topology.name}/${name}`, `rename database ${renamedFrom} to ${name}: ${joinWords(ids)}`, renamedFrom, name)];
  });
  return [
    ...databases,
    ...links.map(({ address, id, renamedFrom = '' }) => renamed(address, `rename link ${renamedFrom} to ${id}`, renamedFrom, id)),
  ];
}

function idOf(address: string): string {
  return address.slice(address.indexOf('/') + 1);
}

function ends(address: string): readonly string[] {
  return idOf(address).split('-');
}
