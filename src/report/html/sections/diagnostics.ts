import type { Diagnostic, Plan } from '../../../plan/model.ts';
import { shortAddress } from '../../address.ts';
import { diagnosticCounts, diagnosticGroups, objectsText, placeText } from '../../plan-text/diagnostics.ts';
import { type Html, html } from '../html.ts';
import { badge, type Tone } from '../tone.ts';
import { codeIn } from './conditions-section.ts';

const severityTones: Readonly<Record<Diagnostic['severity'], Tone>> = { error: 'bad', warning: 'warn', note: 'off' };

/** What preflight says, gravest first, each with what to do. */
export function diagnosticsHtml(plan: Plan): Html | null {
  if (plan.diagnostics.length === 0) return null;
  const all = diagnosticGroups(plan).flatMap(({ diagnostics }) => diagnostics);
  return html`<h3>Preflight <span class="muted">${diagnosticCounts(plan.diagnostics)}</span></h3>
<ul class="diagnostics">${all.map((diagnostic) => diagnosticHtml(plan, diagnostic))}</ul>\n`;
}

function diagnosticHtml(plan: Plan, diagnostic: Diagnostic): Html {
  const { severity, code, message, objects, hint, address } = diagnostic;
  const place = placeText(diagnostic);
  return html`<li>${badge(severityTones[severity], code)} <code>${shortAddress(plan, address)}</code> ${message}${
    objects.length === 0 ? null : html`<br><code class="muted">${objectsText(objects)}</code>`
  }${hint === '' ? null : html`<br>→ ${codeIn(hint)}`}${place === '' ? null : html`<br><span class="muted">at ${place}</span>`}</li>\n`;
}
