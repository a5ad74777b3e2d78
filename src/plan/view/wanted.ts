import { DELTA_TRIGGER, deltaNamesTable, deltaTable, kickName, makerName, targetName, truncateName } from '../../bucardo/names.ts';
import { DELTA_DEFAULT_PRINTED, deltaFunctionMd5, RECORDER, recorderArguments } from '../../bucardo/objects.ts';
import type { ObservedTable, ObservedTrigger } from '../../observe/table-model.ts';
import type { LinkView } from './link-view.ts';
import type { TableWork } from '../work-model.ts';

/** pg_trigger.tgtype of the triggers we know: statement or row, before or after, and the events. */
const TYPES = { delta: 29, truncateRecord: 32, truncateKeys: 34, kick: 60 } as const;

/** What one table of a link's source needs and lacks, helper objects and triggers apart. */
export interface WantedTable {
  readonly table: ObservedTable;
  readonly work: TableWork;
  /** Names of helper facts that are missing or other than declared. */
  readonly helpers: readonly string[];
  /** `delta`, `truncate`, `kick`: triggers that are missing or other than declared. */
  readonly triggers: readonly string[];
  /** Its truncate trigger stands and is the other of the two kinds: what is declared elsewhere asks for this one now. */
  readonly otherTruncate: boolean;
  /** Triggers that are not ENABLE ALWAYS and shall be, by name; only where the source passes on. */
  readonly notAlways: readonly string[];
  /** Triggers that are ENABLE ALWAYS and shall not be: `cascade` was turned off. */
  readonly stillAlways: readonly string[];
}

/** Whether a kid that brings changes of the table has nowhere to write them down yet. */
export const lacksDelta = ({ helpers, triggers }: WantedTable): boolean => helpers.includes('delta table') || triggers.includes('delta');

/** Compares each table of a link's source with what rules 8, 10 and 24 want there. */
export function wantedTables(view: LinkView, tables: readonly ObservedTable[]): readonly WantedTable[] {
  const names = new Set(view.source?.bucardo?.deltaNames);
  return tables.map((table) => wantedTable(view, table, names));
}

function wantedTable(view: LinkView, table: ObservedTable, deltaNames: ReadonlySet<string>): WantedTable {
  const { sync, disableKicking } = view.link;
  const key = table.key;
  const work: TableWork = {
    oid: table.oid,
    schema: table.schema,
    table: table.name,
    maker: makerName(table.schema, table.name),
    keyColumns: key?.columns ?? [],
    keyDefinitions: key?.definitions ?? [],
    truncate: view.recordsKeys.has(table.address) ? 'keys' : 'record',
    missing: [],
  };
  const helpers = missingHelpers(view, table, work, deltaNames);
  const trigger = (name: string): ObservedTrigger | undefined => table.bucardo?.triggers.find((one) => one.name === name);
  const truncate = truncateName(sync);
  const triggers = [
    ...(deltaStands(trigger(DELTA_TRIGGER), work) ? [] : ['delta']),
    ...(truncateStands(trigger(truncate), work, sync, hasOtherKey(table)) ? [] : ['truncate']),
    ...(disableKicking || kickStands(trigger(kickName(sync))) ? [] : ['kick']),
  ];
  const always = view.passesOn ? [truncate, ...(disableKicking ? [] : [kickName(sync)])] : [];
  return {
    table,
    work: { ...work, missing: [...helpers, ...triggers] },
    helpers,
    triggers,
    otherTruncate:
      triggers.includes('truncate') &&
      truncateStands(trigger(truncate), { ...work, truncate: work.truncate === 'keys' ? 'record' : 'keys' }, sync, true),
    notAlways: always.filter((name) => trigger(name)?.enabled !== 'A'),
    // A kick trigger that is not to be there is dropped instead.
    stillAlways: view.passesOn
      ? []
      : [truncate, ...(disableKicking ? [] : [kickName(sync)])].filter((name) => trigger(name)?.enabled === 'A'),
  };
}

function missingHelpers(view: LinkView, table: ObservedTable, work: TableWork, deltaNames: ReadonlySet<string>): string[] {
  const { bucardo } = table;
  // All that stands is for the other key, and is made anew together.
  if (hasOtherKey(table)) return ['delta columns'];
  return [
    ...(bucardo === null || bucardo.deltaColumns === null ? ['delta table'] : []),
    ...(bucardo === null || bucardo.deltaDefault === DELTA_DEFAULT_PRINTED ? [] : ['delta default']),
    ...(bucardo?.track === true ? [] : ['track table']),
    ...(bucardo?.stage === true ? [] : ['stage table']),
    ...['dex1', 'dex2', 'dex3', 'goat'].filter((index) => bucardo?.indexes.includes(index) !== true).map((index) => `index ${index}`),
    ...(bucardo !== null && bucardo.functionMd5 !== null && bucardo.functionMd5 === deltaFunctionMd5(work) ? [] : ['delta function']),
    ...(bucardo?.targets.includes(targetName(view.link.dbgroup)) === true ? [] : ['delta target']),
    ...(deltaNames.has(`${view.link.sync}|${deltaNamesTable(table.schema, table.name)}`) ? [] : ['delta name']),
  ];
}

/** Whether the delta table that stands was made for another key than the table has. */
export function hasOtherKey({ key, bucardo }: ObservedTable): boolean {
  if (key === null || bucardo === null || bucardo.deltaColumns === null) return false;
  const { deltaColumns } = bucardo;
  return (
    deltaColumns.length !== key.columns.length + 1 ||
    deltaColumns.at(-1) !== 'txntime timestamp with time zone' ||
    key.columns.some((column, index) => deltaColumns[index] !== `${column} ${stripCollation(key.definitions[index] ?? '')}`)
  );
}

function stripCollation(definition: string): string {
  return definition.replace(/ COLLATE .*$/, '');
}

function deltaStands(trigger: ObservedTrigger | undefined, work: TableWork): boolean {
  return (
    trigger !== undefined && trigger.enabled === 'O' && trigger.type === TYPES.delta && trigger.functionName === deltaTable(work.maker)
  );
}

function truncateStands(trigger: ObservedTrigger | undefined, work: TableWork, sync: string, anyKey: boolean): boolean {
  if (trigger === undefined || trigger.enabled === 'D' || trigger.enabled === 'R') return false;
  return work.truncate === 'keys'
    ? trigger.type === TYPES.truncateKeys && trigger.functionName === RECORDER && recordsKeyOf(trigger, work, sync, anyKey)
    : trigger.type === TYPES.truncateRecord && trigger.functionName === 'bucardo_note_truncation' && trigger.args[0] === sync;
}

/** Whether a recorder writes down this key. Names outside ASCII come escaped, and are taken for right. `anyKey`: the table's key is about to be another one. */
function recordsKeyOf(trigger: ObservedTrigger, work: TableWork, sync: string, anyKey: boolean): boolean {
  if (trigger.args[2] !== sync) return false;
  return anyKey || trigger.args.some((arg) => arg.includes('\\')) || trigger.args.join('|') === recorderArguments(work, sync).join('|');
}

function kickStands(trigger: ObservedTrigger | undefined): boolean {
  return trigger !== undefined && trigger.enabled !== 'D' && trigger.enabled !== 'R' && trigger.type === TYPES.kick;
}
