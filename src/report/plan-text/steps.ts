/**
 * When what happens: the numbered steps in order, the gates with what they hold, and the blocked ones with their reason.
 */
import type { Gate, LockMode, Step } from '../../plan/step-model.ts';
import type { Plan } from '../../plan/model.ts';
import { formatCount, formatDuration, formatEstimate, formatRanges } from '../../lib/format.ts';
import { indented, padEnd, padStart, widthOf } from '../layout.ts';
import type { Style } from '../style.ts';
import { orderedSteps, stepNumbers, stepWhat } from '../address.ts';
import { columnWidths, tableLines, type Column, type Row } from './table.ts';

/** What users feel of the lock: nothing, readers only beside it, writers wait, readers wait too. */
export function lockCode(mode: LockMode): string {
  switch (mode) {
    case 'none':
      return 'L0';
    case 'ACCESS SHARE':
      return 'L1';
    case 'SHARE ROW EXCLUSIVE':
      return 'L2';
    case 'ACCESS EXCLUSIVE':
      return 'L3';
  }
}

/** `D` destructive, `B` blocked. */
export function stepFlags(step: Step): string {
  return `${step.destructive ? 'D' : ''}${step.blocked === null ? '' : 'B'}`;
}

/** The block `Steps`; nothing when there are none. */
export function stepsLines(plan: Plan, width: number, style: Style, verbose: boolean): string[] {
  const steps = orderedSteps(plan);
  if (steps.length === 0) return [];
  const number = Math.max(2, ...steps.map((step) => String(step.seq).length));
  const flags = Math.max(0, ...steps.map((step) => stepFlags(step).length));
  const lead = (step: Step): string => {
    const mark = flags === 0 ? '' : ` ${padEnd(stepFlags(step), flags)}`;
    return `${padStart(String(step.seq), number)}${mark} ${step.symbol} `;
  };
  const indent = number + (flags === 0 ? 0 : flags + 1) + 3;
  const columns: readonly Column[] = [
    { header: 'Steps', align: 'left', max: 'rest' },
    { header: 'on', align: 'left', max: 16 },
    { header: 'lock', align: 'left', max: 4 },
    { header: 'objects', align: 'right', max: 12 },
    { header: 'est.', align: 'right', max: 14 },
  ];
  const cells = (step: Step): Row => ({
    cells: [
      stepWhat(plan, step),
      step.on.join(', '),
      step.lock.mode === 'none' ? '-' : lockCode(step.lock.mode),
      step.objects === null ? '-' : formatCount(step.objects),
      step.estimateSeconds === null ? '-' : formatEstimate(step.estimateSeconds),
    ],
  });
  const widths = columnWidths(columns, steps.filter((step) => step.gate === null).map(cells), width - indent);
  const tableWidth = widths.reduce((sum, one) => sum + one, 2 * (widths.length - 1));
  const [header = ''] = tableLines(columns, [], widths);
  const rows = steps.flatMap((step, index) => {
    const text =
      step.gate === null
        ? tableLines(columns, [cells(step)], widths).slice(1)
        : gateLines(plan, step, step.gate, width - indent, tableWidth);
    const details = verbose ? factLines(step, indent + 2, width) : [];
    return [
      ...text.map((line, row) => (row === 0 ? lead(step) : ' '.repeat(indent)) + line),
      ...details,
      ...blockedLines(steps, index, indent, width, style),
    ];
  });
  return [style.heading('Steps') + padEnd('', indent - 5) + header.replace('Steps', '     '), ...rows];
}

/** `WAIT a-b copy complete   holds 11-13; warn after 2 h; est. ~41 min`, on two lines where one does not do. */
function gateLines(plan: Plan, step: Step, gate: Gate, width: number, tableWidth: number): string[] {
  const holds = stepNumbers(plan, gate.holds);
  const facts = [
    holds.length > 0 ? `holds ${formatRanges(holds)}` : '',
    `warn after ${formatDuration(gate.warnAfterSeconds)}`,
    step.estimateSeconds === null ? '' : `est. ${formatEstimate(step.estimateSeconds)}`,
  ];
  const text = `WAIT ${stepWhat(plan, step)}`;
  const info = facts.filter((fact) => fact !== '').join('; ');
  // Flush with the table's right edge where there is room, else beyond it.
  if (widthOf(text) + 3 + widthOf(info) <= width) return [`${padEnd(text, tableWidth - widthOf(info) - 3)}   ${info}`];
  return [...indented(0, text, width), ...indented(5, info, width)];
}

/** Once for each run of steps that the same reason blocks, below the last of them. */
function blockedLines(steps: readonly Step[], index: number, indent: number, width: number, style: Style): string[] {
  const reason = steps[index]?.blocked ?? null;
  if (reason === null || steps[index + 1]?.blocked === reason) return [];
  let first = index;
  while (first > 0 && steps[first - 1]?.blocked === reason) first -= 1;
  const numbers = steps.slice(first, index + 1).map((step) => step.seq);
  const text = `^ ${formatRanges(numbers)} blocked: ${reason}`;
  return indented(indent, text, width).map((line) => style.bad(line));
}

/** Under `verbose`: why, what it can do to users, and the facts before and after. */
function factLines(step: Step, indent: number, width: number): string[] {
  const facts = [
    step.reason === '' ? '' : `because: ${step.reason}`,
    step.hazards.length === 0 ? '' : `hazards: ${step.hazards.join(', ')}`,
    ...step.before.map((fact) => `before: ${fact}`),
    ...step.afterFacts.map((fact) => `after: ${fact}`),
  ];
  return facts.filter((fact) => fact !== '').flatMap((fact) => indented(indent, fact, width));
}
