import type { Condition } from '../../plan/status/condition-model.ts';
import type { Durations } from '../durations.ts';
import type { ControllerCounters, ControllerSnapshot } from '../status/snapshot-model.ts';

/** What one look at the topologies tells, with a controller or without. */
export interface LookSources {
  readonly snapshot: Pick<ControllerSnapshot, 'topologies' | 'problems' | 'conditions'>;
  readonly build: { readonly version: string; readonly nodeVersion: string };
}

/** What a controller tells. */
export interface MetricSources extends LookSources {
  readonly snapshot: ControllerSnapshot;
  readonly counters: ControllerCounters;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface TimedSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly took: Durations;
}

interface FamilyHead {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** It says something of a controller's process, not of what is replicated. Counters and histograms, which begin with a process, always do. */
  readonly ofController?: boolean;
}

interface Gauge<Sources> extends FamilyHead {
  readonly type: 'gauge';
  readonly samples: (sources: Sources) => readonly Sample[];
}

interface Counter<Sources> extends FamilyHead {
  readonly type: 'counter';
  readonly samples: (sources: Sources) => readonly Sample[];
}

interface Histogram<Sources> extends FamilyHead {
  readonly type: 'histogram';
  readonly samples: (sources: Sources) => readonly TimedSample[];
}

/**
 * One metric: a name without the prefix `goatherd_`, what it says, and how its samples come out of what was seen. What is not known has no
 * sample, never a 0: a graph with a gap is honest. Labels are names of topologies, databases, links and words of closed sets.
 */
export type FamilyOf<Sources> = Gauge<Sources> | Counter<Sources> | Histogram<Sources>;

/** A metric that one look can tell. */
export interface LookFamily extends Gauge<LookSources> {
  readonly ofController?: false;
}

interface ControllerGauge extends Gauge<MetricSources> {
  readonly ofController: true;
}

/** A metric of a controller's process: what it is about, and what it has counted since it began. */
export type ControllerFamily = ControllerGauge | Counter<MetricSources> | Histogram<MetricSources>;

export type Family = LookFamily | ControllerFamily;

/** A sample where there is a value, none where it is null. */
export function known(labels: Sample['labels'], value: number | null | undefined): readonly Sample[] {
  return value === null || value === undefined ? [] : [{ labels, value }];
}

/** Epoch milliseconds as the seconds that Prometheus counts in. */
export function timestamp(labels: Sample['labels'], milliseconds: number | null | undefined): readonly Sample[] {
  return known(labels, milliseconds === null || milliseconds === undefined ? null : milliseconds / 1000);
}

/** `orders/a-b` is a link of a topology, `orders/a` a database, `orders` the topology, `controller` none of them. */
export function addressLabels(address: Condition['address']): { topology: string; link: string; database: string } {
  if (address === 'controller') return { topology: '', link: '', database: '' };
  const [topology = '', rest = ''] = address.split(/\/(.*)/, 2);
  return rest.includes('-') ? { topology, link: rest, database: '' } : { topology, link: '', database: rest };
}
