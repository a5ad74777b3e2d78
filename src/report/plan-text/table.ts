/**
 * A table of text: columns as wide as their cells, one of them taking what the width leaves; cells wrap, nothing is cut.
 */
import { padEnd, padStart, widthOf, wrap } from '../layout.ts';

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
  /** Widest it may get before its cells wrap; `rest` takes what the others leave. */
  readonly max: number | 'rest';
}

/** A row of cells, or full lines that belong to the row before. */
export type Row = { readonly cells: readonly string[] } | { readonly lines: readonly string[] };

const gap = 2;
const narrowest = 20;

/** The columns' starts and widths for these rows. */
export function columnWidths(columns: readonly Column[], rows: readonly Row[], width: number): number[] {
  const natural = columns.map((column, index) =>
    Math.max(widthOf(column.header), 0, ...rows.map((row) => ('cells' in row ? widthOf(row.cells[index] ?? '') : 0))),
  );
  const fixed = columns.map((column, index) => {
    const wanted = natural[index] ?? 0;
    return column.max === 'rest' ? 0 : Math.min(wanted, Math.max(column.max, widthOf(column.header)));
  });
  const taken = fixed.reduce((sum, one) => sum + one, 0) + gap * (columns.length - 1);
  return columns.map((column, index) =>
    column.max === 'rest' ? Math.min(natural[index] ?? 0, Math.max(narrowest, width - taken)) : (fixed[index] ?? 0),
  );
}

/** The lines of the table, its header first. */
export function tableLines(columns: readonly Column[], rows: readonly Row[], widths: readonly number[]): string[] {
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => (column.align === 'right' ? padStart : padEnd)(cells[index] ?? '', widths[index] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd();
  const header = line(columns.map((column) => column.header));
  return [header, ...rows.flatMap((row) => ('lines' in row ? row.lines : cellLines(row.cells, widths).map(line)))];
}

/** One array of cells for each line that the row takes. */
function cellLines(cells: readonly string[], widths: readonly number[]): string[][] {
  const wrapped = cells.map((cell, index) => wrap(cell, widths[index] ?? 0));
  const height = Math.max(1, ...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) => wrapped.map((lines) => lines[row] ?? ''));
}
