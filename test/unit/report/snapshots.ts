/** What a controller would know at a few moments that people look at the page in, made by hand. */
import type { Condition, ConditionType } from '../../../src/plan/status/condition-model.ts';
import type { Plan } from '../../../src/plan/model.ts';
import type { LinkStatus, TopologyStatus, UnpurgedStatus } from '../../../src/plan/status/status-model.ts';
import { unpurgedText } from '../../../src/plan/status/unpurged.ts';
import { noDurations, withDuration } from '../../../src/report/durations.ts';
import { emptyRunState, type RunRecord } from '../../../src/report/run/run-model.ts';
import { reduceRuns } from '../../../src/report/run/run-state.ts';
import type { ControllerCounters, ControllerSnapshot, RunSummary, TopologySnapshot } from '../../../src/report/status/snapshot-model.ts';
import { blockedByApproval, blockedByPreflight, drift, fanOut, newChain, noOp, partlyUnreachable, stoppedInSync } from './plans.ts';
import { removalPlans } from './removal-plans.ts';
import { copying as copyingEvents } from './runs.ts';

/** The moment of every snapshot here. */
export const now = Date.UTC(2026, 10, 23, 6, 31, 40);

const minutes = (count: number): number => count * 60_000;
const revision = '4f2c9e17b0d14c2f8a6e5d4c3b2a190817263544';

export function condition(
  address: string,
  type: ConditionType,
  status: Condition['status'],
  reason: string,
  message = '',
  since = now - minutes(4000),
): Condition {
  return { address, type, status, reason, message, since, observedRevision: revision };
}

export function linkStatus(topology: string, id: string, rest: Partial<LinkStatus> = {}): LinkStatus {
  return {
    address: `${topology}/${id}`,
    id,
    state: 'running',
    since: now - minutes(4000),
    copy: { state: 'complete', tables: 42, skipped: 0, rows: 812_055_100, completedAt: now - minutes(5000), now: null, waitsFor: null },
    lagSeconds: 0.4,
    backlogRows: 12,
    lastGoodAt: now - 1_500,
    triggers: { right: 84, wanted: 84 },
    daemon: { state: 'up', pid: 8123, startedAt: now - minutes(4000) },
    suspension: null,
    notes: [],
    ...rest,
  };
}

const well = (topology: string, id: string): readonly Condition[] => [
  condition(`${topology}/${id}`, 'Provisioned', 'True', 'AsDeclared'),
  condition(`${topology}/${id}`, 'TriggersInstalled', 'True', 'AsDeclared', '84 of 84'),
  condition(`${topology}/${id}`, 'DaemonRunning', 'True', 'Up', 'pid 8123'),
  condition(`${topology}/${id}`, 'CopyComplete', 'True', 'Copied', '42 tables'),
  condition(`${topology}/${id}`, 'Replicating', 'True', 'Arriving', 'lag 0.4 s'),
  condition(`${topology}/${id}`, 'Ready', 'True', 'Ready'),
];

const history = (count: number): readonly RunSummary[] =>
  Array.from({ length: count }, (_, index) => ({
    run: String(90 - index),
    revision,
    fingerprint: `${index}b1ec0de5a1f0b7c9d3e2f4a6b8c0d1e`,
    startedAt: now - minutes(90 + index * 700),
    endedAt: now - minutes(89.2 + index * 700),
    outcome: index === 1 ? 'failed' : index === 3 ? 'interrupted' : 'converged',
    reason: index === 1 ? 'step 4 failed: DaemonNotUp' : null,
    stepsDone: index === 1 ? 3 : 2 + index,
    stepsFailed: index === 1 ? 1 : 0,
  }));

function topology(
  name: string,
  plan: Plan | null,
  status: Partial<TopologyStatus>,
  rest: Partial<TopologySnapshot> = {},
): TopologySnapshot {
  const file = `topologies/${name}.yaml`;
  return {
    name,
    file,
    desired: revision,
    attempted: revision,
    applied: revision,
    status: { topology: name, file, verdict: 'ready', reasons: [], links: [], unpurged: [], notes: [], ...status },
    // Text to text: the shape stays what it was.
    plan: plan === null ? null : (JSON.parse(JSON.stringify(plan).replaceAll('orders', name)) as Plan),
    conditions: [],
    deltaBytes: { a: 1_234_567_890 },
    observedAt: now - 12_000,
    nextLookAt: now + 18_000,
    run: null,
    history: history(6),
    suspended: null,
    retries: [],
    renames: {},
    ...rest,
  };
}

export const ready: TopologySnapshot = topology(
  'orders',
  noOp,
  {
    reasons: ['2 links', 'oldest change on its way 0.9 s'],
    links: [linkStatus('orders', 'a-b'), linkStatus('orders', 'b-c', { lagSeconds: 0.9, backlogRows: 0 })],
  },
  {
    conditions: [
      condition('orders', 'SpecValid', 'True', 'Valid'),
      condition('orders', 'Approved', 'True', 'NothingToApprove'),
      condition('orders', 'InSync', 'True', 'PlanEmpty'),
      condition('orders', 'Ready', 'True', 'Ready'),
      ...['a', 'b', 'c'].map((name) => condition(`orders/${name}`, 'Reachable', 'True', 'Connected')),
      ...well('orders', 'a-b'),
      ...well('orders', 'b-c'),
      condition('orders', 'Suspended', 'False', 'Active'),
    ],
  },
);

const copyRun: RunRecord | null = reduceRuns(emptyRunState, copyingEvents).runs[0] ?? null;

export const copying: TopologySnapshot = topology(
  'orders',
  newChain,
  {
    verdict: 'not_ready',
    reasons: ['a-b copying', 'b-c waiting'],
    links: [
      linkStatus('orders', 'a-b', {
        state: 'copying',
        since: now - minutes(16),
        copy: { state: 'copying', tables: 42, skipped: 0, rows: null, completedAt: null, now: 'public.events', waitsFor: null },
        lagSeconds: null,
        backlogRows: 18_204,
      }),
      linkStatus('orders', 'b-c', {
        state: 'waiting',
        since: null,
        copy: { state: 'waiting', tables: 0, skipped: 0, rows: null, completedAt: null, now: null, waitsFor: 'a-b' },
        lagSeconds: null,
        backlogRows: null,
        daemon: { state: 'down', pid: null, startedAt: null },
      }),
    ],
  },
  {
    applied: null,
    run: copyRun,
    history: [],
    conditions: [
      condition('orders', 'SpecValid', 'True', 'Valid'),
      condition('orders', 'InSync', 'False', 'ChangesPending', '13 steps, 2 of them waits', now - minutes(17)),
      condition('orders', 'Ready', 'False', 'Copying', 'a-b: 27/42 tables', now - minutes(17)),
      condition('orders', 'Reconciling', 'True', 'WaitingOnGate', 'a-b copy complete', now - minutes(16)),
      condition('orders/a-b', 'TriggersInstalled', 'True', 'AsDeclared', '84 of 84', now - minutes(16)),
      condition('orders/a-b', 'CopyComplete', 'False', 'Copying', 'now public.events', now - minutes(16)),
      condition('orders/b-c', 'CopyComplete', 'False', 'WaitingForUpstreamCopy', 'a-b is copying', now - minutes(17)),
    ],
  },
);

const keptOnA: readonly UnpurgedStatus[] = [
  {
    database: 'a',
    rows: 1204,
    since: now - minutes(95),
    reasons: [
      { reason: 'UnknownTarget', rows: 1204, message: 'dbgroup elsewhere has not got them, and no link that is known here serves it' },
    ],
  },
  { database: 'b', rows: 0, since: null, reasons: [] },
];

export const drifted: TopologySnapshot = topology(
  'mail',
  drift,
  {
    verdict: 'not_ready',
    reasons: ['a-b down', 'b-c drifted', 'b-c Suspect'],
    links: [
      linkStatus('mail', 'a-b', {
        state: 'down',
        since: now - minutes(3),
        lagSeconds: 184,
        backlogRows: 18_204,
        daemon: { state: 'down', pid: null, startedAt: null },
      }),
      linkStatus('mail', 'b-c', {
        state: 'drifted',
        triggers: { right: 83, wanted: 84 },
        notes: ['Suspect: TriggerMissing: public.invoice since 2026-11-23 05:58:00Z', 'drift: 1 trigger on b'],
      }),
    ],
    unpurged: keptOnA,
    notes: keptOnA.flatMap(unpurgedText),
  },
  {
    retries: [
      { address: 'mail/a-b', attempts: 3, nextAt: now + 41_000, error: 'DaemonNotUp: the daemon of mail_a_b did not come up within 30 s' },
    ],
    conditions: [
      condition('mail', 'InSync', 'False', 'DriftDetected', '2 facts changed outside', now - minutes(3)),
      condition('mail', 'Ready', 'False', 'DaemonDown', 'a-b: no daemon runs it', now - minutes(3)),
      condition('mail/a-b', 'DaemonRunning', 'False', 'CrashLooping', 'ended 3 times within an hour', now - minutes(3)),
      condition('mail/a-b', 'Replicating', 'False', 'NoRecentRun', 'the oldest change waits for 3 min 4 s', now - minutes(3)),
      condition('mail/b-c', 'TriggersInstalled', 'False', 'TriggerStateDrift', '83 of 84', now - minutes(33)),
      condition('mail/b-c', 'Suspect', 'True', 'TriggerMissing', 'public.invoice', now - minutes(33)),
    ],
  },
);

export const unapproved: TopologySnapshot = topology(
  'billing',
  blockedByApproval,
  {
    verdict: 'not_ready',
    reasons: ['b-c blocked'],
    links: [
      linkStatus('billing', 'a-b'),
      linkStatus('billing', 'b-c', {
        state: 'blocked',
        copy: { state: 'complete', tables: 3, skipped: 0, rows: 8_121_755, completedAt: now - minutes(5000), now: null, waitsFor: null },
      }),
    ],
    notes: ['approval 52fe-9103 is missing: 1 step'],
  },
  {
    conditions: [
      condition('billing', 'Approved', 'False', 'ApprovalMissing', 'approval 52fe-9103 for step 3', now - minutes(70)),
      condition('billing', 'Ready', 'False', 'ApprovalMissing', 'b-c is blocked', now - minutes(70)),
      condition('billing', 'Stalled', 'True', 'ApprovalMissing', 'waits for a person', now - minutes(70)),
    ],
  },
);

const [removalPlan = noOp] = removalPlans['removal-blocked'] ?? [];
export const removal: TopologySnapshot = topology('stock', removalPlan, {
  verdict: 'not_ready',
  reasons: ['b-c blocked'],
  links: [linkStatus('stock', 'a-b'), linkStatus('stock', 'b-c', { state: 'blocked' })],
  notes: ['approval 52fe-9103 is missing: 3 steps'],
});

export const unfit: TopologySnapshot = topology('catalog', blockedByPreflight, {
  verdict: 'not_ready',
  reasons: ['b-c blocked'],
  links: [
    linkStatus('catalog', 'a-b', { state: 'pending', lagSeconds: null, backlogRows: null, daemon: null }),
    linkStatus('catalog', 'b-c', { state: 'blocked', lagSeconds: null, backlogRows: null, daemon: null }),
  ],
});

export const outage: TopologySnapshot = topology(
  'orders',
  partlyUnreachable,
  {
    verdict: 'not_ready',
    reasons: ['b-c unreachable'],
    links: [
      linkStatus('orders', 'a-b'),
      linkStatus('orders', 'b-c', {
        state: 'unreachable',
        since: now - minutes(12),
        lagSeconds: 720,
        backlogRows: 1_204_551,
        notes: ['c does not answer: connect ECONNREFUSED 10.0.0.7:5432'],
      }),
    ],
  },
  {
    retries: [{ address: 'orders/b-c', attempts: 9, nextAt: now + 120_000, error: 'connect ECONNREFUSED 10.0.0.7:5432' }],
    conditions: [
      condition('orders', 'Ready', 'False', 'ConnectFailed', 'c does not answer', now - minutes(12)),
      condition('orders/c', 'Reachable', 'False', 'ConnectFailed', 'connect ECONNREFUSED 10.0.0.7:5432', now - minutes(12)),
      condition('orders/b-c', 'Replicating', 'False', 'LagHigh', 'the oldest change waits for 12 min', now - minutes(11)),
    ],
  },
);

const fan: TopologySnapshot = topology('events', fanOut, {
  verdict: 'not_ready',
  reasons: ['a-c suspended', 'c-e stopped'],
  links: [
    linkStatus('events', 'a-b'),
    linkStatus('events', 'a-c', {
      state: 'suspended',
      lagSeconds: 90_000,
      backlogRows: 1_234_567,
      suspension: { by: 'eve', reason: 'index on c', since: now - minutes(1500) },
      notes: ['suspended by eve since 2026-11-22 05:14:02Z: index on c; goatherd start events/a-c ends it'],
    }),
    linkStatus('events', 'a-d', { state: 'failing', notes: ['the last run failed: ERROR: column "x" of relation "t" does not exist'] }),
    linkStatus('events', 'c-e', { state: 'stopped' }),
  ],
});

const halted: TopologySnapshot = topology(
  'archive',
  stoppedInSync,
  {
    reasons: ['2 links'],
    links: [linkStatus('archive', 'a-b'), linkStatus('archive', 'b-c', { state: 'stopped', lagSeconds: null })],
  },
  { suspended: { by: 'eve', reason: 'moving c to another host', since: now - minutes(50), until: now + minutes(70) } },
);

/** Named by anybody who may commit: everything of it is text. */
const hostile = '<script>alert(1)</script>"\'&--><img src=x onerror=alert(2)>';
export const injected: TopologySnapshot = topology(
  'orders',
  {
    ...drift,
    changes: drift.changes.map((one) => ({ ...one, what: hostile, reason: hostile })),
    steps: drift.steps.map((one) => ({ ...one, what: hostile, blocked: hostile })),
    drawing: { ...drift.drawing, nodes: drift.drawing.nodes.map((node) => ({ ...node, target: hostile })) },
  },
  { verdict: 'not_ready', reasons: [hostile], links: [linkStatus('orders', 'a-b', { notes: [hostile] }), linkStatus('orders', 'b-c')] },
  { conditions: [condition('orders/a-b', 'Ready', 'False', hostile, hostile)], file: hostile },
);

export function snapshot(topologies: readonly TopologySnapshot[], rest: Partial<ControllerSnapshot> = {}): ControllerSnapshot {
  return {
    tool: 'goatherd 0.1.0',
    host: 'hub-1.internal',
    startedAt: now - minutes(9000),
    now,
    lastLoopAt: now - 12_000,
    role: 'acting',
    holder: 'goatherd controller on hub-1.internal, pid 4711, since 2026-11-17 00:31Z',
    source: {
      kind: 'git',
      place: 'git@git.internal:dba/topologies.git',
      ref: 'main',
      desired: revision,
      attempted: revision,
      applied: revision,
      readAt: now - 22_000,
      error: null,
    },
    conditions: [condition('controller', 'SourceReady', 'True', 'Read'), condition('controller', 'LockHeld', 'True', 'Held')],
    problems: [],
    notes: [],
    ...rest,
    topologies: topologies.toSorted((left, right) => (left.name < right.name ? -1 : 1)),
  };
}

const brokenFile: ControllerSnapshot['problems'] = [
  {
    severity: 'error',
    code: 'UnknownKey',
    message: 'unknown key `kick_intervall`',
    hint: 'did you mean `kick_interval`?',
    at: { file: 'topologies/returns.yaml', line: 7, column: 1 },
    source: 'kick_intervall: 5s',
  },
  {
    severity: 'warning',
    code: 'TopologyMissing',
    message: 'the ledger knows the topology `legacy`, and no file names it',
    hint: 'put its file back, or `goatherd reconcile --destroy legacy`',
    at: { file: 'topologies', line: 0, column: 0 },
  },
];

/** By name: the pages that people look at. */
export const snapshots: Readonly<Record<string, ControllerSnapshot>> = {
  ready: snapshot([ready]),
  copying: snapshot([copying, halted]),
  drift: snapshot([ready, drifted]),
  blocked: snapshot([ready, unapproved, removal, unfit]),
  outage: snapshot([outage]),
  several: snapshot([ready, drifted, unapproved, fan, halted], {
    problems: brokenFile,
    notes: ['a loop over mail took 41 s'],
    source: {
      kind: 'git',
      place: 'git@git.internal:dba/topologies.git',
      ref: 'main',
      desired: '9ad0b17c22d14c2f8a6e5d4c3b2a190817263544',
      attempted: revision,
      applied: revision,
      readAt: now - minutes(41),
      error: 'commit 9ad0b17 is not signed; the last good revision 4f2c9e1 is in force',
    },
    conditions: [
      condition('controller', 'SourceReady', 'False', 'SignatureInvalid', 'commit 9ad0b17 is not signed', now - minutes(41)),
      condition('controller', 'LockHeld', 'True', 'Held'),
    ],
  }),
  standby: snapshot([ready], {
    role: 'standby',
    holder: 'goatherd controller on hub-2.internal, pid 991, since 2026-11-17 00:31Z',
    conditions: [condition('controller', 'LockHeld', 'False', 'HeldByOther', 'hub-2.internal, pid 991')],
  }),
  starting: snapshot(
    [
      topology(
        'orders',
        null,
        {},
        { status: null, deltaBytes: {}, observedAt: null, nextLookAt: null, history: [], attempted: null, applied: null },
      ),
    ],
    { role: 'starting', startedAt: now - 20_000, lastLoopAt: null, holder: null, conditions: [] },
  ),
  empty: snapshot([]),
  injected: snapshot([injected], { notes: [hostile], holder: hostile }),
};

const took = (...seconds: readonly number[]) => seconds.reduce(withDuration, noDurations);

export const counters: ControllerCounters = {
  reconciles: { orders: { noop: 812, changed: 4, waiting: 2, blocked: 0, error: 1 } },
  errors: { orders: { transient: 3, terminal: 1 } },
  locks: [{ topology: 'orders', database: 'a', mode: 'share_row_exclusive', acquired: 42, timeout: 3, put_off: 1, took: took(0.01, 0.5) }],
  steps: [
    { topology: 'orders', kind: 'triggers', result: 'done', took: took(62, 3) },
    { topology: 'mail', kind: 'triggers', result: 'done', took: took(0.2) },
    { topology: 'orders', kind: 'start_daemon', result: 'failed', took: took(30) },
  ],
  driftCorrected: [{ topology: 'orders', link: 'b-c', count: 3 }],
  daemonRestarts: [{ instance: 'orders_a_b', count: 2 }],
  sourceFetches: { ok: 240, failed: 1 },
  notifications: { sent: 7, failed: 1 },
  durations: [
    { topology: 'orders', phase: 'observe', took: took(0.4, 0.6) },
    { topology: 'orders', phase: 'plan', took: took(0.01) },
  ],
};

export const noCounters: ControllerCounters = {
  reconciles: {},
  errors: {},
  locks: [],
  steps: [],
  driftCorrected: [],
  daemonRestarts: [],
  sourceFetches: { ok: 0, failed: 0 },
  durations: [],
};
