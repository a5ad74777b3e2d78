import { describe, expect, test } from 'vitest';
import { EMPTY_LEDGER, type Approval, type Ledger } from '../../../src/ledger/model.ts';
import { approvalId, type Destructive, judge } from '../../../src/plan/approvals.ts';
import { guardedAmong, undrainedLinks } from '../../../src/plan/view/leaving/leaving.ts';
import type { Observation } from '../../../src/observe/model.ts';
import { readTopology } from '../../../src/topology/resolve.ts';
import type { Topology } from '../../../src/topology/model.ts';

const caps = { linksRemoved: 1, tablesEmptied: 2 };
const leaving = new Set(['orders/b-c', 'orders/c-d']);

function step(id: string, more: Partial<Destructive> = {}): Destructive {
  const link = id.split('/')[0] ?? '';
  const address = `orders/${link}`;
  return {
    id,
    kind: 'drop_control',
    address,
    destructive: true,
    hits: [],
    hazards: [],
    objects: 1,
    work: { kind: 'forget', link: address },
    ...more,
  };
}

const emptied = (id: string, tables: number): Destructive =>
  step(id, { kind: 'empty_tables', hazards: ['EMPTIES_TABLES'], objects: tables });
const one = [step('b-c/deactivate', { kind: 'deactivate' }), step('b-c/drop-control')];
const both = [...one, step('c-d/drop-control')];
const id = approvalId(one);

/** A file whose links are gone, with these entries of `removed`. */
function file(...removed: readonly string[]): Topology {
  const databases = '{a: {service: a}, b: {service: b}, c: {service: c}}';
  const { topology } = readTopology(
    'orders.yaml',
    `topology: orders\ndatabases: ${databases}\nlinks: [a -> b]\nremoved: [${removed.join(', ')}]\n`,
  );
  return topology!;
}

function ledger(...approvals: readonly Partial<Approval>[]): Ledger {
  return {
    ...EMPTY_LEDGER,
    approvals: approvals.map((more) => ({ id, topology: 'orders', step: '', by: 'ann', overCap: false, ...more })),
  };
}

const judged = (topology: Topology, steps: readonly Destructive[], known = EMPTY_LEDGER, approvals: readonly string[] = []) =>
  judge(topology, steps, leaving, known, { approvals }, caps);

describe('an approval in git', () => {
  test('is that of exactly these steps', () => {
    const given = judged(file(`{link: b -> c, plan: ${id}}`), one);
    expect(given.required).toEqual([{ id, steps: ['b-c/deactivate', 'b-c/drop-control'], given: true }]);
    expect(given.pending).toBeNull();
    const more = judged(file(`{link: b -> c, plan: ${id}}`), [...one, emptied('a-b/empty-tables', 1)]);
    expect(more.required).toMatchObject([{ given: false }]);
    expect(more.reasonAgainst(step('b-c/deactivate'))).toMatch(/^approval [0-9a-f]{4}-[0-9a-f]{4} is missing$/);
  });

  test('does not count where its link does not leave: gone already, or standing', () => {
    expect(judged(file(`{link: a -> b, plan: ${id}}`, `{link: x -> y, plan: ${id}}`), one).required).toMatchObject([{ given: false }]);
  });

  test('is told from that of a later link of the same name', () => {
    const [first, later] = ['2026-11-23T10:00:00.000Z', '2026-11-24T10:00:00.000Z'].map((since) =>
      approvalId([step('b-c/drop-control', { hits: [since] })]),
    );
    expect(first).not.toBe(later);
  });
});

describe('caps', () => {
  const all = approvalId(both);
  test('bind git: the plan stays blocked, and says which', () => {
    const over = judged(file(`{link: b -> c, plan: ${all}}`, `{link: c -> d, plan: ${all}}`), both);
    expect(over.required).toMatchObject([{ given: true, cap: 'cap links_removed: 2 > 1' }]);
    expect(over.reasonAgainst(step('c-d/drop-control'))).toBe('cap links_removed: 2 > 1');
    expect(over.reasonAgainst({ id: 'c-d/forget', destructive: false })).toBeNull();
  });

  test('do not bind a person who names the id, nor `approve --over-cap`', () => {
    expect(judged(file(), both, EMPTY_LEDGER, [all])).toMatchObject({ pending: null, required: [{ given: true }] });
    const word = both.map((of) => ({ step: of.id, overCap: true }));
    expect(judged(file(), both, ledger(...word))).toMatchObject({ pending: null, required: [{ given: true }] });
  });

  test('bind `approve` without it, and count only what is bound', () => {
    const word = both.map((of) => ({ step: of.id }));
    expect(judged(file(), both, ledger(...word)).pending).toBe('cap links_removed: 2 > 1');
    const mixed = [{ step: 'b-c/deactivate', overCap: true }, { step: 'b-c/drop-control', overCap: true }, { step: 'c-d/drop-control' }];
    expect(judged(file(), both, ledger(...mixed)).pending).toBeNull();
  });

  test('count tables that are emptied', () => {
    const steps = [emptied('a-b/empty-tables', 2), emptied('b-c/empty-tables', 1)];
    expect(judged(file(), steps, ledger(...steps.map((of) => ({ step: of.id })))).pending).toBe('cap tables_emptied: 3 > 2');
  });
});

test('what is left of approved steps after a crash is approved', () => {
  const rest = judged(file(), one.slice(1), ledger({ step: 'b-c/deactivate' }, { step: 'b-c/drop-control' }));
  expect(rest).toMatchObject({ pending: null, required: [{ given: true, steps: ['b-c/drop-control'] }] });
});

describe('links that leave', () => {
  const link = { ...file().links[0]!, former: true as const };
  const seen = (reachable: boolean): Observation =>
    ({ databases: { a: { reachable, code: '08006', message: '' } } }) as unknown as Observation;

  test('stay while they are protected, all of them where nothing else would remain, or while their source does not answer', () => {
    const [free, guarded] = [
      { ...link, address: 'orders/a-c' },
      { ...link, protect: true },
    ];
    expect([...guardedAmong([free, guarded], [link], seen(true))]).toEqual([['orders/a-b', 'protected']]);
    expect([...guardedAmong([free, guarded], [], seen(true)).values()]).toEqual(['protected', 'protected']);
    expect([...guardedAmong([free], [link], seen(true))]).toEqual([]);
    expect([...guardedAmong([free], [link], seen(false))]).toEqual([['orders/a-c', 'a does not answer']]);
  });

  test('leave without waiting only by the entry that approves them', () => {
    const entry = '{link: b -> c, plan: 52fe-9103, drain: false}';
    expect([...undrainedLinks(file(entry), leaving, '52fe-9103', EMPTY_LEDGER)]).toEqual(['orders/b-c']);
    expect([...undrainedLinks(file(entry), leaving, '0000-0000', EMPTY_LEDGER)]).toEqual([]);
    const half = ledger({ id: '52fe-9103', step: 'b-c/drop-control' });
    expect([...undrainedLinks(file(entry), leaving, '0000-0000', half)]).toEqual(['orders/b-c']);
    expect([...undrainedLinks(file('{link: b -> c, plan: 52fe-9103}'), leaving, '52fe-9103', EMPTY_LEDGER)]).toEqual([]);
  });
});
