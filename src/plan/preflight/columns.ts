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

export function parseColumn(text: string): Column {
  const [name = '', type = '', collation = '', notNull = '', expression = '', generated = '', identity = ''] = text.split('\u001f');
  return { name, type, collation, notNull: notNull !== '', expression, generated: generated !== '', identity: identity !== '' };
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
export function columnDifferences(source: readonly string[], target: readonly string[]): readonly ColumnDifference[] {
  const left = source.map(parseColumn);
  const right = target.map(parseColumn);
  const differences: ColumnDifference[] = [];
  for (const [index, column] of left.entries()) {
    const at = right.findIndex((other) => other.name === column.name);
    const other = right[at];
    if (other === undefined) {
      differences.push({ code: 'ColumnMissing', text: `column ${column.name} is missing on the target` });
      continue;
    }
    if (!typesFit(column.type, other.type))
      differences.push({ code: 'ColumnType', text: `column ${column.name} is ${column.type} on the source, ${other.type} on the target` });
    if (column.collation !== other.collation)
      differences.push({
        code: 'ColumnCollation',
        text: `column ${column.name} has collation ${column.collation || 'default'} on the source, ${other.collation || 'default'} on the target`,
      });
    if (column.generated !== other.generated)
      differences.push({ code: 'ColumnGenerated', text: `column ${column.name} is generated on one side only` });
    else if (column.expression !== other.expression && column.expression !== '?' && other.expression !== '?')
      differences.push({
        code: 'ColumnDefault',
        text: `column ${column.name} has default ${column.expression || 'none'} on the source, ${other.expression || 'none'} on the target`,
      });
    if (column.notNull !== other.notNull)
      differences.push({
        code: 'ColumnNullability',
        text: `column ${column.name} is ${column.notNull ? 'NOT NULL' : 'nullable'} on the source, ${other.notNull ? 'NOT NULL' : 'nullable'} on the target`,
      });
    if (at !== index)
      differences.push({
        code: 'ColumnOrder',
        text: `column ${column.name} is number ${index + 1} on the source, ${at + 1} on the target`,
      });
  }
  for (const column of right) {
    if (!left.some((other) => other.name === column.name))
      differences.push({ code: 'ColumnExtra', text: `column ${column.name} stands only on the target` });
  }
  return differences;
}
