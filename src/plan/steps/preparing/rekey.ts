import { targetName } from '../../../bucardo/names.ts';
import { fewOf, plural } from '../../../lib/format.ts';
import type { ObservedDatabase } from '../../../observe/model.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { parseColumns } from '../../preflight/columns.ts';
import type { Carried } from '../../view/carried.ts';
import type { LinkView } from '../../view/link-view.ts';
import { hasOtherKey } from '../../view/wanted.ts';
import type { RekeyWork } from '../../work-model.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { runId, stepId } from '../step-ids.ts';

/**
 * Tables whose key changed since their delta tables were made: those are made anew, and the old keys in them translated, while no daemon
 * reads or writes them. `views`: all links of the topology.
 */
export function rekeyStep(view: LinkView, carried: Carried, views: readonly LinkView[]): Draft[] {
  const { link } = view;
  const tables = carried.tables.filter((one) => hasOtherKey(one.table));
  if (tables.length === 0) return [];
  const touching = views.filter((one) => one.link.from === link.from || one.link.to === link.from);
  return [
    draft({
      id: stepId.rekey(view),
      kind: 'rekey',
      symbol: '~',
      address: link.address,
      what: `new key of ${fewOf(tables.map((one) => one.table.address))}: ${plural(tables.length, 'delta table')} of ${link.from} made anew, with the changes in ${tables.length === 1 ? 'it' : 'them'}`,
      reason: 'the key is another one than the delta table was made for',
      on: [link.from, link.to],
      // A kid that knows the old key could neither read nor write them, and what is on its way must stand still.
      after: [stepId.helpers(view), stepId.suspect(view), ...touching.map((one) => runId.stop(one.link.instance, 0))],
      work: {
        kind: 'rekey',
        link: link.address,
        database: link.from,
        tables: tables.map((one): RekeyWork => {
          const targets = targetsOf(view, one.table, views);
          const oldColumns = oldColumnsOf(one.table);
          return {
            ...one.work,
            oldColumns,
            targets: targets.map((target) => target.link.to),
            translatable: [view.source, ...targets.map((target) => target.target)].every((database) =>
              findsRows(database, one.table.address, oldColumns),
            ),
          };
        }),
      },
      phase: PHASE.run,
      depth: -view.depth,
      lock: { mode: 'SHARE ROW EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
      hazards: ['LOCKS_WRITERS'],
      objects: tables.length,
      before: tables.map((one) => `${one.table.address} noted by ${namesOf(oldColumnsOf(one.table))}`),
      afterFacts: tables.map((one) => `${one.table.address} noted by ${(one.table.key?.columns ?? []).join(', ')}`),
      estimateSeconds: tables.length,
    }),
  ];
}

/** The links that a change noted in this table's delta table goes to. */
function targetsOf(view: LinkView, table: ObservedTable, views: readonly LinkView[]): readonly LinkView[] {
  const targets = new Set(table.bucardo?.targets);
  return views.filter((one) => one.link.from === view.link.from && targets.has(targetName(one.link.dbgroup)));
}

/**
 * Targets of a table whose key changed that cannot be asked for the new key of rows which are gone on the source: they belong to another
 * topology, do not answer, or lack the key's columns. Their dbgroups; empty when the key may change.
 */
export function unaskedTargets(view: LinkView, table: ObservedTable, views: readonly LinkView[]): readonly string[] {
  if (!hasOtherKey(table)) return [];
  const asked = new Set(
    targetsOf(view, table, views)
      .filter(({ target }) => {
        const there = columnsOf(target, table.address);
        return there !== null && (table.key?.columns ?? []).every((column) => there.has(column));
      })
      .map((one) => targetName(one.link.dbgroup)),
  );
  return (table.bucardo?.targets ?? []).filter((target) => !asked.has(target));
}

/** The key that the delta table was made for. */
export function oldColumnsOf({ bucardo }: ObservedTable): RekeyWork['oldColumns'] {
  // As the catalog gives them: `name type`, txntime last. A name may hold spaces only where a type's first word is unknown.
  return (bucardo?.deltaColumns ?? []).slice(0, -1).map((text) => {
    const at = text.indexOf(' ');
    return { name: text.slice(0, at), type: text.slice(at + 1) };
  });
}

const namesOf = (columns: RekeyWork['oldColumns']): string => columns.map((column) => column.name).join(', ');

/** Types whose values stay what they are from one to the other. */
const FAMILIES: readonly (readonly string[])[] = [
  ['smallint', 'integer', 'bigint'],
  ['text', 'character varying'],
];

/** Whether the old key's columns stand there, with types that its noted values can be compared with. */
function findsRows(database: ObservedDatabase | null, address: string, old: RekeyWork['oldColumns']): boolean {
  const there = columnsOf(database, address);
  return there !== null && old.every((column) => sameValues(column.type, there.get(column.name)));
}

function sameValues(old: string, now: string | undefined): boolean {
  const plain = (type: string): string => type.replace(/\(\d+\)$/, '');
  return now !== undefined && (old === now || FAMILIES.some((family) => family.includes(plain(old)) && family.includes(plain(now))));
}

function columnsOf(database: ObservedDatabase | null, address: string): ReadonlyMap<string, string> | null {
  const table = database?.tables.find((one) => one.address === address);
  return table === undefined ? null : new Map(parseColumns(table.columns).map((column) => [column.name, column.type]));
}
