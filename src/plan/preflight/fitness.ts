import { hashesDiffer, makerName } from '../../bucardo/names.ts';
import type { ObservedTable } from '../../observe/table-model.ts';
import { columnDifferences, parseColumns } from './columns.ts';
import { oldColumnsOf, unaskedTargets } from '../steps/preparing/rekey.ts';
import { hasOtherKey } from '../view/wanted.ts';
import type { Diagnostic } from '../model.ts';
import type { LinkView } from '../view/link-view.ts';

/** What keeps a table of a link from being replicated, or is worth saying of it. */
export interface Finding {
  readonly code: string;
  readonly severity: Diagnostic['severity'];
  /** The table or sequence it concerns, with what is particular about it: `public.a: column x is missing on the target`. */
  readonly object: string;
  readonly address: string;
}

interface Rule {
  readonly message: string;
  readonly hint: string;
}

/** What each code says once for all its objects, and what to do about it. */
export const FINDING_TEXT: Readonly<Record<string, Rule>> = {
  NoKey: {
    message: 'tables without a primary key or usable unique index',
    hint: 'add a primary key, or leave them out with `tables: {exclude: […]}`',
  },
  NullableKey: {
    message: 'tables whose only unique index allows NULL: Bucardo would lose changes of such rows',
    hint: 'ALTER TABLE … ALTER COLUMN … SET NOT NULL on the key columns, or add a primary key',
  },
  DeferrableKey: { message: 'tables whose key is DEFERRABLE', hint: 'make the key NOT DEFERRABLE, or exclude the table' },
  KeyName: {
    message: 'key columns whose name holds | or a double quote: Bucardo cannot carry them',
    hint: 'rename the column, or exclude the table',
  },
  KeyGenerated: { message: 'tables whose key is a generated column', hint: 'use a key of ordinary columns, or exclude the table' },
  KeyDiffers: {
    message: 'tables whose key has other columns on the target, which passes their changes on by the key of its own',
    hint: 'ALTER TABLE … DROP CONSTRAINT …, ADD PRIMARY KEY … so that both sides have the same',
  },
  KeyColumnGone: {
    message: 'tables whose trigger notes changes by a column that is gone: every write to them fails',
    hint: 'reconcile; where the table cannot be carried now, mend what is said of it, or exclude it',
  },
  KeyChangeWaits: {
    message: 'tables whose key changed while changes noted by the old one may be on their way to targets that cannot be asked from here',
    hint: 'bring the target back, or leave the table out of the other topology for a while',
  },
  Unlogged: { message: 'unlogged tables are not replicated', hint: 'ALTER TABLE … SET LOGGED, or exclude the table' },
  NameTooLong: {
    message:
      'names that need quotes and are longer than 57 characters with their schema: Bucardo hashes them in two ways and would never replicate them',
    hint: 'rename the table, or exclude it',
  },
  NameCollision: {
    message: 'tables whose names become the same in Bucardo (schema and table joined by an underscore): they would share one delta table',
    hint: 'rename one of them, or exclude it',
  },
  TableMissing: {
    message: 'tables that are missing on the target',
    hint: 'create them there as on the source (pg_dump --schema-only), or exclude them',
  },
  SequenceMissing: {
    message: 'sequences that are missing on the target',
    hint: 'create them there, or set `sequences: {include, exclude}`',
  },
  ColumnMissing: {
    message: 'columns that are missing on the target',
    hint: 'add them on the target, or drop them on the source; Bucardo would stay inactive and say nothing',
  },
  ColumnExtra: { message: 'columns that stand only on the target', hint: 'drop them there or add them on the source' },
  ColumnType: { message: 'columns whose types differ', hint: 'ALTER TABLE … ALTER COLUMN … TYPE … on the target' },
  ColumnOrder: {
    message: 'columns in another order on the target',
    hint: 'create the table again on the target, with the columns in the order of the source',
  },
  ColumnNullability: {
    message: 'columns that are NOT NULL on one side only',
    hint: 'ALTER TABLE … ALTER COLUMN … SET NOT NULL (or DROP NOT NULL) on one side',
  },
  ColumnDefault: { message: 'columns whose defaults differ', hint: 'give both sides the same default' },
  ColumnGenerated: { message: 'columns that are generated on one side only', hint: 'make the column the same on both sides' },
  ColumnCollation: { message: 'columns whose collations differ', hint: 'give both sides the same collation' },
  GeneratedColumns: {
    message: 'tables with generated columns: Bucardo carries the other columns and the target computes these',
    hint: 'nothing to do: custom columns are registered',
  },
  RightsSource: {
    message: 'tables on which the role lacks SELECT or TRIGGER on the source',
    hint: 'GRANT SELECT, TRIGGER ON … TO the role, or declare `schema_owner` for the triggers',
  },
  RightsTarget: {
    message: 'tables on which the role lacks SELECT, INSERT or DELETE on the target',
    hint: 'GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON … TO the role',
  },
  RightsTruncate: {
    message: 'tables on which the role lacks TRUNCATE on the target: a TRUNCATE on the source would not arrive',
    hint: 'GRANT TRUNCATE ON … TO the role',
  },
  RightsOwner: {
    message: 'tables that a passing-on database must let us ALTER (ENABLE ALWAYS TRIGGER), owned by another role',
    hint: 'declare `schema_owner` for that database',
  },
  RightsSequence: { message: 'sequences that the role may not read or set', hint: 'GRANT SELECT, UPDATE ON SEQUENCE … TO the role' },
  RowSecurity: {
    message: 'tables with row security on the target: rows could be hidden from Bucardo',
    hint: 'give the role BYPASSRLS, or make it the owner of the table',
  },
  AlwaysTriggers: {
    message: 'tables with ENABLE ALWAYS triggers on the target: they fire for every replicated row',
    hint: 'make sure that they are meant to',
  },
};

/** Everything worth saying of one link's tables and sequences. Order: as the tables come, which is by address. */
export function findings(view: LinkView, views: readonly LinkView[]): readonly Finding[] {
  const { selected, target } = view;
  if (selected === null) return [];
  const targetTables = new Map(target?.tables.map((table) => [table.address, table]));
  const makers = new Map<string, string[]>();
  for (const table of selected.tables) {
    const maker = makerName(table.schema, table.name);
    makers.set(maker, [...(makers.get(maker) ?? []), table.address]);
  }
  const notedBelow = notedOnTarget(view, views);
  const found = selected.tables.flatMap((table) => [
    ...keyFindings(table),
    ...nameFindings(table, makers),
    ...sourceRights(view, table),
    ...(target === null ? [] : targetFindings(table, targetTables.get(table.address))),
    ...keyChange(view, table, targetTables.get(table.address), views, notedBelow),
  ]);
  return [...found, ...sequenceFindings(view)];
}

const error = (code: string, address: string, detail = ''): Finding => ({
  code,
  severity: 'error',
  address,
  object: detail === '' ? address : `${address}: ${detail}`,
});
const warning = (code: string, address: string, detail = ''): Finding => ({ ...error(code, address, detail), severity: 'warning' });

function keyFindings(table: ObservedTable): Finding[] {
  const { key } = table;
  if (table.persistence === 'u') return [error('Unlogged', table.address)];
  if (key === null) return [error('NoKey', table.address)];
  if (key.nullable) return [error('NullableKey', table.address, `index ${key.index}`)];
  if (key.deferrable) return [error('DeferrableKey', table.address, `index ${key.index}`)];
  const generated = parseColumns(table.columns).filter((column) => column.generated);
  const inKey = generated.filter((column) => key.columns.includes(column.name));
  const named = key.columns.filter((column) => /[|"]/.test(column));
  return [
    ...named.map((column) => error('KeyName', table.address, `column ${column}`)),
    ...inKey.map((column) => error('KeyGenerated', table.address, `column ${column.name}`)),
    ...(generated.length > 0 && inKey.length === 0
      ? [{ ...error('GeneratedColumns', table.address, generated.map((column) => column.name).join(', ')), severity: 'note' as const }]
      : []),
  ];
}

function nameFindings(table: ObservedTable, makers: ReadonlyMap<string, readonly string[]>): Finding[] {
  const others = (makers.get(makerName(table.schema, table.name)) ?? []).filter((address) => address !== table.address);
  return [
    ...(hashesDiffer(table.schema, table.name) ? [error('NameTooLong', table.address)] : []),
    ...(others.length > 0 ? [error('NameCollision', table.address, `the same as ${others.join(', ')}`)] : []),
  ];
}

function sourceRights(view: LinkView, table: ObservedTable): Finding[] {
  const ownerDoesDdl = view.source?.schemaOwner !== null;
  const lacking = !table.rights.select || (!table.rights.trigger && !ownerDoesDdl);
  return [
    ...(lacking ? [error('RightsSource', table.address)] : []),
    ...(view.passesOn && !table.rights.own && !ownerDoesDdl ? [error('RightsOwner', table.address)] : []),
  ];
}

function targetFindings(table: ObservedTable, other: ObservedTable | undefined): Finding[] {
  if (other === undefined || other.kind !== 'table')
    return [error('TableMissing', table.address, other === undefined ? missingPartition(table) : 'it is partitioned there')];
  return [
    ...columnDifferences(table, other.columns).map((one) =>
      error(one.code, table.address, one.sql === null ? one.text : `${one.text}: ${one.sql}`),
    ),
    ...(other.rights.select && other.rights.write ? [] : [error('RightsTarget', table.address)]),
    ...(other.rights.truncate ? [] : [warning('RightsTruncate', table.address)]),
    ...(other.rowSecurity && !other.rights.own ? [warning('RowSecurity', table.address)] : []),
    ...(other.alwaysTriggers.length > 0 ? [warning('AlwaysTriggers', table.address, other.alwaysTriggers.join(', '))] : []),
  ];
}

const missingPartition = ({ address, parent }: ObservedTable): string =>
  parent === null ? '' : `CREATE TABLE ${address} PARTITION OF ${parent} FOR VALUES … as on the source`;

/** Tables of the link's target whose changes it passes on: a kid writes the source's key into their delta tables there (P:10143). */
function notedOnTarget(view: LinkView, views: readonly LinkView[]): ReadonlySet<string> {
  const below = views.filter((one) => one.link.from === view.link.to && one.passesOn);
  return new Set(below.flatMap((one) => one.selected?.tables ?? []).map((table) => table.address));
}

/** What stands against a key that differs from the one before, or from the target's. */
function keyChange(
  view: LinkView,
  table: ObservedTable,
  other: ObservedTable | undefined,
  views: readonly LinkView[],
  notedBelow: ReadonlySet<string>,
): Finding[] {
  const waiting = unaskedTargets(view, table, views);
  const [here, there] = [table.key?.columns ?? [], other?.key?.columns ?? []];
  const differs = notedBelow.has(table.address) && there.length > 0 && !sameNames(here, there);
  const gone = hasOtherKey(table)
    ? oldColumnsOf(table).filter(({ name }) => !table.columns.some((text) => text.startsWith(`${name}\u001f`)))
    : [];
  return [
    ...(gone.length > 0 ? [warning('KeyColumnGone', table.address, `column ${gone.map(({ name }) => name).join(', ')}`)] : []),
    ...(waiting.length > 0 ? [error('KeyChangeWaits', table.address, waiting.join(', '))] : []),
    ...(differs ? [error('KeyDiffers', table.address, `${here.join(', ')} on the source, ${there.join(', ')} on the target`)] : []),
  ];
}

/** Whether two keys have the same columns, in any order. */
function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function sequenceFindings(view: LinkView): Finding[] {
  const { selected, target } = view;
  if (selected === null || target === null) return [];
  const there = new Map(target.sequences.map((sequence) => [sequence.address, sequence]));
  return selected.sequences.flatMap((sequence) => {
    const other = there.get(sequence.address);
    if (other === undefined) return [error('SequenceMissing', sequence.address)];
    return sequence.usage && other.usage
      ? []
      : [error('RightsSequence', sequence.address, sequence.usage ? 'on the target' : 'on the source')];
  });
}
