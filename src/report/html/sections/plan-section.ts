import { formatCount, formatEstimate, formatRanges } from '../../../lib/format.ts';
import type { Change, Plan } from '../../../plan/model.ts';
import type { Step } from '../../../plan/step-model.ts';
import { orderedSteps, shortAddress, stepNumbers, stepWhat } from '../../address.ts';
import { sentence } from '../../layout.ts';
import { changeSymbol, changeWhat, valueText } from '../../plan-text/changes.ts';
import { waysBesideController, keptSentence, stepsText } from '../../plan-text/destructive.ts';
import { riskSentences, shortFingerprint } from '../../plan-text/header.ts';
import { lockCode, stepFlags } from '../../plan-text/steps.ts';
import { isQuiet, verdictSentences, verdictWord } from '../../plan-text/verdict.ts';
import { diagnosticsHtml } from './diagnostics.ts';
import { type Html, html } from '../html.ts';
import { badge, type Tone } from '../tone.ts';
import { tableHtml } from '../table.ts';

/** The most fields of one change that are shown; the JSON document has them all. */
const mostFields = 12;

const verdictTones: Readonly<Record<Plan['verdict'], Tone>> = { in_sync: 'good', changes: 'busy', drift: 'warn', blocked: 'bad' };

/** What would be done next: verdict, risk, drift, changes, steps, what is blocked and how to approve it, what preflight says. */
export function planSection(plan: Plan | null, running: boolean): Html | null {
  if (plan === null) return null;
  return html`<section aria-labelledby="plan"><h2 id="plan">Plan</h2>
<p class="lead">${badge(verdictTones[plan.verdict], verdictWord(plan.verdict).toLowerCase())} ${sentences(plan)}</p>
${isQuiet(plan) ? null : html`<p class="muted">Risk: ${riskSentences(plan).map(sentence).join(' ')}</p>\n`}${destructiveHtml(plan)}${changesHtml(
    plan,
    'Drift',
    plan.changes.filter(({ action }) => action === 'drift'),
  )}${changesHtml(
    plan,
    'Changes',
    plan.changes.filter(({ action }) => action !== 'drift'),
  )}${stepsHtml(plan, running)}${diagnosticsHtml(plan)}
<p class="muted">${formatCount(plan.factsChecked)} facts checked, fingerprint <code>${shortFingerprint(plan.fingerprint)}</code></p></section>\n`;
}

function sentences(plan: Plan): string {
  return isQuiet(plan) ? 'Nothing to do.' : verdictSentences(plan).join(' ');
}

function changesHtml(plan: Plan, title: string, changes: readonly Change[]): Html | null {
  if (changes.length === 0) return null;
  return html`<h3>${title}</h3>
<ul class="changes">${changes.map((change) => changeHtml(plan, change))}</ul>\n`;
}

function changeHtml(plan: Plan, change: Change): Html {
  const shown = change.fields.slice(0, mostFields);
  const more = change.fields.length - shown.length;
  return html`<li class="${change.action}"><span class="symbol" aria-hidden="true">${changeSymbol(change)}</span> <code>${shortAddress(plan, change.address)}</code> ${changeWhat(plan, change)}${
    change.reason === '' ? null : html` <span class="muted">because: ${change.reason}</span>`
  }${
    shown.length === 0
      ? null
      : html`<ul class="fields">${shown.map(
          ({ path, before, after }) =>
            html`<li><code>${path}</code> ${valueText(before)} <span aria-label="to">→</span> ${valueText(after)}</li>`,
        )}${more > 0 ? html`<li>and ${formatCount(more)} more</li>` : null}</ul>`
  }</li>\n`;
}

const stepColumns = [
  { header: '#', number: true, plain: true },
  { header: 'Step', plain: true },
  { header: 'On' },
  { header: 'Lock' },
  { header: 'Objects', number: true },
  { header: 'Estimate', number: true },
] as const;

/** While a run goes on its own table shows the steps with their states, so that of the plan is folded away. */
function stepsHtml(plan: Plan, running: boolean): Html | null {
  const steps = orderedSteps(plan);
  if (steps.length === 0) return null;
  const rows = steps.map((step, index) => ({
    cells: [
      step.seq,
      stepCell(plan, step),
      step.on.join(', '),
      step.lock.mode === 'none' ? null : html`<abbr title="${step.lock.mode}">${lockCode(step.lock.mode)}</abbr>`,
      step.objects === null ? null : formatCount(step.objects),
      step.estimateSeconds === null ? null : formatEstimate(step.estimateSeconds),
    ],
    below: blockedBelow(steps, index),
  }));
  const table = tableHtml('Steps in order', stepColumns, rows, 'flowing');
  if (running) return html`<details id="steps"><summary>${formatCount(steps.length)} steps of the plan</summary>${table}</details>\n`;
  return html`<h3>Steps</h3>\n${table}`;
}

function stepCell(plan: Plan, step: Step): Html {
  const holds = step.gate === null ? [] : stepNumbers(plan, step.gate.holds);
  return html`<span class="symbol" aria-hidden="true">${step.symbol}</span> ${step.gate === null ? null : html`<b>wait</b> `}${stepWhat(plan, step)}${
    holds.length === 0 ? null : html` <span class="muted">holds ${formatRanges(holds)}</span>`
  }${stepFlags(step).includes('D') ? html` <span class="flag">destructive</span>` : null}`;
}

/** Once for each run of steps that the same reason blocks, below the last of them. */
function blockedBelow(steps: readonly Step[], index: number): Html | null {
  const reason = steps[index]?.blocked ?? null;
  if (reason === null || steps[index + 1]?.blocked === reason) return null;
  const before = steps.slice(0, index + 1);
  const same = before.slice(before.findLastIndex(({ blocked }) => blocked !== reason) + 1).map(({ seq }) => seq);
  return html`<p class="blocked">${same.length === 1 ? 'Step' : 'Steps'} ${formatRanges(same)} blocked: ${reason}</p>`;
}

/** What cannot be undone, and the exact text that approves it. */
function destructiveHtml(plan: Plan): Html | null {
  const steps = orderedSteps(plan).filter((step) => step.destructive);
  if (steps.length === 0 && plan.approvals.required.length === 0) return null;
  return html`<div class="box bad" id="approve"><h3>Destructive</h3>
<ul>${steps.map((step) => html`<li>${step.seq} ${stepWhat(plan, step)}${step.before.map((fact) => html`<br><span class="muted">${fact}</span>`)}</li>`)}</ul>
<p>${keptSentence(steps)}</p>
${plan.approvals.required.map(
  ({ id, given, cap, steps: ids }) =>
    html`<p>Approval <code>${id}</code> for ${stepsText(stepNumbers(plan, ids))} is ${given ? 'given' : html`<b>missing</b>`}${cap === undefined ? '' : `, and over a limit of this host: ${cap}`}.</p>\n`,
)}${waysBesideController(plan).map(({ say, text }) => html`<p>${say}:</p><pre class="way" tabindex="0">${text}</pre>\n`)}</div>\n`;
}
