import { describe, expect, test } from 'vitest';
import { fingerprintOf, type PlanFacts } from '../../../src/plan/fingerprint.ts';
import type { Work } from '../../../src/plan/work-model.ts';
import { movedFacts, readSavedPlan, type SavedPlan, savedPlanText, type SavedTopology } from '../../../src/report/document/saved-plan.ts';

const always = (tables: readonly string[]): Work => ({
  kind: 'always',
  link: 'orders/a-b',
  database: 'a',
  tables,
  triggers: ['bucardo_note_trunc_orders_a_b'],
  mode: 'A',
});

const facts: PlanFacts = {
  definitions: { 'orders/a-b': 'aa', 'orders/b-c': 'bb' },
  steps: [
    { id: 'a-b/always', what: 'truncate triggers ENABLE ALWAYS on 2 tables of a', work: always(['public.t', 'public.u']), before: [] },
    {
      id: 'a-b/deactivate',
      what: 'deactivate',
      work: { kind: 'deactivate', link: 'orders/a-b', instance: 'x' },
      before: ['status active'],
    },
    { id: 'a-b/wait-run', what: 'WAIT', work: { kind: 'wait_run', link: 'orders/a-b', instance: 'x', since: 7 }, before: [] },
  ],
  diagnostics: [{ code: 'SkippedNotEmpty', address: 'orders/a-b', objects: ['public.v'] }],
};

const topology = (given: PlanFacts, name = 'orders'): SavedTopology => ({
  topology: name,
  file: `topologies/${name}.yaml`,
  fingerprint: fingerprintOf(given),
  verdict: 'changes',
  ...given,
});

const saved: SavedPlan = {
  id: '0b0f5a52-3f5e-4b0e-9f57-0d6f6f1c2a11',
  savedAt: Date.UTC(2026, 10, 23, 6, 14, 2),
  tool: { name: 'goatherd', version: '0.1.0' },
  paths: ['topologies/'],
  approvals: ['52fe-9103'],
  plans: [topology(facts)],
};

const moved = (change: Partial<PlanFacts>): readonly string[] => movedFacts(saved, [topology({ ...facts, ...change })]);

describe('a saved plan', () => {
  test('is read as it was written, times left out', () => {
    const read = readSavedPlan(savedPlanText(saved));
    expect(read).toEqual({
      ...saved,
      plans: [
        { ...saved.plans[0], steps: [...facts.steps.slice(0, 2), { ...facts.steps[2], work: { ...facts.steps[2]?.work, since: 0 } }] },
      ],
    });
    expect('problem' in read ? read : movedFacts(read, [topology(facts)])).toEqual([]);
  });

  test.each([
    ['', 'it is not JSON'],
    ['null', 'it was not saved by `goatherd reconcile --dry-run --out`'],
    ['{"plans": []}', 'it was not saved by `goatherd reconcile --dry-run --out`'],
    ['{"kind": "goatherd plan", "format_version": "2.0"}', 'its format 2.0 is not known to this version'],
    ['{"kind": "goatherd plan", "format_version": "1.0"}', 'parts of it are missing'],
  ])('is not %j', (text, problem) => {
    expect(readSavedPlan(text)).toEqual({ problem });
  });
});

describe('facts that moved', () => {
  test('are none when only a time did', () => {
    const [one, other, wait] = facts.steps;
    if (one === undefined || other === undefined || wait === undefined) throw new Error('three steps are wanted');
    expect(moved({ steps: [one, other, { ...wait, work: { kind: 'wait_run', link: 'orders/a-b', instance: 'x', since: 99 } }] })).toEqual(
      [],
    );
    expect(moved({ steps: facts.steps.map((step) => ({ ...step, what: `${step.what}, in other words` })) })).toEqual([]);
  });

  test('are named: declarations, steps that came, went or work on something else, diagnostics', () => {
    const [one, other] = facts.steps;
    if (one === undefined || other === undefined) throw new Error('two steps are wanted');
    const other2 = { ...other, before: ['status inactive'] };
    expect(
      moved({
        definitions: { 'orders/a-b': 'cc', 'orders/a-c': 'dd' },
        steps: [
          { ...one, work: always(['public.t', 'public.w']) },
          other2,
          { id: 'b-c/forget', what: 'forget b-c', work: { kind: 'forget', link: 'orders/b-c' }, before: [] },
        ],
        diagnostics: [
          { code: 'SkippedNotEmpty', address: 'orders/a-b', objects: ['public.v', 'public.w'] },
          { code: 'Suspended', address: 'orders/b-c', objects: [] },
        ],
      }),
    ).toEqual([
      'link orders/a-b is declared otherwise',
      'link orders/a-c is new',
      'link orders/b-c is gone',
      'step a-b/wait-run went: WAIT',
      'step a-b/always is another: came: public.w; went: public.u',
      'step a-b/deactivate is another: came: status inactive; went: status active',
      'step b-c/forget came: forget b-c',
      'SkippedNotEmpty of orders/a-b: came: public.w',
      'Suspended of orders/b-c came',
    ]);
  });

  test('are those of each topology, and topologies that came or went', () => {
    expect(movedFacts(saved, [topology({ ...facts, diagnostics: [] }), topology(facts, 'stock')])).toEqual([
      'orders: SkippedNotEmpty of orders/a-b went',
      'topology stock is new',
    ]);
    expect(movedFacts(saved, [])).toEqual(['topology orders is no longer declared']);
  });

  test('say so where the file itself is another', () => {
    const edited = { ...saved, plans: saved.plans.map((plan) => ({ ...plan, fingerprint: 'sha256:00' })) };
    expect(movedFacts(edited, [topology(facts)])).toEqual(['the file was made by another version (0.1.0), or edited']);
  });
});
