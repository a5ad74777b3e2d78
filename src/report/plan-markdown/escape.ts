/**
 * Text that comes from files and databases, inside GitHub's Markdown: it must not make markup, mention anybody or break out of a table.
 */

/** Prose on one line. `@name` and `#1` are kept from becoming mentions and references. */
export function escaped(text: string): string {
  return (
    text
      .replaceAll(/[\\`*[\]<|~&]|^[>#+-]/g, String.raw`\$&`)
      .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, String.raw`\_`)
      // Before the other one, which writes a # itself.
      .replaceAll(/#(?=\d)/g, '#&#8203;')
      .replaceAll(/@(?=[\w-])/g, '@&#8203;')
  );
}

/** `text` as code; a bar is escaped too, because tables are parted before code is read. Empty text stays empty. */
export function code(text: string): string {
  if (text === '') return '';
  const ticks = '`'.repeat(longestRun(text) + 1);
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${text.replaceAll('|', String.raw`\|`)}${pad}${ticks}`;
}

/** Lines to be copied as they are. */
export function fenced(lines: readonly string[], language: 'sh' | 'yaml'): string[] {
  const ticks = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${ticks}${language}`, ...lines, ticks];
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** A table; nothing without rows. The cells are Markdown already. */
export function markdownTable(headers: readonly string[], right: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => (cell === '' ? ' ' : cell)).join(' | ')} |`;
  return [line(headers), `|${headers.map((header) => (right.includes(header) ? '--:' : '---')).join('|')}|`, ...rows.map(line)];
}

/** At most `most` characters, a whole last one. */
export function clipped(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 4).replace(/[\uD800-\uDBFF]$/, '')} ...`;
}
