import { quoteIdentAsServer } from '../../bucardo/names.ts';
import type { ObservedTable } from '../../observe/table-model.ts';

/** A column as `ObservedTable.columns` writes it: fields parted by U+001F. */
export interface Column {
  readonly name: string;
  readonly type: string;
  /** Empty for the type's own collation. */
  readonly collation: string;
  readonly notNull: boolean;
  /** The default's or generation expression's text; empty for none, `?` where a lock of the table hid it. */
  readonly expression: string;
  readonly generated: boolean;
  readonly identity: boolean;
}

function parseColumn(text: string): Column {
  const [name = '', type = '', collation = '', notNull = '', expression = '', generated = '', identity = ''] = text.split('\u001f');
  return { name, type, collation, notNull: notNull !== '', expression, generated: generated !== '', identity: identity !== '' };
}

const parsed = new WeakMap<readonly string[], readonly Column[]>();

/** The columns of a table. Several parts of a plan ask for the same ones. */
export function parseColumns(columns: readonly string[]): readonly Column[] {
  const known = parsed.get(columns);
  if (known !== undefined) return known;
  const found = columns.map(parseColumn);
  parsed.set(columns, found);
  return found;
}

export interface ColumnDifference {
  readonly code:
    | 'ColumnMissing'
    | 'ColumnExtra'
    | 'ColumnType'
    | 'ColumnOrder'
    | 'ColumnNullability'
    | 'ColumnDefault'
    | 'ColumnGenerated'
    | 'ColumnCollation';
  readonly text: string;
  /** What to run, on the target where it does not say otherwise; null where no statement would do by itself. */
  readonly sql: string | null;
}

/** Types that Bucardo's daemon takes for equal, source on the left (P:7197-7324). */
function typesFit(source: string, target: string): boolean {
  if (source === target) return true;
  const pair = `${source}>${target}`;
  return (
    pair === 'integer>bigint' ||
    pair === 'character varying>text' ||
    pair === 'text>character varying' ||
    (source.startsWith('timestamp') && target.startsWith('timestamp'))
  );
}

/** What differs between one table on the source and on the target, in Bucardo's own terms: each of these stops its daemon's activation, silently. */
export function columnDifferences(
  source: Pick<ObservedTable, 'schema' | 'name' | 'columns'>,
  target: readonly string[],
): readonly ColumnDifference[] {
  if (target.length === source.columns.length && target.every((column, index) => column === source.columns[index])) return [];
  const left = parseColumns(source.columns);
  const right = parseColumns(target);
  const alter = `ALTER TABLE ${quoteIdentAsServer(source.schema)}.${quoteIdentAsServer(source.name)}`;
  const differences: ColumnDifference[] = [];
  for (const [index, column] of left.entries()) {
    const at = right.findIndex((other) => other.name === column.name);
    const other = right[at];
    if (other === undefined) {
      differences.push({
        code: 'ColumnMissing',
        text: `column ${column.name} is missing on the target`,
        sql: `${alter} ADD COLUMN ${definitionOf(column)}`,
      });
      continue;
    }
    differences.push(...valueDifferences(column, other, `${alter} ALTER COLUMN ${quoteIdentAsServer(column.name)}`));
    if (at !== index)
      differences.push({
        code: 'ColumnOrder',
        text: `column ${column.name} is number ${index + 1} on the source, ${at + 1} on the target`,
        sql: null,
      });
  }
  for (const column of right) {
    if (!left.some((other) => other.name === column.name))
      differences.push({
        code: 'ColumnExtra',
        text: `column ${column.name} stands only on the target`,
        sql: `${alter} DROP COLUMN ${quoteIdentAsServer(column.name)}; or on the source ${alter} ADD COLUMN ${definitionOf(column)}`,
      });
  }
  return differences;
}

/** What differs in a column that both sides have. */
function valueDifferences(column: Column, other: Column, alter: string): readonly ColumnDifference[] {
  const { name } = column;
  const given = column.expression === '' ? 'DROP DEFAULT' : `SET DEFAULT ${column.expression}`;
  return [
    ...(typesFit(column.type, other.type)
      ? []
      : [
          {
            code: 'ColumnType' as const,
            text: `column ${name} is ${column.type} on the source, ${other.type} on the target`,
            sql: `${alter} TYPE ${column.type}`,
          },
        ]),
    ...(column.collation === other.collation
      ? []
      : [
          {
            code: 'ColumnCollation' as const,
            text: `column ${name} has collation ${column.collation || 'default'} on the source, ${other.collation || 'default'} on the target`,
            sql: column.collation === '' ? null : `${alter} TYPE ${column.type} COLLATE ${column.collation}`,
          },
        ]),
    ...(column.generated !== other.generated
      ? [{ code: 'ColumnGenerated' as const, text: `column ${name} is generated on one side only`, sql: null }]
      : column.expression !== other.expression && column.expression !== '?' && other.expression !== '?'
        ? [
            {
              code: 'ColumnDefault' as const,
              text: `column ${name} has default ${column.expression || 'none'} on the source, ${other.expression || 'none'} on the target`,
              sql: column.generated ? null : `${alter} ${given}`,
            },
          ]
        : []),
    ...(column.notNull === other.notNull
      ? []
      : [
          {
            code: 'ColumnNullability' as const,
            text: `column ${name} is ${column.notNull ? 'NOT NULL' : 'nullable'} on the source, ${other.notNull ? 'NOT NULL' : 'nullable'} on the target`,
            sql: `${alter} ${column.notNull ? 'SET' : 'DROP'} NOT NULL`,
          },
        ]),
  ];
}

/** A column as ADD COLUMN takes it. */
function definitionOf(column: Column): string {
  const value =
    column.expression === '' || column.expression === '?'
      ? ''
      : column.generated
        ? ` GENERATED ALWAYS AS (${column.expression}) STORED`
        : ` DEFAULT ${column.expression}`;
  const identity = column.identity ? ' GENERATED BY DEFAULT AS IDENTITY' : '';
  return `${quoteIdentAsServer(column.name)} ${column.type}${column.collation === '' ? '' : ` COLLATE ${column.collation}`}${value}${identity}${column.notNull ? ' NOT NULL' : ''}`;
}
