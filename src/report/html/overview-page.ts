import { plural } from '../../lib/format.ts';
import type { ControllerSnapshot, TopologySnapshot } from '../status/snapshot-model.ts';
import { attentionList } from './sections/attention.ts';
import { cleanSnapshot } from './clean-snapshot.ts';
import { conditionsSection } from './sections/conditions-section.ts';
import { bannersHtml, controllerLine, revisionsHtml } from './sections/controller-section.ts';
import { graphHtml } from './sections/graph.ts';
import { type Html, html } from './html.ts';
import { pageHtml } from './page.ts';
import { agoTime } from './time.ts';
import { badge, stateOfTopology, type Tone, tones } from './tone.ts';

/** The page of all topologies as text: the verdict first, then those that are not well. `now`: epoch milliseconds, for ages. */
export function overviewPage(given: ControllerSnapshot, now: number): string {
  const snapshot = cleanSnapshot(given);
  const { sentence, tone } = overallVerdict(snapshot);
  const sorted = snapshot.topologies.toSorted((left, right) => rank(left) - rank(right));
  const main = html`<h1>${badge(tone, sentence)}</h1>
${controllerLine(snapshot, now)}${bannersHtml(snapshot, now)}${stripHtml(snapshot.topologies)}${sorted.map((topology) =>
    cardHtml(topology, now),
  )}${conditionsSection(snapshot.conditions, now)}${revisionsHtml(snapshot.source)}`;
  return pageHtml({ title: `${sentence} · goatherd`, tone, main, snapshot });
}

/** The first thing a person reads. */
export function overallVerdict({ topologies, lastLoopAt, problems }: ControllerSnapshot): {
  readonly sentence: string;
  readonly tone: Tone;
} {
  const states = topologies.map(stateOfTopology);
  const worst = tones.find((one) => states.some(({ tone }) => tone === one)) ?? 'off';
  const broken = problems.some(({ severity }) => severity === 'error');
  if (topologies.length === 0)
    return lastLoopAt === null ? { sentence: 'starting', tone: 'busy' } : { sentence: 'no topology', tone: broken ? 'bad' : 'off' };
  const unwell = states.filter(({ tone }) => tone === 'bad' || tone === 'warn' || tone === 'busy').length;
  if (unwell > 0) return { sentence: `${unwell} of ${plural(topologies.length, 'topology', 'topologies')} not ready`, tone: worst };
  const all = topologies.length === 1 ? '1 topology ready' : `all ${topologies.length} topologies ready`;
  const off = states.filter(({ tone }) => tone === 'off').length;
  if (off > 0)
    return {
      sentence: `${topologies.length - off} of ${topologies.length} topologies ready, ${off} suspended`,
      tone: broken ? 'warn' : 'off',
    };
  return { sentence: all, tone: broken ? 'warn' : 'good' };
}

function rank(topology: TopologySnapshot): number {
  return tones.indexOf(stateOfTopology(topology).tone);
}

/** Every topology in one line, by name: where to click. */
function stripHtml(topologies: readonly TopologySnapshot[]): Html | null {
  if (topologies.length < 2) return null;
  return html`<nav aria-label="Topologies"><ul class="strip">${topologies.map((topology) => {
    const { tone } = stateOfTopology(topology);
    return html`<li><a href="#${topology.name}">${badge(tone, topology.name)}</a></li>\n`;
  })}</ul></nav>\n`;
}

function cardHtml(topology: TopologySnapshot, now: number): Html {
  const { name, status, observedAt } = topology;
  const { word, tone } = stateOfTopology(topology);
  const reasons = status === null || status.reasons.length === 0 ? '' : status.reasons.join('; ');
  return html`<article id="${name}" class="card" aria-labelledby="${name}-name">
<h2 id="${name}-name"><a href="/topologies/${name}">${name}</a> ${badge(tone, word)}</h2>
<p class="muted">${reasons}${observedAt === null ? null : html`<span class="aside">observed ${agoTime(observedAt, now)}</span>`}</p>
${attentionList(topology, now)}${graphHtml(topology)}</article>\n`;
}
