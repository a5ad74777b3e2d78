/** A file's text, and the lines of it that may be shown. */
import type { Position, Problem } from '../model.ts';

/** The part of a problem that does not depend on where it is. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly severity?: Problem['severity'];
}

/** What stands after a password-like key in one line, unless it is a reference, a nested mapping or nothing. */
const PASSWORD_VALUE =
  /(?<key>(?:pass(?:word|wd|phrase)?|pgpass(?:word)?|dbpass|email_auth_pass|secret|token)["']?\s*[:=]\s*)(?<value>(?!\{|\s|$)(?:"[^"]*"?|'[^']*'?)?[^,}\]]*)/gi;
/** A line whose password-like key has its value below. */
const PASSWORD_BELOW = /(?:pass(?:word|wd|phrase)?|dbpass|secret|token)["']?\s*[:=]\s*$/i;
/** The password of a connection URI. Bounded, so that a line of many such beginnings is not read once for each. */
const URI_PASSWORD = /(?<key>:\/\/[^\s:@/]{0,100}:)(?<value>[^\s@]{1,500})(?=@)/g;

export class SourceFile {
  readonly file: string;
  readonly text: string;
  readonly #starts: number[] = [0];
  /** Stretches of the text that are never shown. */
  readonly #hidden: { readonly from: number; readonly to: number }[] = [];
  readonly #lines = new Map<number, string>();

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) this.#starts.push(index + 1);
  }

  /** Keeps a stretch of the text out of every source line that is shown (rule 19: a password written where its reference belongs). */
  hide(from: number, to: number): void {
    this.#lines.clear();
    this.#hidden.push({ from, to });
  }

  /** The 1-based place of an offset; columns count UTF-16 units. Offsets behind the end are at the end. */
  position(offset: number): Position {
    const wanted = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= wanted) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: wanted - (this.#starts[low] ?? 0) + 1 };
  }

  /** A line as it may be shown: without its line end, and with stars in place of what looks like a password. */
  line(number: number): string {
    const known = this.#lines.get(number);
    if (known !== undefined) return known;
    const line = this.#shown(number);
    this.#lines.set(number, line);
    return line;
  }

  #shown(number: number): string {
    const start = this.#starts[number - 1] ?? this.text.length;
    const end = this.#starts[number] ?? this.text.length + 1;
    let line = this.text.slice(start, end - 1).replace(/\r$/, '');
    for (const { from, to } of this.#hidden) {
      const [first, last] = [Math.max(from - start, 0), Math.min(to - start, line.length)];
      if (first < last) line = line.slice(0, first) + '*'.repeat(last - first) + line.slice(last);
    }
    const above = this.text.slice(this.#starts[number - 2] ?? 0, number < 2 ? 0 : start).trimEnd();
    if (PASSWORD_BELOW.test(above.slice(-80)) && !/^\s*(?:env|file)\s*:/.test(line)) return line.replaceAll(/\S/g, '*');
    return withoutSecrets(line);
  }

  problem(at: Position, { code, message, hint, severity = 'error' }: Finding): Problem {
    return { severity, code, message, ...(hint === undefined ? {} : { hint }), at, source: this.line(at.line) };
  }
}

/** The text with stars, as many as there were characters, in place of what looks like a password. */
export function withoutSecrets(text: string): string {
  const hide = (_whole: string, key: string, value: string): string => key + '*'.repeat(value.length);
  return text.replaceAll(PASSWORD_VALUE, hide).replaceAll(URI_PASSWORD, hide);
}

/** Orders problems by file, line and column, and drops repetitions: an alias or an inherited key may find the same fault twice. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  const key = ({ at, code, message }: Problem): string => `${at.file}:${at.line}:${at.column}:${code}:${message}`;
  const unique = problems.filter((problem) => !seen.has(key(problem)) && seen.add(key(problem)));
  return unique.toSorted(
    (one, other) =>
      compare(one.at.file, other.at.file) ||
      one.at.line - other.at.line ||
      one.at.column - other.at.column ||
      compare(one.code, other.code) ||
      compare(one.message, other.message),
  );
}

/** By UTF-16 units, the same on every machine. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
