/**
 * Any plan at all, likely or not: names with blanks, bars, line breaks and escape sequences, numbers from nothing to much.
 */
import fc from 'fast-check';
import type { Plan } from '../../../src/plan/model.ts';
import { newChain } from './plans.ts';

const text = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z.-]{0,30}$/) },
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', ' ', 'a-b ', 'x\n\ny', '| a |', '```', '\u001b[31mred', '-->', '\u202e', 'w'.repeat(500), 'two words '.repeat(60)),
);
const texts = fc.array(text, { maxLength: 12 });
const count = fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 2 ** 31 - 1 }));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const address = fc.oneof(fc.constantFrom('orders', 'orders/', 'orders/a', 'orders/a-b', 'orders/b-c', 'orders/instance/orders_a_b'), text);
const mode = fc.constantFrom('none' as const, 'ACCESS SHARE' as const, 'SHARE ROW EXCLUSIVE' as const, 'ACCESS EXCLUSIVE' as const);
const id = fc.oneof(fc.constantFrom('a-b/triggers', 'b-c/triggers', 'b-c/wait_copy'), text);

const step: fc.Arbitrary<Plan['steps'][number]> = fc.record({
  id,
  seq: fc.integer({ min: 1, max: 200 }),
  kind: fc.constantFrom(...newChain.steps.map((one) => one.kind)),
  symbol: fc.constantFrom('+' as const, '~' as const, '-' as const, '|' as const, '=' as const),
  address,
  what: text,
  reason: text,
  on: texts,
  lock: fc.record({ mode, timeoutMs: maybe(count), budgetMs: maybe(count) }),
  objects: maybe(count),
  hazards: fc.subarray(['LOCKS_WRITERS', 'LOCKS_READERS', 'PAUSES_LINK', 'EMPTIES_TABLES', 'LOSES_RESUME']),
  destructive: fc.boolean(),
  hits: texts,
  after: fc.array(id, { maxLength: 4 }),
  estimateSeconds: maybe(count),
  before: texts,
  afterFacts: texts,
  gate: maybe(
    fc.record({
      condition: fc.constantFrom('CopyComplete' as const, 'RunSeen' as const),
      holds: fc.array(id, { maxLength: 4 }),
      warnAfterSeconds: count,
    }),
  ),
  blocked: maybe(text),
  work: fc.constantFrom(...newChain.steps.map((one) => one.work)),
});

const approvalId = fc.stringMatching(/^[0-9a-f]{4}-[0-9a-f]{4}$/);

/** Plans whose parts need not fit together: reports must bear that too. */
export const arbitraryPlan: fc.Arbitrary<Plan> = fc.record({
  topology: fc.oneof(fc.constant('orders'), text),
  file: text,
  verdict: fc.constantFrom('in_sync' as const, 'changes' as const, 'drift' as const, 'blocked' as const),
  fingerprint: text,
  drawing: fc.record({
    nodes: fc.uniqueArray(fc.record({ name, target: text, cascade: fc.boolean(), reachable: fc.boolean() }), {
      selector: (node) => node.name,
    }),
    // Cycles and links of unknown databases among them.
    edges: fc.array(fc.record({ id: text, from: name, to: name, label: text }), { maxLength: 8 }),
  }),
  changes: fc.array(
    fc.record({
      address,
      action: fc.constantFrom('create' as const, 'change' as const, 'remove' as const, 'drift' as const),
      what: text,
      reason: text,
      fields: fc.array(fc.record({ path: text, before: maybe(text), after: maybe(text) }), { maxLength: 4 }),
    }),
    { maxLength: 6 },
  ),
  steps: fc.array(step, { maxLength: 15 }),
  diagnostics: fc.array(
    fc.record({
      severity: fc.constantFrom('error' as const, 'warning' as const, 'note' as const),
      code: text,
      message: text,
      objects: texts,
      hint: text,
      address,
      at: maybe(fc.record({ file: text, line: count, column: count })),
    }),
    { maxLength: 6 },
  ),
  approvals: fc.record({
    required: fc.array(fc.record({ id: approvalId, steps: fc.array(id, { maxLength: 4 }), given: fc.boolean() }), { maxLength: 2 }),
  }),
  risk: fc.record({ maxLock: mode, destructive: fc.boolean(), sentences: texts }),
  counts: fc.record({ create: count, change: count, remove: count, drift: count, steps: count, waits: count, blocked: count }),
  factsChecked: count,
  links: fc.array(
    fc.record({
      address,
      tables: count,
      sequences: count,
      state: fc.constantFrom('converged' as const, 'pending' as const, 'blocked' as const, 'stopped' as const),
      copy: maybe(text),
      suspect: maybe(text),
    }),
    { maxLength: 5 },
  ),
});
