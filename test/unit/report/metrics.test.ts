import { describe, expect, test } from 'vitest';
import { lookText, metricFamilies, metricPrefix, metricsText } from '../../../src/report/metrics/metrics-text.ts';
import { expectGolden } from './golden.ts';
import { counters, noCounters, snapshots } from './snapshots.ts';

const build = { version: '0.1.0', nodeVersion: 'v24.0.0' };
const text = async (name: string, given = counters) => metricsText({ snapshot: snapshots[name]!, counters: given, build });
const lines = async (name: string, metric: string) =>
  (await text(name)).split('\n').filter((line) => new RegExp(`^goatherd_${metric}[{ ]`).test(line));

test.each(['several', 'copying'])('the metrics of %s', async (name) => {
  expectGolden(`metrics-${name}.txt`, await text(name));
});

describe('what is not known is absent', () => {
  test('lag and backlog of a link that waits', async () => {
    expect(await lines('copying', 'replication_lag_seconds')).toEqual([
      'goatherd_replication_lag_seconds{topology="archive",link="a-b"} 0.4',
    ]);
    expect(await lines('copying', 'delta_rows_pending')).toEqual([
      'goatherd_delta_rows_pending{topology="archive",link="a-b"} 12',
      'goatherd_delta_rows_pending{topology="archive",link="b-c"} 12',
      'goatherd_delta_rows_pending{topology="orders",link="a-b"} 18204',
    ]);
  });

  test('everything of a controller that has not looked yet', async () => {
    const found = await metricsText({ snapshot: snapshots['starting']!, counters: noCounters, build });
    expect(found.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'goatherd_build_info{version="0.1.0",node_version="v24.0.0"} 1',
      'goatherd_run_lock_held 0',
      'goatherd_source_fetch_total{result="ok"} 0',
      'goatherd_source_fetch_total{result="failed"} 0',
      expect.stringMatching(/^goatherd_source_last_success_timestamp_seconds \d+$/),
      'goatherd_file_problems{severity="error"} 0',
      'goatherd_file_problems{severity="warning"} 0',
      'goatherd_suspended{topology="orders"} 0',
      expect.stringMatching(/^goatherd_revision_info\{topology="orders",role="desired",/),
    ]);
  });
});

test('a condition has three series, and exactly one of them is 1', async () => {
  const series = (await lines('outage', 'condition')).filter((line) => line.includes('database="c"'));
  expect(series).toEqual([
    'goatherd_condition{topology="orders",link="",database="c",type="Reachable",status="True"} 0',
    'goatherd_condition{topology="orders",link="",database="c",type="Reachable",status="False"} 1',
    'goatherd_condition{topology="orders",link="",database="c",type="Reachable",status="Unknown"} 0',
  ]);
});

test('a histogram counts what was counted elsewhere', async () => {
  expect(await lines('ready', 'step_duration_seconds_(?:sum|count)')).toEqual([
    'goatherd_step_duration_seconds_sum{kind="triggers"} 65.2',
    'goatherd_step_duration_seconds_count{kind="triggers"} 3',
    'goatherd_step_duration_seconds_sum{kind="start_daemon"} 30',
    'goatherd_step_duration_seconds_count{kind="start_daemon"} 1',
  ]);
  const buckets = await lines('ready', 'step_duration_seconds_bucket');
  expect(buckets).toContain('goatherd_step_duration_seconds_bucket{le="0.25",kind="triggers"} 1');
  expect(buckets).toContain('goatherd_step_duration_seconds_bucket{le="+Inf",kind="triggers"} 3');
});

test('facts that have drifted are counted where they are, and add up to what the plan counts', async () => {
  const plans = snapshots['drift']!.topologies.map(({ plan }) => plan!);
  const series = (await lines('drift', 'drift_facts')).map((line) => Number(line.split(' ')[1]));
  expect(series).toHaveLength(plans.reduce((sum, { links }) => sum + (links.length + 1) * 3, 0));
  const counted = plans.reduce((sum, { counts }) => sum + counts.drift, 0);
  expect(series.reduce((sum, one) => sum + one, 0)).toBe(counted);
  expect(counted).toBeGreaterThan(0);
});

test('names keep to the rules of Prometheus', () => {
  for (const { name, type, labels, help } of metricFamilies) {
    expect(`${metricPrefix}${name}`).toMatch(/^goatherd_[a-z]+(?:_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(labels.filter((label) => !/^[a-z_]+$/.test(label))).toEqual([]);
    expect(help).toMatch(/\.$/);
    // A scrape puts these on every series.
    expect(labels).not.toContain('instance');
    expect(labels).not.toContain('job');
  }
  expect(new Set(metricFamilies.map(({ name }) => name)).size).toBe(metricFamilies.length);
});

test('a name from a database cannot break out of its label', async () => {
  for (const line of (await text('injected')).split('\n')) {
    expect(line).toMatch(/^$|^# (?:HELP|TYPE) goatherd_|^goatherd_[a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? [\d.e+-]+$/);
  }
});

test('the file of a single look says of topologies what a controller says, and nothing of a controller or of a process', async () => {
  const { topologies, problems } = snapshots['several']!;
  const series = (all: string): string[] => all.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const found = series(await lookText({ snapshot: { topologies, problems, conditions: [] }, build }));
  expect(found.filter((line) => !line.includes('topology="'))).toEqual([
    'goatherd_build_info{version="0.1.0",node_version="v24.0.0"} 1',
    expect.stringMatching(/^goatherd_file_problems\{severity="error"\} /),
    expect.stringMatching(/^goatherd_file_problems\{severity="warning"\} /),
  ]);
  const gauges = new Set(metricFamilies.filter(({ type }) => type === 'gauge').map(({ name }) => `${metricPrefix}${name}`));
  const ofController = series(await text('several')).filter(
    (line) => gauges.has(/^\w+/.exec(line)?.[0] ?? '') && line.includes('topology="') && !line.includes('topology=""'),
  );
  expect(found.filter((line) => line.includes('topology="'))).toEqual(ofController);
});
