import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { processMetrics } from '../../../src/server/process-metrics.ts';
import { metricFamilies, metricPrefix } from '../../../src/report/metrics/metrics-text.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../../../examples/monitoring', name), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const { groups } = parse(read('prometheus-rules.yaml')) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
  panels: Panel[];
  templating: { list: { name: string; query: string | { query: string } }[] };
};

/** Names of metrics with the labels that they have; null where the scrape adds them. */
const known = new Map<string, readonly string[] | null>([
  ['up', null],
  ...metricFamilies.flatMap(({ name, type, labels }) =>
    (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map((suffix) => [`${metricPrefix}${name}${suffix}`, labels] as const),
  ),
  ...processMetrics()
    .getMetricsAsArray()
    .map(({ name }) => [name, null] as const),
]);

/** Labels that a scrape, or the kind of metric, adds to all. */
const everywhere = ['job', 'instance', 'le'];

interface Read {
  readonly error: string | null;
  readonly metrics: readonly { readonly name: string; readonly matched: readonly string[] }[];
}

/** What an expression reads, by Prometheus' own grammar. */
function readsOf(expression: string): Read {
  // Grafana puts its variables in before Prometheus sees them.
  const text = expression.replaceAll('$topology', 'orders');
  const metrics: { name: string; matched: string[] }[] = [];
  let error: string | null = null;
  parser.parse(text).iterate({
    enter(node) {
      const part = text.slice(node.from, node.to);
      if (node.type.isError) error = `at ${node.from}: ${text}`;
      if (node.name === 'VectorSelector') metrics.push({ name: part.replace(/\{[^]*/, '').trim(), matched: [] });
      if (node.name === 'LabelName' && node.matchContext(['UnquotedLabelMatcher'])) metrics.at(-1)?.matched.push(part);
    },
  });
  return { error, metrics };
}

const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];

test('the reader of expressions sees what is wrong', () => {
  expect(readsOf('sum by (topology (x)').error).not.toBeNull();
  expect(readsOf('rate(goatherd_reconcile_total{topology="a", result!="b"}[5m]) > 0 and other')).toEqual({
    error: null,
    metrics: [
      { name: 'goatherd_reconcile_total', matched: ['topology', 'result'] },
      { name: 'other', matched: [] },
    ],
  });
});

test.each(expressions)('%s is PromQL, and asks for what there is', (_, expression) => {
  const { error, metrics } = readsOf(expression);
  expect(error).toBeNull();
  expect(metrics.length).toBeGreaterThan(0);
  for (const { name, matched } of metrics) {
    expect([...known.keys()]).toContain(name);
    const labels = known.get(name) ?? null;
    expect(matched.filter((label) => labels !== null && ![...labels, ...everywhere].includes(label))).toEqual([]);
  }
});

describe('the alert rules', () => {
  test('have names of their own, a severity, and say what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^Goatherd[A-Z]\w+$/);
      expect(['page', 'ticket']).toContain(labels['severity']);
      expect(annotations['summary']).toBeTruthy();
      expect(annotations['description']).toMatch(/\.$/);
    }
  });

  test('hold for a time that Prometheus reads', () => {
    expect(rules.filter((rule) => rule.for !== undefined && !/^\d+[smhd]$/.test(rule.for))).toEqual([]);
  });

  test('speak of labels that the expression leaves', () => {
    for (const { expr, annotations } of rules) {
      const available = readsOf(expr).metrics.flatMap(({ name }) => known.get(name) ?? []);
      const used = [
        ...Object.values(annotations)
          .join(' ')
          .matchAll(/\$labels\.(\w+)/g),
      ].map(([, label = '']) => label);
      expect(used.filter((label) => ![...available, ...everywhere].includes(label))).toEqual([]);
    }
  });
});

describe('the dashboard', () => {
  test('has panels with ids of their own that do not overlap', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24)).toBe(true);
  });

  test('knows every state that a link may have', () => {
    const schema = readFileSync(join(import.meta.dirname, '../../../schemas/status.schema.json'), 'utf8');
    const { $defs } = JSON.parse(schema) as { $defs: { link: { properties: { state: { enum: string[] } } } } };
    const [timeline] = dashboard.panels.filter(({ type }) => type === 'state-timeline');
    for (const state of $defs.link.properties.state.enum) expect(timeline?.targets[0]?.expr).toContain(`state="${state}"`);
  });

  test('takes its variables from what there is', () => {
    const [source, topology] = dashboard.templating.list;
    expect(source?.query).toBe('prometheus');
    expect(topology?.query).toMatchObject({ query: 'label_values(goatherd_suspended, topology)' });
    expect(known.get('goatherd_suspended')).toContain('topology');
  });
});
