import type { QueryResultRow } from 'pg';
import { deltaTable, makerName } from '../../bucardo/names.ts';
import type { ObservedKey, ObservedSequence, ObservedTable, ObservedTrigger, TableBucardo } from '../table-model.ts';
import type { HelperTables } from './bucardo-facts.ts';

/** A row of TABLES_QUERY. */
export interface TableRow extends QueryResultRow {
  oid: string;
  schema: string;
  name: string;
  kind: 'r' | 'p';
  persistence: 'p' | 'u';
  parent: string | null;
  row_security: boolean;
  columns: string | null;
  referenced_by: string[] | null;
  always_triggers: string[] | null;
  key_index: string | null;
  key_primary: boolean;
  key_deferrable: boolean;
  key_nullable: boolean;
  key_columns: string[];
  key_types: string[];
  key_definitions: string[];
  bytes: string;
  rights: string;
}

/** A row of SEQUENCES_QUERY. */
export interface SequenceRow extends QueryResultRow {
  schema: string;
  name: string;
  used_by: string | null;
  usage: boolean;
}
/** A table with what Bucardo made for it. `filled`: by oid, whether it holds a row; null where nobody asked. */
export function tableOf(
  row: TableRow,
  triggers: readonly ObservedTrigger[],
  helpers: HelperTables | null,
  filled: ReadonlyMap<string, boolean | null> | null,
): ObservedTable {
  const bytes = Number(row.bytes);
  return {
    oid: Number(row.oid),
    schema: row.schema,
    name: row.name,
    address: `${row.schema}.${row.name}`,
    kind: row.kind === 'p' ? 'partitioned' : 'table',
    persistence: row.persistence,
    parent: row.parent,
    key: keyOf(row),
    columns: row.columns === null ? [] : row.columns.split('\u001e'),
    referencedBy: row.referenced_by ?? [],
    rowSecurity: row.row_security,
    alwaysTriggers: row.always_triggers ?? [],
    rights: {
      select: row.rights.includes('s'),
      write: row.rights.includes('w'),
      truncate: row.rights.includes('t'),
      trigger: row.rights.includes('g'),
      own: row.rights.includes('o'),
    },
    bytes,
    hasRows: bytes === 0 ? false : (filled?.get(row.oid) ?? null),
    bucardo: tableBucardoOf(row, triggers, helpers),
  };
}

function keyOf(row: TableRow): ObservedKey | null {
  if (row.key_index === null) return null;
  return {
    index: row.key_index,
    primary: row.key_primary,
    columns: row.key_columns,
    types: row.key_types,
    definitions: row.key_definitions,
    nullable: row.key_nullable,
    deferrable: row.key_deferrable,
  };
}

function tableBucardoOf(row: TableRow, triggers: readonly ObservedTrigger[], helpers: HelperTables | null): TableBucardo | null {
  const maker = makerName(row.schema, row.name);
  const helper = helpers?.helpers.get(maker);
  const targets = helpers?.targets.get(row.oid) ?? [];
  if (triggers.length === 0 && helper === undefined && targets.length === 0) return null;
  const parts = helper?.parts.split(',') ?? [];
  return {
    triggers,
    maker,
    deltaColumns: helper?.columns?.split('\u001e') ?? null,
    deltaDefault: helper?.default ?? null,
    deltaOid: helper?.delta === null || helper?.delta === undefined ? null : Number(helper.delta),
    deltaFile: helper?.file === null || helper?.file === undefined ? null : Number(helper.file),
    track: parts.includes('track_'),
    stage: parts.includes('stage_'),
    indexes: parts.filter((part) => part.startsWith('dex') || part === 'goat_').map((part) => part.slice(0, -1)),
    functionMd5: helpers?.functions.get(deltaTable(maker)) ?? null,
    targets,
  };
}

/** A sequence, and the table that uses it. */
export function sequenceOf(row: SequenceRow): ObservedSequence {
  return { schema: row.schema, name: row.name, address: `${row.schema}.${row.name}`, usedBy: row.used_by, usage: row.usage };
}

/** Bucardo triggers of one table, as TRIGGERS_QUERY packs them: rows parted by U+001E, their fields by U+001F. */
export function parseTriggers(text: string): ObservedTrigger[] {
  return text.split('\u001e').map((row) => {
    const [name = '', enabled = 'O', functionName = '', type = '0', args = ''] = row.split('\u001f');
    return {
      name,
      enabled: enabled as ObservedTrigger['enabled'],
      functionName,
      type: Number(type),
      args: args.split('\\000').slice(0, -1),
    };
  });
}
