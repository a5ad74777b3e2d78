/**
 * The first lines of a plan: which topology, the verdict, the risk. And the one line of a plan with nothing to do.
 */
import type { LinkSummary, Plan } from '../../plan/model.ts';
import { formatCount, formatMilliseconds, formatTimestamp, plural } from '../../lib/format.ts';
import { labelled, sentence } from '../layout.ts';
import type { ReportMeta } from '../meta.ts';
import type { Style } from '../style.ts';
import { shortAddress } from '../address.ts';
import { errorsSentence, suspectSentence, verdictSentences, verdictWord } from './verdict.ts';

/** Line 1 what and when, line 2 the verdict, then the risk. */
export function headerLines(plan: Plan, meta: ReportMeta, width: number, style: Style): string[] {
  const title = [style.heading(titleOf(plan, meta)), plan.file, observed(meta), `facts ${shortFingerprint(plan.fingerprint)}`];
  return [
    // Not wrapped, whatever the width: the verdict is on line 2.
    title.filter((part) => part !== '').join('   '),
    ...labelled(paintVerdict(plan, style), verdictSentences(plan), width),
    ...labelled('RISK', riskSentences(plan).map(sentence), width),
  ];
}

/** `orders @ 4f2c9e1`. */
export function titleOf(plan: Plan, meta: ReportMeta): string {
  return meta.revision === undefined ? plan.topology : `${plan.topology} @ ${meta.revision}`;
}

function observed(meta: ReportMeta): string {
  if (meta.observedAt === undefined) return '';
  const took = meta.observedMs === undefined ? '' : ` in ${formatMilliseconds(meta.observedMs)}`;
  return `observed ${formatTimestamp(meta.observedAt)}${took}`;
}

/** The first twelve digits: an approval id has another form, so the two cannot be taken for each other (DESIGN 5). */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.replace(/^sha256:/, '').slice(0, 12);
}

/** The verdict's word in its colour. */
export function paintVerdict(plan: Plan, style: Style): string {
  const word = verdictWord(plan.verdict);
  switch (plan.verdict) {
    case 'in_sync':
      return style.good(word);
    case 'changes':
      return style.heading(word);
    case 'drift':
      return style.warn(word);
    case 'blocked':
      return style.bad(word);
  }
}

/** The plan's own sentences; where it has none, what the locks and the hazards say. */
export function riskSentences(plan: Plan): readonly string[] {
  if (plan.risk.sentences.length > 0) return plan.risk.sentences;
  const locks = plan.risk.maxLock === 'none' ? 'No lock on a table of yours' : `${plan.risk.maxLock} at most on tables of yours`;
  return [locks, plan.risk.destructive ? 'Some steps cannot be undone: see below' : 'Nothing is emptied or dropped'];
}

/** One line, however long: a plan with nothing to do is said once. */
export function quietLine(plan: Plan, meta: ReportMeta, style: Style): string {
  const took = meta.observedMs === undefined ? '' : ` in ${formatMilliseconds(meta.observedMs)}`;
  const checked = `${plural(plan.links.length, 'link')}, ${plural(plan.factsChecked, 'fact')} checked${took}.`;
  return [
    style.heading(titleOf(plan, meta)),
    paintVerdict(plan, style),
    checked,
    ...linkSentences(plan),
    errorsSentence(plan),
    suspectSentence(plan),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** Each link by itself while they are few; their sum when they are many. */
function linkSentences(plan: Plan): string[] {
  const unusual = plan.links
    .filter((link) => link.state !== 'converged')
    .map((link) => `${shortAddress(plan, link.address)} ${stateWord(link)}.`);
  if (plan.links.length <= 3) return plan.links.map((link) => `${shortAddress(plan, link.address)}: ${linkFacts(link)}.`);
  const tables = plan.links.reduce((sum, link) => sum + link.tables, 0);
  return [`${formatCount(tables)} tables in all.`, ...unusual];
}

function linkFacts(link: LinkSummary): string {
  const parts = [plural(link.tables, 'table')];
  if (link.sequences > 0) parts.push(plural(link.sequences, 'sequence'));
  if (link.copy !== null) parts.push(link.copy.replace(/\.$/, ''));
  if (link.state !== 'converged') parts.push(stateWord(link));
  return parts.join(', ');
}

/** The state of a link as the last line says it. */
export function stateWord(link: LinkSummary): string {
  switch (link.state) {
    case 'converged':
      return 'converged';
    case 'pending':
      return 'pending';
    case 'blocked':
      return 'blocked';
    case 'stopped':
      return 'stopped, as declared';
    case 'detached':
      return 'detached, as declared';
  }
}
