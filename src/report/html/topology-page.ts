import type { ControllerSnapshot, TopologySnapshot } from '../status/snapshot-model.ts';
import { attentionList } from './sections/attention.ts';
import { cleanSnapshot } from './clean-snapshot.ts';
import { conditionsSection } from './sections/conditions-section.ts';
import { bannersHtml, revisionsHtml } from './sections/controller-section.ts';
import { graphHtml } from './sections/graph.ts';
import { historySection } from './sections/history-section.ts';
import { type Html, html } from './html.ts';
import { linksSection } from './sections/links-section.ts';
import { pageHtml } from './page.ts';
import { planSection } from './sections/plan-section.ts';
import { runSection } from './sections/run-section.ts';
import { agoTime } from './time.ts';
import { badge, stateOfTopology } from './tone.ts';

/** Everything that is known of one topology, as text; undefined when there is none of that name. `now`: epoch milliseconds, for ages. */
export function topologyPage(given: ControllerSnapshot, name: string, now: number): string | undefined {
  const found = given.topologies.find((topology) => topology.name === name);
  if (found === undefined) return undefined;
  // The others need not be cleaned.
  const snapshot = cleanSnapshot({ ...given, topologies: [found], problems: problemsOf(given, found) });
  const [topology = found] = snapshot.topologies;
  const { word, tone } = stateOfTopology(topology);
  const running = topology.run !== null && topology.run.endedAt === null;
  const main = html`<p class="crumb"><a href="/">All topologies</a></p>
<h1>${topology.name} ${badge(tone, word)}</h1>
${factsHtml(topology, now)}${bannersHtml({ ...snapshot, notes: ownNotes(topology) }, now)}${attentionList(topology, now)}${graphHtml(
    topology,
  )}${linksSection(topology, now)}${runSection(topology.run, now)}${planSection(topology.plan, running)}${conditionsSection(
    topology.conditions,
    now,
  )}${historySection(topology, now)}<section aria-labelledby="revisions"><h2 id="revisions">Revisions</h2>
${revisionsHtml(topology)}</section>\n`;
  return pageHtml({ title: `${topology.name} ${word} · goatherd`, tone, main, snapshot });
}

/** What no other part of the page says: missing approvals stand among what wants attention. */
function ownNotes({ status }: TopologySnapshot): readonly string[] {
  return (status?.notes ?? []).filter((note) => !note.startsWith('approval '));
}

/** Those of its own file. */
function problemsOf({ problems }: ControllerSnapshot, { file }: TopologySnapshot): ControllerSnapshot['problems'] {
  return problems.filter(({ at }) => at.file === file);
}

function factsHtml({ status, file, observedAt, nextLookAt }: TopologySnapshot, now: number): Html {
  const reasons = status === null || status.reasons.length === 0 ? null : html`${status.reasons.join('; ')} · `;
  const observed = observedAt === null ? 'not observed yet' : html`observed ${agoTime(observedAt, now)}`;
  const next = nextLookAt === null ? null : html` · next look ${agoTime(nextLookAt, now)}`;
  return html`<p class="muted">${reasons}<code>${file}</code> · ${observed}${next}</p>\n`;
}
