import type { ObservedTable } from '../../observe/table-model.ts';
import { parseColumns } from '../preflight/columns.ts';

/** Before the shape of a table that was set aside. */
const ASIDE = 'aside ';
/** Before the shape of a table whose rows are to be sent again. */
const RESEND = 'resend ';

type Shaped = Pick<ObservedTable, 'columns' | 'key'>;

/**
 * What of a table a daemon keeps from its start on, as goatherd notes it beside the goat: its columns in order, with those that it must not
 * write, and its key with its types. Other types and defaults may change under it. Fields are parted by U+001F, the two halves by U+001E.
 */
export function shapeOf({ columns, key }: Shaped): string {
  return `${columnsOf(columns)}\u001e${[...(key?.columns ?? []), '', ...(key?.types ?? [])].join('\u001f')}`;
}

const written = new WeakMap<readonly string[], string>();

/** The first half. Several parts of a plan ask for that of one table. */
function columnsOf(columns: readonly string[]): string {
  const known = written.get(columns);
  if (known !== undefined) return known;
  const names = parseColumns(columns).map((column) => (column.generated ? `${column.name} GENERATED` : column.name));
  const text = names.join('\u001f');
  written.set(columns, text);
  return text;
}

/** Whether a running daemon may know the table otherwise than it is, or does not know it, as it was set aside. */
export function hasOtherShape(noted: string | null, table: Shaped): boolean {
  return noted === null || isAside(noted) || plain(noted) !== shapeOf(table);
}

export const isAside = (noted: string | null): boolean => noted?.startsWith(ASIDE) === true;

/** Whether the rows of a table have to be sent again, with the columns that its daemon reads when it starts anew. */
export const owesRows = (noted: string | null): boolean => noted?.startsWith(RESEND) === true;

/**
 * The shape as it is noted when the table is registered. A daemon that knew the old columns fails while there are more or fewer of them, and
 * mixes them up, and says Good, while there are as many others (seen). So when columns went and others came, all rows are sent again.
 */
export function shapeToNote(noted: string | null, table: Shaped): string {
  const now = shapeOf(table);
  if (noted === null || noted === now) return now;
  return owesRows(noted.replace(ASIDE, '')) || mayMix(namesOf(plain(noted)), namesOf(now)) ? `${RESEND}${now}` : now;
}

/** Whether columns were neither only added behind the others nor only dropped. */
function mayMix(before: readonly string[], now: readonly string[]): boolean {
  const added = before.every((name, index) => now[index] === name);
  let next = 0;
  for (const name of before) if (now[next] === name) next += 1;
  return !added && next < now.length;
}

const namesOf = (shape: string): readonly string[] => (shape.split('\u001e')[0] ?? '').split('\u001f');

const plain = (noted: string): string => noted.replace(/^(?:aside |resend )+/, '');
