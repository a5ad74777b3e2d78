import type { Ledger } from '../../ledger/model.ts';
import type { Topology } from '../../topology/model.ts';
import { plural } from '../../lib/format.ts';
import { becauseOf } from '../drift/fact.ts';
import type { Drift } from '../drift/drift.ts';
import { replicatedBy } from '../view/replicated.ts';
import { definitionHash } from '../view/definition.ts';
import type { Change } from '../model.ts';
import type { Step } from '../step-model.ts';
import type { LinkView } from '../view/link-view.ts';
import type { Planned } from '../steps/planned.ts';

/** Steps that wait or verify change nothing by themselves. */
const CHANGES_NOTHING: readonly Step['symbol'][] = ['|', '='];
/** Steps that only follow from others. */
const FOLLOWS: readonly Step['kind'][] = ['stop_daemon', 'start_daemon', 'suspect'];

/**
 * What becomes different: of each link what is declared and not so yet, and apart from it what was as declared and is not any more, one
 * entry for each kind of fact.
 */
export function changesOf(
  topology: Topology,
  planned: readonly Planned[],
  drift: readonly Drift[],
  leaving: readonly LinkView[],
  steps: readonly Step[],
  ledger: Ledger,
): readonly Change[] {
  const removals = leaving.map(({ link }): Change => ({
    address: link.address,
    action: 'remove',
    what: `link ${link.id}: all that stands for it; no row of ${link.to} is touched`,
    reason: 'its file no longer names it',
    fields: [],
  }));
  const changed = planned
    .toSorted((one, other) => one.view.depth - other.view.depth || (one.view.link.address < other.view.link.address ? -1 : 1))
    .flatMap((one) => changeOf(topology, one, drift, steps, ledger));
  return [...driftChanges(drift), ...changed, ...removals];
}

function changeOf(topology: Topology, one: Planned, drift: readonly Drift[], steps: readonly Step[], ledger: Ledger): readonly Change[] {
  const { view, carried } = one;
  const { link } = view;
  // A former link that is supervised until its removal is approved changes only by that removal.
  if (link.former === true) return [];
  const own = steps.filter((step) => !CHANGES_NOTHING.includes(step.symbol) && concerns(step, link.address, link.instance));
  const due = steps.filter((step) => step.address === link.address);
  if (own.length === 0 && due.length === 0) return [];
  if (view.adopting)
    return [
      {
        address: link.address,
        action: 'change',
        what: `link ${link.id}: ${own.map((step) => step.what).join('; ')}`,
        reason: 'declared `bucardo.adopt`',
        fields: [],
      },
    ];
  // As it is declared: a link that is held or left alone is looked at as one that does not run.
  const declared = topology.links.find((each) => each.address === link.address) ?? link;
  const known = ledger.links[link.address]?.appliedDefinition;
  const applied = known === definitionHash(topology, declared);
  const healing = new Set(drift.filter((fact) => fact.treatment === 'heal').map((fact) => fact.step));
  const drifted = applied && !joins(one) && own.every((step) => healing.has(step.id) || FOLLOWS.includes(step.kind));
  if (drifted && healing.size > 0) return [];
  const tables = `${plural(carried.tables.length, 'table')}, ${plural(carried.sequences.length, 'sequence')}`;
  const fields = own
    .filter((step) => !healing.has(step.id))
    .flatMap((step) => step.before.map((before, index) => ({ path: step.id, before, after: step.afterFacts[index] ?? null })))
    .filter(({ before, after }) => before !== after);
  if (view.sync === null && !applied && view.leaves.length === 0) {
    const kick = link.disableKicking
      ? `poll every ${link.kickIntervalSeconds} s`
      : `kick triggers, safety poll every ${link.kickIntervalSeconds} s`;
    const state = link.state === 'running' ? '' : `, ${link.state}`;
    return [
      {
        address: link.address,
        action: 'create',
        what: `link ${link.id}: ${tables}, ${kick}, copy_data ${link.copyData}${state}`,
        reason: 'declared, and not present on the hub',
        fields,
      },
    ];
  }
  const named = own.length === 0 ? due : applied && !joins(one) ? own.filter((step) => !healing.has(step.id)) : own;
  const follows = named.every((step) => FOLLOWS.includes(step.kind));
  // Stops and starts that only follow from the others stand among the steps.
  const what = named
    .filter((step) => follows || !FOLLOWS.includes(step.kind))
    .map((step) => step.what)
    .join('; ');
  const again = own.find((step) => step.kind === 'recopy');
  // What a link loses because another leaves says so itself.
  const only = named.filter((step) => !FOLLOWS.includes(step.kind));
  const passed = only.every((step) => step.kind === 'makedelta') ? only[0] : undefined;
  return [
    {
      address: link.address,
      action: 'change',
      what: `link ${link.id}: ${what}`,
      reason:
        again?.reason ??
        passed?.reason ??
        (applied && !follows
          ? 'its tables, or what else is declared, are other ones now'
          : known !== undefined && !applied
            ? 'declared otherwise than it was applied'
            : 'not finished yet'),
      fields,
    },
  ];
}

/** Whether tables or sequences only now join a link. */
function joins(one: Planned): boolean {
  const known = replicatedBy(one);
  return [...one.carried.tables.map(({ table }) => table.address), ...one.carried.sequences.map(({ address }) => address)].some(
    (address) => !known.has(address),
  );
}

/** Facts of one kind, of one link, that are treated alike are one entry; each of them is a field. */
function driftChanges(drift: readonly Drift[]): readonly Change[] {
  const groups = Map.groupBy(drift, (fact) => [fact.address, fact.code, fact.of, fact.treatment, fact.step].join('\n'));
  return [...groups.values()].map((facts): Change => {
    const [first] = facts as [Drift];
    return {
      address: first.address,
      action: 'drift',
      what: `${first.address.includes('-') ? `link ${first.address.split('/').at(-1)}: ` : ''}${first.of}${facts.length > 1 ? `, ${facts.length} facts` : ''}`,
      reason: becauseOf(first.code),
      fields: facts.map(({ object, before, after }) => ({ path: object, before, after })),
      drift: { treatment: first.treatment, step: first.step, onlyNoted: first.onlyNoted === true, keys: facts.map((fact) => fact.key) },
    };
  });
}

function concerns(step: Step, address: string, instance: string): boolean {
  return step.address === address || step.address.endsWith(`/instance/${instance}`);
}
