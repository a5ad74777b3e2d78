/**
 * One topology's part of the comment, in one of three sizes.
 */
import type { Plan } from '../../plan/model.ts';
import { orderedSteps, shortAddress, stepWhat } from '../address.ts';
import { formatTimestamp } from '../../lib/format.ts';
import type { ReportMeta } from '../meta.ts';
import { changeSymbol, changeWhat, valueText } from '../plan-text/changes.ts';
import { shortFingerprint, riskSentences } from '../plan-text/header.ts';
import { verdictSentences, verdictWord } from '../plan-text/verdict.ts';
import { sentence } from '../layout.ts';
import { destructivePart } from './destructive.ts';
import { diagnosticsPart } from './diagnostics.ts';
import { clipped, code, escaped, markdownTable } from './escape.ts';
import { few, more, whole, type Limits } from './limits.ts';
import { stepsPart } from './steps.ts';

/** full: everything. no-steps: without the table of steps. brief: the first rows of every table. line: heading and verdict. */
export type Size = 'full' | 'no-steps' | 'brief' | 'line';

export const sizes: readonly Size[] = ['full', 'no-steps', 'brief', 'line'];

/** The section, beginning with the marker by which the next run finds it. */
export function section(plan: Plan, meta: ReportMeta, size: Size): string {
  const limits = size === 'full' || size === 'no-steps' ? whole : few;
  const say = (text: string): string => escaped(clipped(text, limits.text));
  const head = [
    `<!-- goatherd:${clipped(plan.topology, 64).replaceAll(/[^\w-]/g, '_')} -->`,
    `### ${code(clipped(plan.topology, 64))}: ${verdictWord(plan.verdict)}`,
    '',
    say(verdictSentences(plan).join(' ')),
  ];
  if (size === 'line') return [...head, '', '_Left out to keep this comment short; the JSON document has it._', ''].join('\n');
  const parts = [
    head,
    [`**Risk:** ${riskSentences(plan).map(sentence).map(say).join(' ')}`],
    [contextLine(plan, meta, limits)],
    changesPart(plan, limits),
    destructivePart(plan, limits),
    diagnosticsPart(plan, limits),
    size === 'full' ? stepsPart(plan) : stepsLeftOut(plan),
  ];
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`;
}

/** Revision, file, time and the facts the plan was made from. */
function contextLine(plan: Plan, meta: ReportMeta, limits: Limits): string {
  const parts = [
    code(clipped(plan.file, limits.text)),
    meta.revision === undefined ? '' : `at ${code(meta.revision)}`,
    meta.observedAt === undefined ? '' : `observed ${formatTimestamp(meta.observedAt)}`,
    `facts ${code(shortFingerprint(plan.fingerprint))}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function changesPart(plan: Plan, limits: Limits): string[] {
  const rows = plan.changes.slice(0, limits.rows).map((change) => {
    const fields = change.fields
      .slice(0, limits.rows)
      .map((field) => `${field.path}: ${valueText(field.before)} -> ${valueText(field.after)}`);
    const what = [changeWhat(plan, change), ...fields].filter((part) => part !== '').map((part) => escaped(clipped(part, limits.text)));
    return [
      code(changeSymbol(change)),
      code(shortAddress(plan, change.address)),
      what.join('<br>'),
      escaped(clipped(change.reason, limits.text)),
    ];
  });
  return [...markdownTable(['', 'Where', 'What', 'Why'], [], rows), ...more(plan.changes.length, rows.length, 'changes')];
}

function stepsLeftOut(plan: Plan): string[] {
  const steps = orderedSteps(plan);
  if (steps.length === 0) return [];
  const [first] = steps;
  const example = first === undefined ? '' : ` They begin with: ${escaped(clipped(stepWhat(plan, first), 100))}.`;
  return [`_The table of ${steps.length} steps is left out to keep this comment short; the JSON document has it.${example}_`];
}
