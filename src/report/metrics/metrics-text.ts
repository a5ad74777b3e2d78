import { Counter, Gauge, Histogram, type HistogramConfiguration, Registry } from '@prometheus-io/client';
import { durationBounds } from '../durations.ts';
import { controllerFamilies } from './controller-families.ts';
import type { Family, FamilyOf, LookSources, MetricSources, TimedSample } from './family.ts';
import { linkFamilies } from './link-families.ts';
import { topologyFamilies } from './topology-families.ts';

export const metricPrefix = 'goatherd_';

/** Every metric of the controller, in the order of the text. */
export const metricFamilies: readonly Family[] = [...controllerFamilies, ...topologyFamilies, ...linkFamilies];

/** The Prometheus text of one moment of a controller: a function of what it is given, nothing is kept between two calls. */
export async function metricsText(sources: MetricSources): Promise<string> {
  return textOf(metricFamilies, sources);
}

/** The same of what one look tells, for the textfile collector of a node exporter: nothing of a controller, no counter and no histogram. */
export async function lookText(sources: LookSources): Promise<string> {
  return textOf(
    metricFamilies.filter((family) => family.type === 'gauge').filter((family) => family.ofController !== true),
    sources,
  );
}

async function textOf<Sources>(families: readonly FamilyOf<Sources>[], sources: Sources): Promise<string> {
  const registry = new Registry();
  for (const family of families) register(registry, family, sources);
  return registry.metrics();
}

function register<Sources>(registry: Registry, family: FamilyOf<Sources>, sources: Sources): void {
  const { help, labels, type } = family;
  const config = { name: `${metricPrefix}${family.name}`, help, labelNames: labels, registers: [registry] };
  switch (type) {
    case 'gauge': {
      const samples = family.samples(sources);
      // A gauge without labels would begin with a 0 that nobody measured.
      const gauge = samples.length === 0 ? null : new Gauge(config);
      for (const sample of samples) gauge?.set(sample.labels, sample.value);
      return;
    }
    case 'counter': {
      const counter = new Counter(config);
      for (const sample of family.samples(sources)) counter.inc(sample.labels, sample.value);
      return;
    }
    case 'histogram':
      new CountedHistogram({ ...config, buckets: [...durationBounds] }).counted = family.samples(sources);
      return;
  }
}

/** A histogram of what was counted elsewhere: the client's own only counts what it is told one by one. */
class CountedHistogram extends Histogram<string> {
  counted: readonly TimedSample[] = [];
  readonly #about: { readonly name: string; readonly help: string };

  constructor(config: HistogramConfiguration<string>) {
    super(config);
    this.#about = { name: config.name, help: config.help };
  }

  /** What the registry asks a histogram for. */
  async getForPromString() {
    const values = this.counted.flatMap((sample) => series(this.#about.name, sample));
    return Promise.resolve({ ...this.#about, type: 'histogram', values });
  }
}

function series(name: string, { labels, took }: TimedSample) {
  return [
    ...took.buckets.map((value, index) => ({
      metricName: `${name}_bucket`,
      labels: { le: String(durationBounds[index] ?? ''), ...labels },
      value,
    })),
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: took.count },
    { metricName: `${name}_sum`, labels, value: took.sum },
    { metricName: `${name}_count`, labels, value: took.count },
  ];
}
