/**
 * Plans as the comment on a pull request: sticky by its markers, silent when there is nothing to say, short enough for GitHub.
 */
import type { Plan } from '../../plan/model.ts';
import type { Step } from '../../plan/step-model.ts';
import type { ReportMeta } from '../meta.ts';
import { clipped, code } from './escape.ts';
import { section, sizes, type Size } from './section.ts';
import { cleanPlan } from '../plan-text/clean-plan.ts';
import { errorsSentence, isQuiet, suspectSentence } from '../plan-text/verdict.ts';

/** GitHub refuses 65,536 characters; the rest is for what a workflow puts around the comment. */
const longest = 60_000;
/** Kept free for the lines that are no section. */
const reserve = 6000;

/**
 * One section for each topology that is not in sync, each behind `<!-- goatherd:NAME -->`; the empty text when all are. At most 60,000
 * characters: first the tables of steps go, those of the least risky topologies before the others, then the rest of them, and what is
 * left out is said. The destructive block is never folded.
 */
export function planMarkdown(plans: readonly Plan[], meta: ReportMeta): string {
  const clean = plans.map(cleanPlan);
  const wanted = clean.filter((plan) => !isQuiet(plan));
  if (wanted.length === 0) return '';
  const { sections, leftOut } = fitted(wanted, meta, longest - reserve);
  const quiet = clean.filter(isQuiet);
  const parts = [
    ...sections,
    leftOut === 0 ? '' : `_${leftOut} more topologies are left out to keep this comment short; the JSON document has them._\n`,
    quietLine(quiet),
    '<sub>goatherd plans again before it acts; an approval holds for exactly the steps it names.</sub>\n',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** The sections in the order of the plans, made smaller from the least risky on until they fit. */
function fitted(plans: readonly Plan[], meta: ReportMeta, room: number): { sections: string[]; leftOut: number } {
  const texts: (string | null)[] = plans.map((plan) => section(plan, meta, 'full'));
  const byRisk = plans.map((plan, index) => ({ plan, index, risk: riskOf(plan) })).toSorted((left, right) => left.risk - right.risk);
  let length = texts.reduce((sum, text) => sum + (text?.length ?? 0) + 1, 0);
  const replace = (index: number, text: string | null): void => {
    length += (text?.length ?? 0) - (texts[index]?.length ?? 0);
    texts[index] = text;
  };
  for (const size of sizes.slice(1) satisfies readonly Size[]) {
    for (const { plan, index } of byRisk) {
      if (length <= room) break;
      replace(index, section(plan, meta, size));
    }
  }
  for (const { index } of byRisk) {
    if (length <= room) break;
    replace(index, null);
  }
  const sections = texts.filter((text) => text !== null);
  return { sections, leftOut: plans.length - sections.length };
}

/** What destroys before what blocks readers, before what blocks writers, before what is blocked; then the number of steps. */
function riskOf(plan: Plan): number {
  const locks: Readonly<Record<Step['lock']['mode'], number>> = {
    none: 0,
    'ACCESS SHARE': 1,
    'SHARE ROW EXCLUSIVE': 2,
    'ACCESS EXCLUSIVE': 3,
  };
  const destructive = plan.risk.destructive || plan.steps.some((step) => step.destructive);
  const rank =
    (destructive ? 100 : 0) + 10 * locks[plan.risk.maxLock] + (plan.verdict === 'blocked' ? 2 : plan.verdict === 'drift' ? 1 : 0);
  return rank + Math.min(plan.steps.length, 9999) / 10_000;
}

/** The others by name, with what a person has to look at. */
function quietLine(plans: readonly Plan[]): string {
  if (plans.length === 0) return '';
  const most = 20;
  const names = plans.slice(0, most).map((plan) => {
    const left = [errorsSentence(plan), suspectSentence(plan)].filter((part) => part !== '').join(' ');
    return `${code(clipped(plan.topology, 64))}${left === '' ? '' : ` (${code(clipped(left.replace(/\.$/, ''), 120))})`}`;
  });
  return `In sync: ${names.join(', ')}${plans.length > most ? ` and ${plans.length - most} more` : ''}.\n`;
}
