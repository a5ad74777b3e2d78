/**
 * Explains the symbols, flags and locks that the steps above use, and no others.
 */
import type { Plan } from '../../plan/model.ts';
import type { Step } from '../../plan/step-model.ts';
import { formatMilliseconds, joinWords } from '../../lib/format.ts';
import { labelled } from '../layout.ts';
import { lockCode } from './steps.ts';

const symbols: Readonly<Record<Step['symbol'], string>> = {
  '+': '+ create or start',
  '~': '~ change',
  '-': '- remove, stop or empty',
  '|': '| wait',
  '=': '= verify',
};

const locks: readonly (readonly [Step['lock']['mode'], string])[] = [
  ['ACCESS SHARE', 'nobody waits'],
  ['SHARE ROW EXCLUSIVE', 'SHARE ROW EXCLUSIVE, writers wait'],
  ['ACCESS EXCLUSIVE', 'ACCESS EXCLUSIVE, readers wait too'],
];

const hiddenSpace = '\u{a0}';

/** One paragraph of symbols, and one of how long a lock is tried for; none without steps. */
export function legendLines(plan: Plan, width: number): string[] {
  if (plan.steps.length === 0) return [];
  const used = new Set(plan.steps.map((step) => (step.gate === null ? step.symbol : '|')));
  const signs = (['+', '~', '-', '|', '='] as const).filter((symbol) => used.has(symbol)).map((symbol) => symbols[symbol]);
  const flags = [
    plan.steps.some((step) => step.destructive) ? 'D destructive' : '',
    plan.steps.some((step) => step.blocked !== null) ? 'B blocked' : '',
  ];
  const modes = new Set(plan.steps.map((step) => step.lock.mode));
  const codes = locks.filter(([mode]) => modes.has(mode)).map(([mode, meaning]) => `${lockCode(mode)} ${meaning}`);
  const items = [...signs, ...flags, ...codes].filter((part) => part !== '');
  // No line ends within an item: its spaces are hidden from the wrapping.
  const whole = items.map((item) => item.replaceAll(' ', hiddenSpace)).join('; ');
  return [...labelled('Legend', [whole], width).map((line) => line.replaceAll(hiddenSpace, ' ')), ...lockLines(plan, width)];
}

function lockLines(plan: Plan, width: number): string[] {
  const tried = plan.steps.filter((step) => step.lock.timeoutMs !== null && step.lock.mode !== 'none');
  const timeouts = distinct(tried.map((step) => step.lock.timeoutMs));
  const budgets = distinct(tried.map((step) => step.lock.budgetMs));
  if (timeouts.length === 0) return [];
  const each = `A table lock is waited for at most ${joinWords(timeouts)}, then tried again later`;
  return labelled(
    '',
    [budgets.length === 0 ? `${each}.` : `${each}, for at most ${joinWords(budgets)} a step; then the run ends (exit 21).`],
    width,
  );
}

/** Sorted, said once each; null is no limit of its own. */
function distinct(milliseconds: readonly (number | null)[]): string[] {
  const known = milliseconds.filter((one) => one !== null);
  return [...new Set(known.toSorted((left, right) => left - right).map(formatMilliseconds))];
}
