import type { Condition } from '../../../plan/status/condition-model.ts';
import { plural } from '../../../lib/format.ts';
import { adviceFor } from '../../status/advice.ts';
import { type Html, html } from '../html.ts';
import { forTime } from '../time.ts';
import { badge, type Tone, toneOfCondition, tones } from '../tone.ts';
import { tableHtml } from '../table.ts';

const columns = [
  { header: 'Condition', plain: true },
  { header: 'Of', plain: true },
  { header: 'Why', plain: true },
  { header: 'For' },
] as const;

/** What is not as it should be first, with what to do; the rest folded away. */
export function conditionsSection(conditions: readonly Condition[], now: number): Html | null {
  if (conditions.length === 0) return null;
  const sorted = conditions.toSorted((left, right) => rank(left) - rank(right));
  const unwell = sorted.filter((one) => toneOfCondition(one) !== 'good');
  const well = sorted.filter((one) => toneOfCondition(one) === 'good');
  return html`<section aria-labelledby="conditions"><h2 id="conditions">Conditions</h2>
${unwell.length === 0 ? null : conditionsTable('Conditions that want attention', unwell, now, true)}${
    well.length === 0
      ? null
      : html`<details id="well"><summary>${plural(well.length, 'condition')} as it should be</summary>
${conditionsTable('Conditions as they should be', well, now, false)}</details>`
  }</section>\n`;
}

function rank(condition: Condition): number {
  return tones.indexOf(toneOfCondition(condition));
}

function conditionsTable(caption: string, conditions: readonly Condition[], now: number, advised: boolean): Html {
  const rows = conditions.map((condition) => {
    const tone = toneOfCondition(condition);
    return {
      cells: [
        badge(tone, `${condition.type}=${condition.status}`),
        html`<code>${condition.address}</code>`,
        html`<b>${condition.reason}</b> ${condition.message}`,
        forTime(condition.since, now),
      ],
      below: advised && wantsAdvice(tone) ? html`<p class="todo">${codeIn(adviceFor(condition))}</p>` : null,
    };
  });
  return tableHtml(caption, columns, rows, 'flowing');
}

function wantsAdvice(tone: Tone): boolean {
  return tone === 'bad' || tone === 'warn';
}

/** What stands between backquotes as code. */
export function codeIn(text: string): readonly (Html | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
