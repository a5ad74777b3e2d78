/**
 * Plans as a DBA meets them, built by hand: one for each case that the reports must read well in.
 */
import type { Plan } from '../../../src/plan/model.ts';
import type { Step } from '../../../src/plan/step-model.ts';
import { change, diagnostic, drawing, link, plan, readersWait, readsOnly, step, writersWait } from './builders.ts';
import { removalPlans } from './removal-plans.ts';

const notThere = 'it is declared and not there yet';
const tableNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `public.t${String(index + 1).padStart(2, '0')}`);

/** Everything that one new link takes, up to its copy; `below` are the ids that wait for its copy. */
function newLink(id: string, source: string, target: string, held: readonly string[], rest: Partial<Step> = {}): Step[] {
  const instance = `orders_${id.replace('-', '_')}`;
  return [
    step(id, 'control_database', `control database ${instance}`, { objects: 1, estimateSeconds: 3, ...rest }),
    step(id, 'register', `register ${source} and ${target}, 42 tables, 17 sequences`, {
      objects: 59,
      estimateSeconds: 4,
      work: {
        kind: 'register',
        link: id,
        instance,
        tables: [{ schema: 'public', name: 'invoice', shape: 'aa', pkey: ['id'], types: ['bigint'], columns: null }],
        sequences: [{ schema: 'public', name: 'invoice_id_seq', shape: '', pkey: [], types: [], columns: null }],
      },
      ...rest,
    }),
    step(id, 'triggers', '126 triggers, one table at a time', {
      on: [source],
      lock: writersWait,
      objects: 42,
      hazards: ['LOCKS_WRITERS'],
      estimateSeconds: 62,
      ...rest,
    }),
    step(id, 'start_daemon', `start the daemon of ${id}: copies 42 empty tables, 118 GB`, {
      on: [source, target],
      lock: readsOnly,
      ...rest,
    }),
    step(id, 'wait_copy', 'copy complete', {
      estimateSeconds: 2460,
      gate: { condition: 'CopyComplete', holds: held, warnAfterSeconds: 7200 },
      work: { kind: 'wait_copy', link: id, instance, tables: ['public.invoice'] },
      ...rest,
    }),
  ];
}

export const newChain: Plan = plan({
  verdict: 'changes',
  drawing: drawing(['a-b', 'b-c']),
  changes: [
    change('create', 'orders/a-b', '42 tables, 17 sequences, polled every 1 s', notThere),
    change('create', 'orders/b-c', 'link b-c: 42 tables, 17 sequences, polled every 1 s', notThere),
  ],
  steps: [
    ...newLink('b-c', 'b', 'c', []).slice(0, 3),
    ...newLink('a-b', 'a', 'b', ['b-c/always', 'b-c/start_daemon', 'b-c/wait_copy', 'orders/arrival']),
    step('b-c', 'always', 'truncate triggers fire ALWAYS', {
      on: ['b'],
      lock: writersWait,
      objects: 42,
      hazards: ['LOCKS_WRITERS'],
      estimateSeconds: 20,
    }),
    ...newLink('b-c', 'b', 'c', ['orders/arrival']).slice(3),
    { ...step('orders', 'arrival', 'a change on a is seen on b and c', { on: ['a', 'b', 'c'], estimateSeconds: 5 }), address: 'orders' },
  ],
  risk: {
    maxLock: 'SHARE ROW EXCLUSIVE',
    destructive: false,
    sentences: ['L2 on 42 tables of a and 42 of b: writers wait at most 500 ms a try.', 'Nothing is emptied or dropped.'],
  },
  diagnostics: [
    diagnostic(
      'note',
      'HotTable',
      'orders/a-b',
      'public.events is 61 GB and was locked for longer than 500 ms three times in the last hour; it is tried last',
      {
        objects: ['public.events'],
      },
    ),
  ],
  links: [link('a-b'), link('b-c')],
});

export const noOp: Plan = plan({
  verdict: 'in_sync',
  drawing: drawing(['a-b', 'b-c']),
  links: [link('a-b', { state: 'converged', copy: 'copied 2026-11-20' }), link('b-c', { state: 'converged', copy: 'copied 2026-11-20' })],
});

export const noOpWithWarnings: Plan = plan({
  ...noOp,
  links: [
    link('a-b', { state: 'converged', copy: 'copied 2026-11-20' }),
    link('b-c', { state: 'converged', copy: '39 copied, 3 skipped', suspect: '3 tables had rows and were not copied' }),
  ],
  diagnostics: [
    diagnostic('warning', 'PatternMatchesNothing', 'orders/a-b', 'the pattern audit.* matches no table on a', {
      hint: 'correct it or take it out',
      at: { file: 'topologies/orders.yaml', line: 14, column: 7 },
    }),
  ],
});

/** Some drift is put back, some is only shown. */
const driftLeft: Plan = plan({
  verdict: 'drift',
  drawing: drawing(['a-b', 'b-c']),
  changes: [
    change(
      'drift',
      'orders/a-b',
      'link a-b: settings of orders_a_b',
      'SettingChanged: changed in the control database',
      [{ path: 'log_level', before: 'DEBUG', after: 'NORMAL' }],
      'warn',
    ),
    change(
      'drift',
      'orders/b-c',
      'link b-c: kick triggers on b, 2 facts',
      'KickTriggerBack: `disable_kicking`: they serialise every commit of the source',
      [
        { path: 'public.invoice bucardo_kick_orders_b_c', before: 'present', after: 'absent' },
        { path: 'public.line bucardo_kick_orders_b_c', before: 'present', after: 'absent' },
      ],
      'contended',
    ),
    change(
      'drift',
      'orders/b-c',
      'link b-c: partitions on b that no pattern names',
      'NewPartition: what goes into it does not arrive: add the line to `tables.include`, or to `tables.exclude` to hear of it no more',
      [{ path: 'public.parts_3', before: 'not replicated', after: '- "public.parts_3" (or - "public.parts")' }],
      'warn',
    ),
  ],
  links: [link('a-b', { state: 'converged', copy: 'copied 2026-11-20' }), link('b-c', { state: 'converged', copy: 'copied 2026-11-20' })],
});

export const drift: Plan = plan({
  verdict: 'drift',
  drawing: drawing(['a-b', 'b-c']),
  changes: [
    change(
      'drift',
      'orders/b-c',
      'truncate trigger bucardo_note_trunc_orders_b_c on b public.invoice',
      'TriggerStateDrift; a TRUNCATE that came meanwhile did not reach c',
      [{ path: 'b.public.invoice.enabled', before: 'ORIGIN', after: 'ALWAYS' }],
    ),
    change('drift', 'orders/a-b', 'daemon of orders_a_b', 'DaemonDown', [{ path: 'daemon', before: 'dead (pid 8123)', after: 'running' }]),
  ],
  steps: [
    step('b-c', 'always', 'truncate trigger on invoice fires ALWAYS', {
      on: ['b'],
      lock: writersWait,
      objects: 1,
      hazards: ['LOCKS_WRITERS'],
      estimateSeconds: 1,
    }),
    step('a-b', 'start_daemon', 'start the daemon, goes on from 18,204 changes', { on: ['a', 'b'], lock: readsOnly }),
  ],
  risk: {
    maxLock: 'SHARE ROW EXCLUSIVE',
    destructive: false,
    sentences: [
      'Writes may be lost now on b-c: a TRUNCATE on a does not reach c until step 1 is done.',
      'L2 on 1 table of b: writers wait at most 500 ms a try.',
    ],
  },
  links: [
    link('a-b', { copy: 'copied 2026-11-20' }),
    link('b-c', { copy: 'copied 2026-11-20', suspect: 'a TRUNCATE on public.invoice may be lost since 2026-11-23 05:58Z' }),
  ],
});

const preflight = 'preflight: NoKey on b-c';
export const blockedByPreflight: Plan = plan({
  ...newChain,
  verdict: 'blocked',
  steps: newChain.steps.map((one) =>
    one.id.startsWith('b-c/') ? { ...one, blocked: preflight } : { ...one, blocked: one.kind === 'arrival' ? preflight : null },
  ),
  diagnostics: [
    diagnostic('note', 'LongTransaction', 'orders/a', 'pid 991 (pg_dump) has been in a transaction for 00:07:12', {
      hint: 'the copy of a-b does not wait for it; the triggers of a-b may',
    }),
    diagnostic('warning', 'TlsNotRequired', 'orders/c', 'sslmode is prefer on another host: the password may go in the clear', {
      hint: 'databases.c.sslmode: require',
      at: { file: 'topologies/orders.yaml', line: 6, column: 3 },
    }),
    diagnostic('warning', 'DefaultDiffers', 'orders/b-c', 'the default of 2 columns differs between b and c', {
      objects: ['public.t01.created', 'public.t02.created'],
    }),
    diagnostic('error', 'NoKey', 'orders/b-c', '12 tables have neither a primary key nor a unique index over NOT NULL columns', {
      objects: tableNames(12),
      hint: 'add a primary key, or leave them out with tables.exclude',
    }),
    diagnostic('error', 'TargetInRecovery', 'orders/b-c', 'c is in recovery', { hint: 'name the primary as the target' }),
  ],
  links: [link('a-b'), link('b-c', { state: 'blocked' })],
});

const approval = 'approval 52fe-9103 is missing';
export const blockedByApproval: Plan = plan({
  verdict: 'blocked',
  drawing: drawing(['a-b', 'b-c'], 'copy=always'),
  changes: [
    change('change', 'orders/b-c', 'copy 3 tables again', 'copy_generation was raised', [
      { path: 'copy_generation', before: '1', after: '2' },
    ]),
  ],
  steps: [
    step('b-c', 'settings', 'log_level is verbose', { estimateSeconds: 1 }),
    step('b-c', 'stop_daemon', 'stop the daemon', { on: ['b', 'c'], hazards: ['PAUSES_LINK'], estimateSeconds: 2, blocked: approval }),
    step('b-c', 'empty_tables', 'empty 3 tables of c', {
      on: ['c'],
      lock: readersWait,
      objects: 3,
      hazards: ['EMPTIES_TABLES', 'LOCKS_READERS'],
      destructive: true,
      estimateSeconds: 3,
      before: ['c public.customer: 1,204 rows', 'c public.invoice: 8,120,551 rows', 'c public.item: 0 rows'],
      afterFacts: ['3 tables empty'],
      blocked: approval,
      work: { kind: 'empty_tables', link: 'b-c', database: 'c', tables: ['public.customer', 'public.invoice', 'public.item'] },
    }),
    step('b-c', 'start_daemon', 'start the daemon: copies 3 tables, 9.1 GB', { on: ['b', 'c'], lock: readsOnly, blocked: approval }),
    step('b-c', 'wait_copy', 'b-c copy complete', {
      estimateSeconds: 240,
      gate: { condition: 'CopyComplete', holds: ['b-c/receipt'], warnAfterSeconds: 7200 },
      blocked: approval,
    }),
    step('b-c', 'receipt', 'receipt of generation 2', { estimateSeconds: 1, blocked: approval }),
  ],
  approvals: { required: [{ id: '52fe-9103', steps: ['b-c/empty_tables'], given: false }] },
  risk: {
    maxLock: 'ACCESS EXCLUSIVE',
    destructive: true,
    sentences: [
      'L3 on 3 tables of c: readers wait at most 500 ms a try.',
      '8,121,755 rows of c are deleted before they are copied anew; c lacks them for about 4 min.',
    ],
  },
  links: [
    link('a-b', { state: 'converged', copy: 'copied 2026-11-20' }),
    link('b-c', { tables: 3, sequences: 0, state: 'blocked', copy: 'copied 2026-11-20' }),
  ],
});

export const approved: Plan = plan({
  ...blockedByApproval,
  verdict: 'changes',
  steps: blockedByApproval.steps.map((one) => ({ ...one, blocked: null })),
  approvals: { required: [{ id: '52fe-9103', steps: ['b-c/empty_tables'], given: true }] },
  links: [
    link('a-b', { state: 'converged', copy: 'copied 2026-11-20' }),
    link('b-c', { tables: 3, sequences: 0, copy: 'copied 2026-11-20' }),
  ],
});

const unreachable = 'c cannot be reached';
export const partlyUnreachable: Plan = plan({
  verdict: 'blocked',
  drawing: drawing(['a-b', 'b-c'], 'copy=empty', ['c']),
  changes: [change('create', 'orders/b-c', 'cannot be planned in full before c answers', notThere)],
  steps: [
    step('a-b', 'start_daemon', 'start the daemon, goes on from 312 changes', { on: ['a', 'b'], lock: readsOnly }),
    step('b-c', 'control_database', 'control database orders_b_c', { objects: 1, estimateSeconds: 3, blocked: unreachable }),
    step('b-c', 'register', 'register b and c', { blocked: unreachable }),
  ],
  diagnostics: [
    diagnostic('error', 'Unreachable', 'orders/c', 'ECONNREFUSED: connect ECONNREFUSED 10.0.0.7:5432', {
      hint: 'is PostgreSQL up there, and may this host reach it?',
    }),
  ],
  links: [link('a-b', { copy: 'copied 2026-11-20' }), link('b-c', { tables: 0, sequences: 0, state: 'blocked' })],
});

export const stopped: Plan = plan({
  verdict: 'changes',
  drawing: drawing(['a-b', 'b-c']),
  changes: [
    change('change', 'orders/b-c', 'stop the link; its triggers go on recording on b', 'state is stopped', [
      { path: 'state', before: 'running', after: 'stopped' },
    ]),
  ],
  steps: [step('b-c', 'stop_daemon', 'stop the daemon', { on: ['b', 'c'], hazards: ['PAUSES_LINK'], estimateSeconds: 2 })],
  risk: { maxLock: 'none', destructive: false, sentences: ['c gets no changes while b-c is stopped; the deltas on b grow.'] },
  links: [link('a-b', { state: 'converged', copy: 'copied 2026-11-20' }), link('b-c', { state: 'stopped', copy: 'copied 2026-11-20' })],
});

export const stoppedInSync: Plan = plan({
  ...stopped,
  verdict: 'in_sync',
  changes: [],
  steps: [],
  risk: { maxLock: 'none', destructive: false, sentences: [] },
});

const fanLinks = ['a-b', 'a-c', 'a-d', 'c-e'];
export const fanOut: Plan = plan({
  verdict: 'changes',
  drawing: drawing(fanLinks),
  changes: fanLinks.map((id) => change('create', `orders/${id}`, '42 tables, 17 sequences, polled every 1 s', notThere)),
  steps: fanLinks.flatMap((id) => newLink(id, id.charAt(0), id.charAt(2), id === 'a-c' ? ['c-e/start_daemon', 'c-e/wait_copy'] : [])),
  risk: { maxLock: 'SHARE ROW EXCLUSIVE', destructive: false, sentences: [] },
  links: fanLinks.map((id) => link(id)),
});

const chainLinks = ['a-b', 'b-c', 'c-d'];
const longChain = [...chainLinks, 'd-e'];
const longChainInSync: Plan = plan({
  verdict: 'in_sync',
  drawing: drawing(longChain),
  links: longChain.map((id) => link(id, { state: id === 'd-e' ? 'stopped' : 'converged', copy: 'copied 2026-11-20' })),
});

export const newChainOfFour: Plan = plan({
  verdict: 'changes',
  drawing: drawing(chainLinks),
  changes: chainLinks.map((id) => change('create', `orders/${id}`, '42 tables, 17 sequences, polled every 1 s', notThere)),
  steps: chainLinks.toReversed().flatMap((id) => newLink(id, id.charAt(0), id.charAt(2), id === 'a-b' ? ['b-c/start_daemon'] : [])),
  links: chainLinks.map((id) => link(id)),
});

/** The same plan for a topology of another name. */
function renamed(of: Plan, name: string): Plan {
  // Text to text: the shape stays what it was.
  return JSON.parse(
    JSON.stringify(of)
      .replaceAll('orders/', `${name}/`)
      .replaceAll('/orders.yaml', `/${name}.yaml`)
      .replace('"topology":"orders"', `"topology":"${name}"`),
  ) as Plan;
}

/** By the name of their golden files. */
export const plans: Readonly<Record<string, readonly Plan[]>> = {
  'new-chain': [newChain],
  'no-op': [noOp],
  'no-op-with-warnings': [noOpWithWarnings],
  'no-op-of-many-links': [longChainInSync],
  drift: [drift],
  'drift-left': [driftLeft],
  'blocked-by-preflight': [blockedByPreflight],
  'blocked-by-approval': [blockedByApproval],
  approved: [approved],
  'partly-unreachable': [partlyUnreachable],
  stopped: [stopped],
  'stopped-in-sync': [stoppedInSync],
  'fan-out': [fanOut],
  'chain-of-four': [newChainOfFour],
  ...removalPlans,
  several: [noOp, renamed(blockedByApproval, 'billing'), renamed(stoppedInSync, 'stock'), renamed(drift, 'mail')],
};
