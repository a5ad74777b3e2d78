import { expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled, said } from './support/reconciled.ts';
import { expectSameData } from './support/same-data.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const lab = useLab({}, async (started) => {
  await loadStock(started);
  await declare(started, { databases: { b: { cascade: false } } });
});

const on = (name: string, sql: string): Promise<unknown> => query(clusterOf(lab(), name), lab().dbname, sql);

async function notes(name: string): Promise<readonly string[]> {
  const rows = await query(clusterOf(lab(), name), lab().dbname, 'SELECT note FROM notes ORDER BY id');
  return rows.map((row) => String(row['note']));
}

test('the plan warns that C will get only what is written on B itself', async () => {
  const plan = await planOf(lab());
  expect(plan.diagnostics.filter((one) => one.code === 'CascadeOff')).toMatchObject([{ severity: 'warning', address: 'orders/b-c' }]);
  expect(plan.drawing.nodes.find((node) => node.name === 'b')).toMatchObject({ cascade: false });
  expect(plan.steps.filter((step) => step.kind === 'makedelta' || step.kind === 'always')).toEqual([]);
  expect((await reconcile(lab(), '--dry-run')).stdout).toContain('CascadeOff');
});

test('C starts whole all the same: its copy comes after that of B', async () => {
  await reconciled(lab());
  const held = await expectSameData(lab(), 'a', 'b', 'c');
  expect(held['table public.notes']).toMatch(/^50 rows/);
  const plan = await expectNothingLeft(lab());
  expect(said(plan, 'CascadeOff')).toHaveLength(1);
});

test('then what A writes ends on B, and what is written on B reaches C', async () => {
  await on(
    'a',
    "INSERT INTO notes VALUES (501, 'of a'); UPDATE items SET name = 'of a' WHERE id = 150; DELETE FROM moves WHERE item = 150",
  );
  await eventually(async () => (await notes('b')).includes('of a'));
  await on('b', "INSERT INTO notes VALUES (502, 'of b')");
  await eventually(async () => (await notes('c')).includes('of b'));
  // What came to B before is not on C, though b-c has run since.
  expect(await notes('c')).not.toContain('of a');
  expect(await query(clusterOf(lab(), 'c'), lab().dbname, "SELECT 1 FROM items WHERE name = 'of a'")).toEqual([]);

  await on('a', 'TRUNCATE notes');
  await eventually(async () => !(await notes('b')).includes('of a'));
  await on('b', "INSERT INTO notes VALUES (503, 'of b, later')");
  await eventually(async () => (await notes('c')).includes('of b, later'));
  expect(await notes('c')).toHaveLength(52);
  // No delta either: with `cascade` on again later, nothing old would come along.
  expect(await query(clusterOf(lab(), 'b'), lab().dbname, 'SELECT 1 FROM bucardo.delta_public_items WHERE id = 150')).toEqual([]);
});
