import { type Benchmark, type Cell, isMet, type Result } from './model.ts';

/** The figures as a table, numbers to the right, then each budget with what was seen, then the notes. */
export function resultText(benchmark: Benchmark, result: Result, options: { readonly budgets: boolean }): string {
  const lines = [`${benchmark.name}: ${benchmark.title}`, ...tableLines([result.columns, ...result.rows])];
  if (options.budgets) {
    for (const budget of result.budgets) {
      const verdict = isMet(budget) ? 'met' : 'MISSED';
      lines.push(`${verdict}: ${budget.what}: ${budget.seen} ${budget.unit}, ${budget.must} ${budget.limit}`.replaceAll('  ', ' '));
    }
  }
  return [...lines, ...result.notes.map((note) => `note: ${note}`), ''].join('\n');
}

function tableLines(rows: readonly (readonly Cell[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => textOf(row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        typeof cell === 'number' || (column > 0 && row === rows[0])
          ? textOf(cell).padStart(widths[column] ?? 0)
          : textOf(cell).padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function textOf(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : cell;
}
