/**
 * Plans as text (DESIGN 6): for a DBA who reads the steps, and for the one who reads only the second line or the last.
 */
import type { Plan } from '../../plan/model.ts';
import { spaced, toText } from '../layout.ts';
import type { ReportMeta, TextOptions } from '../meta.ts';
import { changesLines } from './changes.ts';
import { cleanPlan } from './clean-plan.ts';
import { destructiveLines } from './destructive.ts';
import { diagnosticsLines } from './diagnostics.ts';
import { drawingLines } from './drawing.ts';
import { headerLines, quietLine } from './header.ts';
import { legendLines } from './legend.ts';
import { stepsLines } from './steps.ts';
import { summaryLines, totalLines } from './summary.ts';
import { isQuiet } from './verdict.ts';
import { plainStyle } from '../style.ts';

const defaultWidth = 100;
const narrowest = 40;

/**
 * Every plan in the order given, each with its verdict on line 2 and on its last line; with several plans a total follows. A plan with
 * nothing to do is one line, with preflight's errors and warnings below it. Ends with a line feed, no line ends with a space, nothing is cut.
 */
export function planText(plans: readonly Plan[], meta: ReportMeta, options: TextOptions = {}): string {
  const clean = plans.map(cleanPlan);
  const parts = clean.map((plan) => planLines(plan, meta, options, clean.length === 1));
  // Plans with nothing to do are lines of a list; only those with something get air around them.
  const lines = parts.flatMap((part, index) =>
    index > 0 && (part.length > 1 || (parts[index - 1]?.length ?? 0) > 1) ? ['', ...part] : part,
  );
  const total = clean.length === 1 ? [] : totalLines(clean, meta, widthIn(options));
  return toText(total.length > 0 && lines.length > 0 ? [...lines, '', ...total] : [...lines, ...total]);
}

/** The lines of one plan. */
function planLines(plan: Plan, meta: ReportMeta, options: TextOptions, only: boolean): string[] {
  const width = widthIn(options);
  const style = options.style ?? plainStyle;
  if (isQuiet(plan))
    return [quietLine(plan, meta, style), ...diagnosticsLines(options.verbose === true ? plan : withoutNotes(plan), width, style)];
  return spaced([
    headerLines(plan, meta, width, style),
    drawingLines(plan.drawing, width),
    changesLines(plan, width, style),
    [...stepsLines(plan, width, style, options.verbose === true), ...legendLines(plan, width)],
    destructiveLines(plan, width, style),
    diagnosticsLines(plan, width, style),
    summaryLines(plan, meta, width, only),
  ]);
}

/** What is merely good to know was said when there was something to do. */
function withoutNotes(plan: Plan): Plan {
  return { ...plan, diagnostics: plan.diagnostics.filter((one) => one.severity !== 'note') };
}

function widthIn(options: TextOptions): number {
  return Math.max(narrowest, options.width ?? defaultWidth);
}
