import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { LinkStatus, TopologyStatus } from '../../../src/plan/status/status-model.ts';
import { statusDocument } from '../../../src/report/status/status-json.ts';
import { statusText } from '../../../src/report/status/status-text.ts';
import { expectGolden } from './golden.ts';
import { condition } from './snapshots.ts';

const now = Date.UTC(2026, 10, 23, 6, 14, 2);

function link(id: string, rest: Partial<LinkStatus> = {}): LinkStatus {
  return {
    address: `orders/${id}`,
    id,
    state: 'running',
    since: now - 3_600_000,
    copy: { state: 'complete', tables: 42, skipped: 0, rows: 1_200_000, completedAt: now, now: null, waitsFor: null },
    lagSeconds: 0.4,
    backlogRows: 3,
    lastGoodAt: now,
    triggers: { right: 84, wanted: 84 },
    daemon: { state: 'up', pid: 991, startedAt: now - 3_600_000 },
    suspension: null,
    notes: [],
    ...rest,
  };
}

const topology = (verdict: TopologyStatus['verdict'], reasons: readonly string[], links: readonly LinkStatus[]): TopologyStatus => ({
  topology: 'orders',
  file: 'topologies/orders.yaml',
  verdict,
  reasons,
  links,
  unpurged: [],
  notes: [],
});

const copy = link('x').copy;
const statuses: Readonly<Record<string, readonly TopologyStatus[]>> = {
  ready: [topology('ready', ['2 links', 'oldest change on its way 0.4 s'], [link('a-b'), link('b-c', { lagSeconds: 0, backlogRows: 0 })])],
  copying: [
    topology(
      'not_ready',
      ['a-b copying', 'b-c waiting'],
      [
        link('a-b', { state: 'copying', copy: { ...copy, state: 'copying', rows: null, now: 'public.events' } }),
        link('b-c', {
          state: 'waiting',
          since: null,
          copy: { ...copy, state: 'waiting', tables: 0, rows: null, waitsFor: 'a-b' },
          lagSeconds: null,
          backlogRows: null,
          daemon: { state: 'down', pid: null, startedAt: null },
        }),
      ],
    ),
  ],
  unwell: [
    {
      ...topology(
        'not_ready',
        ['a-b suspended', 'b-c failing', 'b-d drifted', 'b-d Suspect'],
        [
          link('a-b', {
            state: 'suspended',
            since: now - 90_000_000,
            lagSeconds: 90_000,
            backlogRows: 1_234_567,
            daemon: { state: 'without', pid: 991, startedAt: now - 100 },
            suspension: { by: 'eve', reason: 'index on b', since: now - 90_000_000 },
            notes: ['suspended by eve since 2026-11-22 05:14:02Z: index on b; goatherd start orders/a-b ends it'],
          }),
          link('b-c', { state: 'failing', notes: ['the last run failed: ERROR:  column "x" of relation "t"\ndoes not exist'] }),
          link('b-d', {
            state: 'drifted',
            triggers: { right: 83, wanted: 84 },
            copy: { ...copy, skipped: 2 },
            notes: [
              'Suspect: DeltaTriggerMissing: public.t since 2026-11-23T05:00:00Z',
              'drift: 1 trigger on a, which takes a line of its own because it says so much that it cannot stand in one',
            ],
          }),
        ],
      ),
      notes: ['approval 52fe-9103 is missing: 1 step'],
    },
    {
      ...topology(
        'unknown',
        ['the hub cannot be reached: connect ECONNREFUSED'],
        [
          link('s-t', {
            state: 'unknown',
            since: null,
            daemon: null,
            triggers: null,
            copy: { ...copy, state: 'none', tables: 0, rows: null },
          }),
        ],
      ),
      topology: 'stock',
    },
  ],
};

const validate = new Ajv2020({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ },
}).compile(JSON.parse(readFileSync(join(import.meta.dirname, '../../../schemas/status.schema.json'), 'utf8')) as object);

test('says what a controller tries again, below the links', () => {
  const retry = { address: 'ready/a-b', attempts: 3, nextAt: now + 60_000, error: 'no route', fatal: false };
  const [status] = statuses['ready'] ?? [];
  if (status === undefined) throw new Error('no status');
  const retries = [
    { ...retry, address: `${status.topology}/a-b` },
    { ...retry, address: 'other/a-b' },
  ];
  const text = statusText([status], { now, retries });
  expect(text.split('\n').filter((line) => line.includes('attempt'))).toEqual([
    expect.stringMatching(/^ {2}a-b {2}attempt 3 failed, the next one at \d\d:\d\d:\d\d[^:]*: no route$/),
  ]);
  const document: unknown = JSON.parse(
    JSON.stringify(
      statusDocument([{ status, conditions: [condition(`${status.topology}/a-b`, 'Ready', 'False', 'DaemonDown')], retries }], {
        tool: { name: 'goatherd', version: '0.1.0' },
        observedAt: now,
        exitCode: 0,
      }),
    ),
  );
  expect([validate(document), validate.errors]).toEqual([true, null]);
});

describe.each(Object.entries(statuses))('the status %s', (name, given) => {
  test('as text', () => {
    expectGolden(`status-${name}.txt`, statusText(given, { now }));
  });

  test('as JSON keeps to its schema', () => {
    const document: unknown = JSON.parse(
      JSON.stringify(
        statusDocument(
          given.map((status) => ({ status, conditions: [], retries: [] })),
          { tool: { name: 'goatherd', version: '0.1.0' }, observedAt: now, exitCode: 0 },
        ),
      ),
    );
    expect([validate(document), validate.errors]).toEqual([true, null]);
  });
});
