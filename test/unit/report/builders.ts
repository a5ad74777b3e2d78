/**
 * Short hands for plans in the tests of this folder: what a test does not name has the value of an ordinary step of an ordinary link.
 */
import type { Change, Diagnostic, Drawing, LinkSummary, Plan } from '../../../src/plan/model.ts';
import type { Step, StepKind } from '../../../src/plan/step-model.ts';
import type { ReportMeta } from '../../../src/report/meta.ts';

export const meta: ReportMeta = {
  tool: { name: 'goatherd', version: '0.1.0' },
  revision: '4f2c9e1',
  observedAt: Date.UTC(2026, 10, 23, 6, 14, 2),
  observedMs: 1900,
};

const symbols: Readonly<Record<StepKind, Step['symbol']>> = {
  ledger: '+',
  rename: '~',
  adopt: '~',
  control_database: '+',
  register: '+',
  settings: '~',
  helpers: '+',
  triggers: '+',
  membership: '~',
  set_aside: '~',
  rekey: '~',
  resend: '~',
  makedelta: '~',
  always: '~',
  truncate_records: '~',
  stop_daemon: '-',
  empty_tables: '-',
  activate: '~',
  deactivate: '-',
  start_daemon: '+',
  wait_copy: '|',
  receipt: '=',
  copy_tables: '+',
  recopy: '~',
  wait_drained: '|',
  drop_triggers: '-',
  drop_helpers: '-',
  drop_control: '-',
  forget: '-',
  leave: '-',
  move: '~',
  leave_instance: '-',
  suspect: '~',
  sweep: '-',
  wait_run: '|',
  arrival: '=',
};

const userLock = { timeoutMs: 500, budgetMs: 1_800_000 };
export const writersWait: Step['lock'] = { mode: 'SHARE ROW EXCLUSIVE', ...userLock };
export const readersWait: Step['lock'] = { mode: 'ACCESS EXCLUSIVE', ...userLock };
export const readsOnly: Step['lock'] = { mode: 'ACCESS SHARE', timeoutMs: null, budgetMs: null };

/** A step of `link`; its number is given by `plan`. */
export function step(link: string, kind: StepKind, what: string, rest: Partial<Omit<Step, 'id' | 'kind' | 'what' | 'seq'>> = {}): Step {
  return {
    id: `${link}/${kind}`,
    seq: 0,
    kind,
    symbol: symbols[kind],
    address: `orders/${link}`,
    what,
    reason: '',
    on: ['hub'],
    lock: { mode: 'none', timeoutMs: null, budgetMs: null },
    objects: null,
    hazards: [],
    destructive: false,
    hits: [],
    after: [],
    estimateSeconds: null,
    before: [],
    afterFacts: [],
    gate: null,
    blocked: null,
    work: { kind: 'ledger' },
    ...rest,
  };
}

export function change(
  action: Change['action'],
  address: string,
  what: string,
  reason: string,
  fields: Change['fields'] = [],
  treatment: NonNullable<Change['drift']>['treatment'] = 'heal',
): Change {
  const drift = { treatment, step: '', onlyNoted: false, keys: fields.length === 0 ? [''] : fields.map((field) => field.path) };
  return { action, address, what, reason, fields, ...(action === 'drift' ? { drift } : {}) };
}

export function diagnostic(
  severity: Diagnostic['severity'],
  code: string,
  address: string,
  message: string,
  rest: Partial<Diagnostic> = {},
): Diagnostic {
  return { severity, code, address, message, objects: [], hint: '', at: null, ...rest };
}

export function link(id: string, rest: Partial<LinkSummary> = {}): LinkSummary {
  return { address: `orders/${id}`, tables: 42, sequences: 17, state: 'pending', copy: null, suspect: null, ...rest };
}

/** `a -> b` drawn from a list of links; every database is on a server of its own name. */
export function drawing(links: readonly string[], label = 'copy=empty', unreachable: readonly string[] = []): Drawing {
  const edges = links.map((id) => ({ id, from: id.split('-')[0] ?? '', to: id.split('-')[1] ?? '', label }));
  const names = [...new Set(edges.flatMap((edge) => [edge.from, edge.to]))].toSorted();
  return {
    nodes: names.map((name) => ({ name, target: `pg-${name}/orders`, cascade: true, reachable: !unreachable.includes(name) })),
    edges,
  };
}

/** Numbers the steps, makes each wait for the one before it unless it says otherwise, and counts. */
export function plan(given: Partial<Plan> & Pick<Plan, 'verdict' | 'drawing' | 'links'>): Plan {
  const steps = (given.steps ?? []).map((one, index, all) => ({
    ...one,
    seq: index + 1,
    after: one.after.length > 0 || index === 0 ? one.after : [all[index - 1]?.id ?? ''],
  }));
  const changes = given.changes ?? [];
  const counted = (action: Change['action']): number => changes.filter((one) => one.action === action).length;
  return {
    topology: 'orders',
    file: 'topologies/orders.yaml',
    fingerprint: '7b1ec0de5a1f0b7c9d3e2f4a6b8c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c',
    diagnostics: [],
    approvals: { required: [] },
    risk: { maxLock: 'none', destructive: false, sentences: [] },
    factsChecked: 214,
    ...given,
    changes,
    steps,
    counts: {
      create: counted('create'),
      change: counted('change'),
      remove: counted('remove'),
      drift: changes.reduce((sum, one) => sum + (one.drift?.keys.length ?? 0), 0),
      steps: steps.length,
      waits: steps.filter((one) => one.gate !== null).length,
      blocked: steps.filter((one) => one.blocked !== null).length,
    },
  };
}
