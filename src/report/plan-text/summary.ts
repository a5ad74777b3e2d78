/**
 * The last line, with the verdict once more: what is cut from a log is its beginning.
 */
import type { Plan, Verdict } from '../../plan/model.ts';
import { planExitCodes } from '../exit-code.ts';
import { plural } from '../../lib/format.ts';
import { labelled } from '../layout.ts';
import type { ReportMeta } from '../meta.ts';
import { shortAddress } from '../address.ts';
import { timeSentence } from './duration.ts';
import { stateWord } from './header.ts';
import { verdictSentences, verdictWord } from './verdict.ts';

/** Of one plan. The exit code stands here when the plan is the only one. */
export function summaryLines(plan: Plan, meta: ReportMeta, width: number, only: boolean): string[] {
  const sentences = [
    `${verdictWord(plan.verdict)}:`,
    ...verdictSentences(plan),
    timeSentence(plan),
    linksSentence(plan),
    only ? exitSentence([plan], meta) : '',
  ];
  return labelled('SUMMARY', [joinVerdict(sentences)], width);
}

/** One space after the verdict's colon, two between sentences. */
function joinVerdict(sentences: readonly string[]): string {
  const [verdict = '', ...rest] = sentences.filter((part) => part !== '');
  return `${verdict} ${rest.join('  ')}`;
}

/** Of all plans of a command with several. */
export function totalLines(plans: readonly Plan[], meta: ReportMeta, width: number): string[] {
  const verdicts: readonly (readonly [Verdict, string])[] = [
    ['blocked', 'blocked'],
    ['drift', 'drifted'],
    ['changes', 'with changes'],
    ['in_sync', 'in sync'],
  ];
  const counts = verdicts
    .map(([verdict, text]) => ({ count: plans.filter((plan) => plan.verdict === verdict).length, text }))
    .filter(({ count }) => count > 0)
    .map(({ count, text }) => `${count} ${text}`);
  return labelled(
    'TOTAL',
    [`${plural(plans.length, 'topology', 'topologies')}: ${counts.join(', ') || 'none'}.`, exitSentence(plans, meta)],
    width,
  );
}

/** `Exit 0 (20 with --detailed-exitcode).`; a run that acts ends with what comes of it. */
function exitSentence(plans: readonly Plan[], meta: ReportMeta): string {
  if (meta.acting === true) return '';
  if (meta.exitCode !== undefined) return `Exit ${meta.exitCode}.`;
  const codes = planExitCodes(plans);
  if (meta.detailedExitCode === true || codes.plain === codes.detailed)
    return `Exit ${meta.detailedExitCode === true ? codes.detailed : codes.plain}.`;
  return `Exit ${codes.plain} (${codes.detailed} with --detailed-exitcode).`;
}

/** Where the links stand, when they do not all stand alike. */
function linksSentence(plan: Plan): string {
  const states = new Set(plan.links.map((link) => link.state));
  if (states.size <= 1 && !states.has('stopped') && !states.has('detached')) return '';
  return `Links: ${plan.links.map((link) => `${shortAddress(plan, link.address)} ${stateWord(link)}`).join('; ')}.`;
}
