import type { Problem } from '../../topology/model.ts';
import type { TopologySnapshot } from '../status/snapshot-model.ts';
import type { MetricSources } from './family.ts';
import { metricFamilies, textOf } from './metrics-text.ts';

/** What one command saw, without a controller. */
export interface Looked {
  readonly topologies: readonly TopologySnapshot[];
  readonly problems: readonly Problem[];
  readonly build: MetricSources['build'];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What a single look can tell: no counter and no histogram, which begin with a process, and nothing of a controller. */
export const textfileFamilies = metricFamilies.filter((family) => family.type === 'gauge' && family.ofController !== true);

/** The Prometheus text for the textfile collector of a node exporter. */
export async function textfileText({ topologies, problems, build, now }: Looked): Promise<string> {
  const nowhere = {
    kind: 'directory',
    place: '',
    ref: null,
    desired: null,
    attempted: null,
    applied: null,
    readAt: null,
    error: null,
  } as const;
  const snapshot: MetricSources['snapshot'] = {
    tool: `goatherd ${build.version}`,
    host: '',
    startedAt: now,
    now,
    lastLoopAt: null,
    role: 'stopping',
    holder: null,
    source: nowhere,
    conditions: [],
    topologies,
    problems,
    notes: [],
  };
  const counters: MetricSources['counters'] = {
    reconciles: {},
    errors: {},
    locks: [],
    steps: [],
    driftCorrected: [],
    daemonRestarts: [],
    sourceFetches: { ok: 0, failed: 0 },
    durations: [],
  };
  return textOf(textfileFamilies, { snapshot, counters, build });
}
