import type { Carried } from '../../view/carried.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { type LinkView, membersOf } from '../../view/link-view.ts';
import { plural } from '../../../lib/format.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import type { Planned } from '../planned.ts';
import { runId, stepId } from '../step-ids.ts';

/** Copies run at about this rate through one stream, measured. */
const COPY_BYTES_PER_SECOND = 40 * 1024 * 1024;

/**
 * Tables that began to match on a link which replicates already: neither its receipt nor its relgroup knows them. Their rows are copied
 * by goatherd itself, after their triggers and before they join, as a link in Bucardo's copy mode replicates nothing else (REPLICATION 3).
 */
export function newcomers(view: LinkView, carried: Carried): readonly string[] {
  const receipt = view.ledger?.receipt ?? null;
  if (receipt === null || !receiptOf(view)) return [];
  const known = new Set([...receipt.copied, ...receipt.skipped]);
  const joined = membersOf(view);
  return carried.tables.map((one) => one.table.address).filter((address) => !known.has(address) && !joined.has(address));
}

/**
 * Newcomers that join when something else is over: a link that moves, or that stands still until it has copied again, does so with what it
 * has. They may have to wait for another link, and would hold this one between two instances, or where it stands.
 */
export function joiningLater({ view, carried, recopy }: Planned): readonly string[] {
  if (view.leaves.length > 0) return newcomers(view, carried);
  return recopy?.acts === true ? newcomers(view, carried).filter((address) => !recopy.tables.includes(address)) : [];
}

/**
 * The newcomers' copy. Downstream copies come after upstream ones, and when a TRUNCATE from above would be noted; `copy_data: never` copies
 * nothing. `heard`: gates of the links above.
 */
export function copyTablesStep(view: LinkView, carried: Carried, above: readonly LinkView[], heard: readonly string[]): Draft[] {
  const { link } = view;
  const addresses = newcomers(view, carried);
  if (addresses.length === 0 || link.copyData === 'never') return [];
  const began = new Set(view.ledger?.copying);
  const rows = new Map(view.target?.tables.map((table) => [table.address, table.hasRows]));
  const filled = addresses.filter((address) => !began.has(address) && rows.get(address) !== false);
  const emptied = link.copyData === 'always' ? filled : [];
  const skipped = link.copyData === 'empty' ? filled : [];
  const tables = addresses.filter((address) => !skipped.includes(address));
  const bytes = carried.tables.filter((one) => tables.includes(one.table.address)).reduce((sum, one) => sum + one.table.bytes, 0);
  return [
    draft({
      id: stepId.copyTables(view),
      kind: 'copy_tables',
      symbol: emptied.length > 0 ? '-' : '+',
      address: link.address,
      what: `copy ${plural(tables.length, 'table')} that ${tables.length === 1 ? 'joins' : 'join'} ${link.id}${emptied.length > 0 ? `, emptying ${emptied.length} on ${link.to} first` : ''}`,
      reason: 'the other tables go on replicating meanwhile',
      on: [link.from, link.to],
      after: [
        stepId.ledger,
        stepId.triggers(view),
        stepId.helpers(view),
        stepId.register(view),
        runId.always(view),
        ...above.map((upper) => stepId.copyTables(upper)),
        ...heard,
      ],
      work: { kind: 'copy_tables', link: link.address, instance: link.instance, tables, emptied, skipped, again: false },
      phase: PHASE.membership,
      depth: view.depth - 100,
      lock:
        emptied.length > 0
          ? { mode: 'ACCESS EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs }
          : { mode: 'ACCESS SHARE' },
      hazards: emptied.length > 0 ? ['EMPTIES_TABLES', 'LOCKS_READERS'] : [],
      destructive: emptied.length > 0,
      objects: tables.length,
      before: emptied.map((address) => `${address} holds rows on ${link.to}`),
      estimateSeconds: 1 + Math.ceil(bytes / COPY_BYTES_PER_SECOND),
    }),
  ];
}
