/**
 * Text in lines: cleaning, wrapping, aligning. Nothing here cuts: what does not fit is wrapped, what cannot be wrapped sticks out.
 */
import { stripVTControlCharacters } from 'node:util';

/** Text on one line: white space folded, escape sequences gone, other control and direction-changing characters shown as `\u{..}`. */
export function oneLine(text: string): string {
  // Nearly every text is plain already, and there are many.
  if (/^[!-~]*(?: [!-~]+)*$/.test(text)) return text.trimStart();
  const folded = stripVTControlCharacters(text).replaceAll(/\s+/g, ' ').trim();
  return folded.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A copy of plain data with every string, keys left out, passed through `oneLine`: names and messages come from databases. */
export function cleaned<T>(value: T): T {
  // The shape is kept: strings become strings, and nothing else changes.
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return value.map(clean);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item)]));
  return value;
}

/** Columns that the text takes; escape sequences take none. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Breaks at spaces into lines of at most `width`; a longer word gets a line of its own. Runs of spaces inside a line stay. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of text.split(/(?<= )(?=[^ ])/)) {
    if (line !== '' && widthOf(line) + widthOf(part.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += part;
  }
  return [...lines, line.trimEnd()];
}

/** Sentences in the width, parted by two spaces, behind a label; further lines are indented by `labelWidth`. */
export function labelled(label: string, sentences: readonly string[], width: number, labelWidth = 10): string[] {
  const head = padEnd(label, Math.max(labelWidth, widthOf(label) + 2));
  const text = sentences.filter((part) => part !== '').join('  ');
  const [first = '', ...rest] = wrap(text, Math.max(20, width - widthOf(head)));
  // Only the first line stands beside the label, which may be wider than the indentation.
  const below = rest.length === 0 ? [] : indented(labelWidth, text.slice(first.length).trimStart(), width);
  return [head + first, ...below];
}

/** Text in the width, every line behind the indentation. */
export function indented(indent: number, text: string, width: number): string[] {
  return wrap(text, Math.max(20, width - indent)).map((line) => ' '.repeat(indent) + line);
}

/** The lines as one text: no trailing spaces, a line feed at the end of each. */
export function toText(lines: readonly string[]): string {
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Parts that are not empty, with an empty line between them. */
export function spaced(parts: readonly (readonly string[])[]): string[] {
  return parts.filter((part) => part.length > 0).flatMap((part, index) => (index === 0 ? part : ['', ...part]));
}

/** Full stop at the end, unless it ends with punctuation. */
export function sentence(text: string): string {
  return text === '' || /[.!?:]$/.test(text) ? text : `${text}.`;
}
