/** Problems as text: where, what, the source line with a caret, and what to do. */
import type { Style } from '../lib/style.ts';
import type { Problem } from '../topology/model.ts';

/** Source lines are cut to about this many characters around the caret. */
const WIDTH = 120;

const plain: Style = (_tone, text) => text;

/** One block for each problem, a blank line between; ends with a newline unless there is nothing to say. */
export function renderProblems(problems: readonly Problem[], style: Style = plain): string {
  return problems.map((problem) => `${renderProblem(problem, style)}\n`).join('\n');
}

function renderProblem({ severity, code, message, hint, at, source }: Problem, style: Style): string {
  const place = at.line === 0 ? visible(at.file) : `${visible(at.file)}:${at.line}:${at.column}`;
  const lines = [`${style('strong', `${place}:`)} ${style(severity, `${severity} ${code}:`)} ${visible(message)}`];
  if (source !== undefined && source.trim() !== '') lines.push(...frame(source, at.line, at.column, style));
  if (hint !== undefined) lines.push(`${style('faint', 'hint:')} ${visible(hint)}`);
  return lines.join('\n');
}

function frame(source: string, line: number, column: number, style: Style): string[] {
  const from = column <= WIDTH ? 0 : column - WIDTH / 2;
  const shown = source.slice(from, from + WIDTH);
  const before = source.slice(from, column - 1);
  const [head, tail] = [from > 0 ? '…' : '', from + WIDTH < source.length ? '…' : ''];
  const number = String(line);
  // Tabs stay tabs under tabs, so that the caret stands where the terminal puts the character.
  const indent = head.replaceAll(/./g, ' ') + visible(before).replaceAll(/[^\t]/gu, ' ');
  return [`  ${number} | ${head}${visible(shown)}${tail}`, `  ${' '.repeat(number.length)} | ${indent}${style('error', '^')}`];
}

/** Without anything that a terminal would obey: a file under review may be anybody's. */
function visible(text: string): string {
  return text.replaceAll(/[^\P{C}\t]/gu, '?');
}
