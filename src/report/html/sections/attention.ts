import { formatTimestamp, plural } from '../../../lib/format.ts';
import { missingApprovals } from '../../plan-text/verdict.ts';
import type { TopologySnapshot } from '../../status/snapshot-model.ts';
import type { LinkStatus } from '../../../plan/status/status-model.ts';
import { type Content, type Html, html } from '../html.ts';
import { forTime } from '../time.ts';
import { badge, type Tone, toneOfLink, tones } from '../tone.ts';

interface Item {
  readonly tone: Tone;
  readonly word: string;
  readonly content: Content;
}

/** What a person should know before all else, the gravest first; nothing where all is well. */
export function attentionList(topology: TopologySnapshot, now: number): Html | null {
  const items = [...linkItems(topology, now), ...approvalItems(topology), ...suspectItems(topology), ...suspensionItems(topology)];
  if (items.length === 0) return null;
  const sorted = items.toSorted((left, right) => tones.indexOf(left.tone) - tones.indexOf(right.tone));
  return html`<ul class="attention">${sorted.map(({ tone, word, content }) => html`<li>${badge(tone, word)} ${content}</li>\n`)}</ul>\n`;
}

/** Links that do not replicate though they should, each with the reason where one is known. */
function linkItems(topology: TopologySnapshot, now: number): Item[] {
  const links = topology.status?.links ?? [];
  return links
    .filter(({ state }) => toneOfLink(state) === 'bad')
    .map((link) => ({
      tone: 'bad',
      word: `${link.id} ${link.state}`,
      content: [link.since === null ? null : html`for ${forTime(link.since, now)}. `, whyOf(topology, link)],
    }));
}

function whyOf({ conditions, retries, plan }: TopologySnapshot, { address, notes }: LinkStatus): string {
  const [note] = notes;
  if (note !== undefined) return note;
  const condition = conditions.find((one) => one.address === address && one.status === 'False' && one.type !== 'Ready');
  if (condition !== undefined) return condition.message === '' ? condition.reason : `${condition.reason}: ${condition.message}`;
  const step = plan?.steps.find((one) => one.address === address && one.blocked !== null && !one.blocked.startsWith('waits for step'));
  return retries.find((one) => one.address === address)?.error ?? step?.blocked ?? '';
}

function approvalItems({ name, plan }: TopologySnapshot): Item[] {
  if (plan === null) return [];
  return missingApprovals(plan).map((id) => {
    const steps = plan.approvals.required.filter((one) => one.id === id).flatMap((one) => one.steps);
    return {
      tone: 'warn',
      word: 'approval missing',
      content: html`<code>${id}</code> for ${plural(steps.length, 'step')}: <a href="/topologies/${name}#approve">read what it would do</a>`,
    };
  });
}

function suspectItems({ plan }: TopologySnapshot): Item[] {
  return (plan?.links ?? []).flatMap(({ address, suspect }): Item[] =>
    suspect === null ? [] : [{ tone: 'warn', word: `${address.split('/')[1] ?? address} suspect`, content: suspect }],
  );
}

function suspensionItems({ suspended }: TopologySnapshot): Item[] {
  if (suspended === null) return [];
  const until = suspended.until === null ? 'until it is resumed' : `until ${formatTimestamp(suspended.until)}`;
  return [{ tone: 'off', word: 'suspended', content: `by ${suspended.by}, ${until}: ${suspended.reason}` }];
}
