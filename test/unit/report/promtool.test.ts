import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { metricsText } from '../../../src/report/metrics/metrics-text.ts';
import { processMetrics } from '../../../src/server/process-metrics.ts';
import { counters, snapshots } from './snapshots.ts';

const MONITORING = join(import.meta.dirname, '../../../examples/monitoring');
const installed = (await execa('promtool', ['--version'], { reject: false })).exitCode === 0;

/** What Prometheus itself says; `apt-get install --no-install-recommends prometheus` brings the tool. */
async function promtool(args: readonly string[], input = ''): Promise<{ readonly exitCode: number | undefined; readonly said: string }> {
  const { exitCode, all } = await execa('promtool', args, { cwd: MONITORING, input, all: true, reject: false });
  return { exitCode, said: all };
}

describe('Prometheus', () => {
  test.beforeEach(({ skip }) => {
    if (!installed) skip('no promtool');
  });

  test('takes the alert rules', async () => {
    const { exitCode, said } = await promtool(['check', 'rules', 'prometheus-rules.yaml']);
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringMatching(/SUCCESS: \d+ rules found/) });
  });

  test('raises the alerts when they are meant, with their words, and not before', async () => {
    const { exitCode, said } = await promtool(['test', 'rules', 'prometheus-rules-test.yaml']);
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining('SUCCESS') });
  });

  test.each(['ready', 'several', 'copying', 'outage', 'injected'])('finds nothing to say of the metrics of %s', async (name) => {
    const snapshot = snapshots[name];
    if (snapshot === undefined) throw new Error(name);
    const text = await metricsText({ snapshot, counters, build: { version: '0.1.0', nodeVersion: 'v24.0.0' } });
    expect(await promtool(['check', 'metrics'], `${text}\n${await processMetrics().metrics()}`)).toEqual({ exitCode: 0, said: '' });
  });
});
