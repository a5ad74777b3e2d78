import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/plan/model.ts';
import { columnDifferences } from '../../../src/plan/preflight/columns.ts';
import { tick } from './world/world-daemon.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { insert } from './world/world-users.ts';
import { Crash, dataOf, declare, instanceOf, tableOf, type World } from './world/world.ts';

const CHAIN = orders(['a -> b', 'b -> c']);
const T = 'public.invoice';
const NAMES = ['a', 'b', 'c'];
const column = (name: string): string => [name, 'text', '', '', '', '', ''].join('\u001f');

function converged(topology = CHAIN): World {
  const world = worldOf({ topology });
  run(world);
  return world;
}

function run(world: World): void {
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  for (let second = 0; second < 5; second += 1) tick(world);
  expect(world.violations).toEqual([]);
}

const addColumn = (world: World, names: readonly string[]): void => {
  for (const name of names) tableOf(world, name, T)?.columns.push(column('extra'));
};
const kinds = (plan: Plan, address?: string): string[] =>
  plan.steps.filter((step) => address === undefined || step.address === address).map((step) => step.kind);
const said = (plan: Plan, code: string): string[] =>
  plan.diagnostics.filter((one) => one.code === code).flatMap((one) => one.objects.map((object) => `${one.address} ${object}`));
const carried = (world: World, instance: string): readonly string[] => instanceOf(world, instance).daemon?.syncs[0]?.tables ?? [];

describe('a column', () => {
  test('that stands everywhere is read by a daemon that starts anew, and by nothing else', () => {
    const world = converged();
    addColumn(world, NAMES);
    expect(kinds(planFor(world)).toSorted()).toEqual([
      'arrival',
      'register',
      'register',
      'start_daemon',
      'start_daemon',
      'stop_daemon',
      'stop_daemon',
    ]);
    run(world);
    expect(planFor(world).verdict).toBe('in_sync');
  });

  test('that took the place of another has every row sent again, by a daemon that knows it', () => {
    const world = converged();
    for (const name of NAMES) tableOf(world, name, T)?.columns.splice(-1, 1, column('other'));
    const plan = planFor(world);
    expect(
      plan.steps.filter((step) => step.kind === 'resend').map((step) => [step.address, step.after.includes('orders_a_b/start-0')]),
    ).toEqual([
      ['orders/a-b', true],
      ['orders/b-c', false],
    ]);
    expect(plan.verdict).toBe('changes');
    run(world);
    expect(planFor(world).verdict).toBe('in_sync');
    addColumn(world, NAMES);
    expect(kinds(planFor(world))).not.toContain('resend');
  });

  test('that the target lacks sets its table aside, with the statement that helps; the others go on, and it comes back whole', () => {
    const world = converged();
    addColumn(world, ['a', 'b']);
    const plan = planFor(world);
    expect(said(plan, 'ColumnMissing')).toEqual([
      `orders/b-c ${T}: column extra is missing on the target: ALTER TABLE public.invoice ADD COLUMN extra text`,
    ]);
    expect(said(plan, 'SetAside')).toEqual([`orders/b-c ${T}`]);
    expect(kinds(plan)).not.toContain('makedelta');
    expect(kinds(plan)).not.toContain('leave');
    run(world);
    expect(carried(world, 'orders_a_b')).toContain(T);
    expect(carried(world, 'orders_b_c')).toEqual(['public.customer']);
    const settled = planFor(world);
    expect(settled).toMatchObject({ verdict: 'in_sync', steps: [] });
    expect(said(settled, 'SetAside')).toEqual([`orders/b-c ${T}`]);

    insert(world, 'a', T, 'meanwhile');
    for (let second = 0; second < 5; second += 1) tick(world);
    expect(dataOf(world, 'c', T).rows.has('meanwhile')).toBe(false);
    addColumn(world, ['c']);
    expect(kinds(planFor(world))).not.toContain('copy_tables');
    run(world);
    expect(dataOf(world, 'c', T).rows.has('meanwhile')).toBe(true);
    expect(planFor(world).diagnostics.filter((one) => one.severity !== 'note')).toEqual([]);
  });

  test('that no table of the target has blocks the link, as Bucardo runs no sync without a table', () => {
    const world = worldOf({ topology: CHAIN, tables: [{ name: 'invoice', key: ['id'] }] });
    run(world);
    addColumn(world, ['a']);
    const plan = planFor(world);
    expect(plan.verdict).toBe('blocked');
    expect(kinds(plan)).not.toContain('set_aside');
  });

  test('that differs names the statement for each kind of difference', () => {
    const source = {
      schema: 'public',
      name: 'Odd one',
      columns: ['n\u001finteger\u001f\u001fn\u001f7\u001f\u001f', 'v\u001ftext\u001f\u001f\u001f\u001f\u001f'],
    };
    const target = ['v\u001finteger\u001f\u001fn\u001f1\u001f\u001f', 'x\u001ftext\u001f\u001f\u001f\u001f\u001f'];
    expect(columnDifferences(source, target).map((one) => `${one.code} ${one.sql ?? '-'}`)).toEqual([
      'ColumnMissing ALTER TABLE public."Odd one" ADD COLUMN n integer DEFAULT 7 NOT NULL',
      'ColumnType ALTER TABLE public."Odd one" ALTER COLUMN v TYPE text',
      'ColumnDefault ALTER TABLE public."Odd one" ALTER COLUMN v DROP DEFAULT',
      'ColumnNullability ALTER TABLE public."Odd one" ALTER COLUMN v DROP NOT NULL',
      'ColumnOrder -',
      'ColumnExtra ALTER TABLE public."Odd one" DROP COLUMN x; or on the source ALTER TABLE public."Odd one" ADD COLUMN x text',
    ]);
  });
});

describe('a key', () => {
  const setKey = (world: World, names: readonly string[], columns: readonly string[]): void => {
    for (const name of names) {
      const table = tableOf(world, name, T);
      if (table === undefined || table.key === null) throw new Error(`no ${T} with a key on ${name}`);
      for (const one of columns) if (!table.columns.some((text) => text.startsWith(`${one}\u001f`))) table.columns.push(column(one));
      table.key = { ...table.key, columns: [...columns], types: columns.map(() => 'text'), definitions: columns.map(() => 'text') };
    }
  };

  test('that changed everywhere makes the delta tables anew while no daemon touches them, and loses nothing', () => {
    const world = converged();
    insert(world, 'a', T, 'before');
    setKey(world, NAMES, ['note']);
    insert(world, 'a', T, 'between');
    const plan = planFor(world);
    const rekeys = plan.steps.filter((step) => step.kind === 'rekey');
    expect(rekeys.map((step) => step.work)).toMatchObject([
      {
        database: 'a',
        tables: [{ keyColumns: ['note'], oldColumns: [{ name: 'id', type: 'bigint' }], targets: ['b'], translatable: true }],
      },
      { database: 'b', tables: [{ targets: ['c'], translatable: true }] },
    ]);
    for (const step of rekeys) expect(step.after).toEqual(expect.arrayContaining(['orders_a_b/stop-0']));
    run(world);
    expect([...dataOf(world, 'c', T).rows]).toEqual(expect.arrayContaining(['before', 'between']));
    expect(planFor(world).verdict).toBe('in_sync');
  });

  test('whose old columns are gone is not translated: every row is noted', () => {
    const world = converged();
    for (const name of NAMES) {
      const table = tableOf(world, name, T);
      table?.columns.splice(0, 1);
    }
    setKey(world, NAMES, ['note']);
    const plan = planFor(world);
    expect(said(plan, 'KeyColumnGone')).toEqual([`orders/a-b ${T}: column id`, `orders/b-c ${T}: column id`]);
    const rekeys = plan.steps.filter((step) => step.kind === 'rekey');
    expect(rekeys.map((step) => step.work)).toMatchObject([{ tables: [{ translatable: false }] }, { tables: [{ translatable: false }] }]);
  });

  test('that changed below only sets the table aside above: what a kid writes down there has the source’s key', () => {
    const world = converged();
    setKey(world, ['b', 'c'], ['note']);
    tableOf(world, 'a', T)?.columns.push(...(tableOf(world, 'b', T)?.columns.slice(2) ?? []));
    const plan = planFor(world);
    expect(said(plan, 'KeyDiffers')).toEqual([`orders/a-b ${T}: id on the source, note on the target`]);
    run(world);
    expect(carried(world, 'orders_a_b')).not.toContain(T);
    insert(world, 'a', T, 'meanwhile');
    setKey(world, ['a'], ['note']);
    run(world);
    expect(dataOf(world, 'c', T).rows.has('meanwhile')).toBe(true);
    expect(planFor(world).verdict).toBe('in_sync');
  });

  test('of a table whose changes go to another topology, too, waits', () => {
    const world = converged();
    tableOf(world, 'a', T)?.bucardo?.targets.push('dbgroup other_a_x');
    setKey(world, NAMES, ['note']);
    const plan = planFor(world);
    expect(said(plan, 'KeyChangeWaits')).toEqual([`orders/a-b ${T}: dbgroup other_a_x`]);
    expect(plan.steps.filter((step) => step.kind === 'rekey').map((step) => step.address)).toEqual(['orders/b-c']);
  });
});

describe('settings', () => {
  test('a setting that the file names no more goes back to what Bucardo had', () => {
    const world = converged(orders(['a -> b'], ['bucardo: {settings: {log_level: verbose}}'], ['a', 'b']));
    expect(instanceOf(world, 'orders_a_b').control?.settings['log_level']).toBe('verbose');
    declare(world, topologyOf(orders(['a -> b'], [], ['a', 'b'])));
    expect(kinds(planFor(world))).toContain('settings');
    run(world);
    expect(instanceOf(world, 'orders_a_b').control?.settings['log_level']).toBe('normal');
    expect(planFor(world).verdict).toBe('in_sync');
  });

  test('a setting that changes while a link copies waits for the copy', () => {
    const world = worldOf({ topology: orders(['a -> b'], [], ['a', 'b']), copyTicks: 20 });
    const copying = (): boolean => world.instances['orders_a_b']?.daemon?.syncs[0]?.run?.kind === 'copy';
    const users = (): void => {
      if (copying()) throw new Crash('killed while it copies');
    };
    expect(() => reconcile(world, { choose: () => 0, approvals: 'all', users })).toThrow('killed while it copies');
    declare(world, topologyOf(orders(['a -> b'], ['bucardo: {settings: {log_level: verbose}}'], ['a', 'b'])));
    const stop = planFor(world).steps.find((step) => step.kind === 'stop_daemon');
    expect(stop?.after).toEqual(expect.arrayContaining(['a-b/receipt', 'a-b/wait-copy', 'orders_a_b/settings']));
    run(world);
    expect(instanceOf(world, 'orders_a_b').control?.settings['log_level']).toBe('verbose');
  });
});
