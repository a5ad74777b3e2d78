import { messagePage } from '../report/html/message-page.ts';
import { overviewPage } from '../report/html/overview-page.ts';
import { iconSvg } from '../report/html/page.ts';
import { tones } from '../report/html/tone.ts';
import { topologyPage } from '../report/html/topology-page.ts';
import { metricsText } from '../report/metrics/metrics-text.ts';
import { controllerDocument } from '../report/status/status-api.ts';
import type { ControllerCounters, ControllerSnapshot } from '../report/status/snapshot-model.ts';
import { type Answer, textAnswer, types } from './answer.ts';

/** What the answers are made of. */
export interface Scene {
  readonly snapshot: () => ControllerSnapshot;
  readonly counters: () => ControllerCounters;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly build: { readonly version: string; readonly nodeVersion: string };
  /** The text of the process's own metrics. */
  readonly processMetrics: () => Promise<string>;
}

/** A controller whose last loop ended longer ago than this hangs; milliseconds. */
const hangsAfter = 600_000;

/** For these no token is wanted: they say one word, to whoever watches the process. */
export const openPaths: readonly string[] = ['/livez', '/readyz'];

/** What a path is answered with; every path has an answer. `/events` is no matter of here. */
export async function answerTo(path: string, scene: Scene): Promise<Answer> {
  const topology = /^\/topologies\/(?<name>[a-z][a-z0-9_]{0,15})$/.exec(path)?.groups?.['name'];
  if (topology !== undefined) return topologyAnswer(topology, scene);
  const tone = tones.find((one) => path === `/icons/${one}.svg`);
  if (tone !== undefined) return { status: 200, type: types.svg, body: iconSvg(tone) };
  switch (path) {
    case '/':
      return { status: 200, type: types.html, body: overviewPage(scene.snapshot(), scene.clock()) };
    case '/livez':
      return liveAnswer(scene);
    case '/readyz':
      return readyAnswer(scene);
    case '/metrics':
      return { status: 200, type: types.metrics, body: await allMetrics(scene) };
    case '/api/status':
      return { status: 200, type: types.json, body: `${JSON.stringify(controllerDocument(scene.snapshot()), null, 2)}\n` };
    default:
      return notFound('There is nothing here', 'The address is not one of this server.', scene);
  }
}

function topologyAnswer(name: string, scene: Scene): Answer {
  const body = topologyPage(scene.snapshot(), name, scene.clock());
  if (body === undefined)
    return notFound('No such topology', `The source declares no topology ${name}, and none of that name is known.`, scene);
  return { status: 200, type: types.html, body };
}

function notFound(title: string, message: string, scene: Scene): Answer {
  return { status: 404, type: types.html, body: messagePage(title, message, scene.snapshot()) };
}

function liveAnswer({ snapshot, clock }: Scene): Answer {
  const { lastLoopAt, startedAt } = snapshot();
  const silent = clock() - (lastLoopAt ?? startedAt);
  if (silent <= hangsAfter) return textAnswer(200, 'alive');
  return textAnswer(503, `no loop has ended for ${Math.round(silent / 1000)} s`);
}

function readyAnswer({ snapshot }: Scene): Answer {
  const { lastLoopAt, role } = snapshot();
  if (role === 'stopping') return textAnswer(503, 'stopping');
  return lastLoopAt === null ? textAnswer(503, 'nothing observed yet') : textAnswer(200, 'ready');
}

async function allMetrics({ snapshot, counters, build, processMetrics }: Scene): Promise<string> {
  return `${await metricsText({ snapshot: snapshot(), counters: counters(), build })}\n${await processMetrics()}`;
}
