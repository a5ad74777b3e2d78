import type { Condition } from '../../plan/status/condition-model.ts';
import type { Durations } from '../durations.ts';
import type { ControllerCounters, ControllerSnapshot } from '../status/snapshot-model.ts';

/** What metrics are made of. */
export interface MetricSources {
  readonly snapshot: ControllerSnapshot;
  readonly counters: ControllerCounters;
  readonly build: { readonly version: string; readonly nodeVersion: string };
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface TimedSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly took: Durations;
}

/**
 * One metric: a name without the prefix `goatherd_`, what it says, and how its samples come out of a snapshot. What is not known has no
 * sample, never a 0: a graph with a gap is honest. Labels are names of topologies, databases, links and words of closed sets.
 */
export type Family =
  | {
      readonly name: string;
      readonly type: 'gauge' | 'counter';
      readonly help: string;
      readonly labels: readonly string[];
      /** It says something of a controller's process, not of what is replicated. */
      readonly ofController?: true;
      readonly samples: (sources: MetricSources) => readonly Sample[];
    }
  | {
      readonly name: string;
      readonly type: 'histogram';
      readonly help: string;
      readonly labels: readonly string[];
      readonly samples: (sources: MetricSources) => readonly TimedSample[];
    };

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
