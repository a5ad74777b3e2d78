import { expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, type PlanJson, reconcile, reconciled, said } from './support/reconciled.ts';
import { contentsOf, expectSameData } from './support/same-data.ts';
import { on, useLab } from './support/use-lab.ts';

const TABLES = `
  CREATE TABLE parent (id int PRIMARY KEY, note text);
  CREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent, note text);`;
const ROWS_OF_A = `
  INSERT INTO parent SELECT n, 'parent of a ' || n FROM generate_series(1, 100) n;
  INSERT INTO child SELECT n, n, 'child of a ' || n FROM generate_series(1, 100) n;`;
const ROWS_OF_TARGET = `INSERT INTO parent VALUES (1, 'own'), (777, 'own')`;

/** One source, a target for each value; `filled` and `fresh` differ in whether rows stood there before. */
const LINKS = [
  { from: 'a', to: 'skips', copy_data: 'empty' },
  { from: 'a', to: 'filled', copy_data: 'always' },
  { from: 'a', to: 'fresh', copy_data: 'always' },
  { from: 'a', to: 'never', copy_data: 'never' },
];
const targets = LINKS.map((link) => link.to);
const withRows = ['skips', 'filled', 'never'];

const lab = useLab({ clusters: ['a', ...targets] }, async (started) => {
  for (const name of ['a', ...targets]) await on(started, name, TABLES);
  await on(started, 'a', ROWS_OF_A);
  for (const name of withRows) await on(started, name, ROWS_OF_TARGET);
  await on(started, 'filled', "INSERT INTO child VALUES (5, 777, 'own')");
  await declare(started, { links: LINKS });
});

async function notes(name: string, table: 'parent' | 'child'): Promise<readonly string[]> {
  return (await on(lab(), name, `SELECT id || ' ' || note AS row FROM ${table} ORDER BY id`)).map((row) => String(row['row']));
}

const emptyStep = (plan: PlanJson, link: string): PlanJson['steps'][number] | undefined =>
  plan.steps.find((step) => step.kind === 'empty_tables' && step.address === `orders/${link}`);

let approval = '';

test('the plan names what is skipped and what would be emptied, and asks for approval of the latter only', async () => {
  const plan = await planOf(lab());
  expect(said(plan, 'SkippedNotEmpty')).toEqual(['orders/a-skips: public.parent']);
  expect(emptyStep(plan, 'a-filled')).toMatchObject({
    hazards: expect.arrayContaining(['EMPTIES_TABLES']) as unknown,
    destructive: true,
    objects: { names: ['public.child', 'public.parent'] },
    facts: { before: ['public.child holds rows on filled', 'public.parent holds rows on filled'] },
  });
  expect(emptyStep(plan, 'a-fresh')?.destructive ?? false).toBe(false);
  expect(emptyStep(plan, 'a-skips')).toBeUndefined();
  expect(emptyStep(plan, 'a-never')).toBeUndefined();
  expect(plan.approvals.required).toMatchObject([{ steps: ['a-filled/empty-tables'], given: false }]);
  approval = plan.approvals.required[0]?.id ?? '';
  expect(approval).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}$/);
  expect((await reconcile(lab(), '--dry-run', '--detailed-exitcode')).exitCode).toBe(20);
});

test('without the approval, or with another, the run does all else and ends with 20, the id printed', async () => {
  const before = await contentsOf(lab(), 'filled');
  const run = await reconcile(lab(), '--approve', '0000-0000');
  expect(run).toMatchObject({ exitCode: 20, stderr: expect.stringContaining('BLOCKED') as unknown });
  expect(run.stdout).toContain(`--approve ${approval}`);
  expect(await contentsOf(lab(), 'filled')).toEqual(before);

  // empty: the table with rows is left alone, the other is filled.
  expect(await notes('skips', 'parent')).toEqual(['1 own', '777 own']);
  expect(await notes('skips', 'child')).toEqual(await notes('a', 'child'));
  // always, onto empty tables.
  await expectSameData(lab(), 'a', 'fresh');
  // never.
  expect(await notes('never', 'parent')).toEqual(['1 own', '777 own']);
  expect(await notes('never', 'child')).toEqual([]);
});

test('with the approval the tables are emptied and copied, once', async () => {
  const document = await reconciled(lab(), 0, '--approve', approval);
  expect(document.runs).toMatchObject([{ outcome: 'converged' }]);
  await expectSameData(lab(), 'a', 'filled', 'fresh');
  expect(await query(lab().hub, 'goatherd', 'SELECT * FROM goatherd.approval')).toEqual([]);

  const plan = await expectNothingLeft(lab());
  expect(said(plan, 'SkippedNotEmpty')).toEqual(['orders/a-skips: public.parent']);
  expect(plan.links.filter((link) => link.suspect !== null)).toMatchObject([
    { address: 'orders/a-skips', suspect: 'SkippedNotEmpty: public.parent' },
  ]);
  const receipts = await query(lab().hub, 'goatherd', 'SELECT address, receipt FROM goatherd.link');
  expect(Object.fromEntries(receipts.map((row) => [row['address'], row['receipt']]))).toMatchObject({
    'orders/a-skips': { mode: 'empty', copied: ['public.child'], skipped: ['public.parent'], rows: 100 },
    'orders/a-filled': { mode: 'always', copied: ['public.child', 'public.parent'], skipped: [], rows: 200 },
    'orders/a-fresh': { mode: 'always', copied: ['public.child', 'public.parent'], skipped: [], rows: 200 },
    'orders/a-never': { mode: 'never', copied: [], skipped: [] },
  });
});

test('a copy never repeats by itself, and an old approval empties nothing', async () => {
  await on(lab(), 'filled', "INSERT INTO parent VALUES (888, 'written on the target')");
  await on(lab(), 'skips', 'DELETE FROM child');
  await reconciled(lab(), 0, '--approve', approval);
  // Something to carry, so that what the run left to do would have been done by then.
  await on(lab(), 'a', "INSERT INTO parent VALUES (201, 'later')");
  for (const name of targets) await eventually(async () => (await notes(name, 'parent')).includes('201 later'));
  expect(await notes('filled', 'parent')).toContain('888 written on the target');
  expect(await notes('skips', 'child')).toEqual([]);
  await on(lab(), 'filled', 'DELETE FROM parent WHERE id = 888');
});

test('later changes arrive on all of them, of rows that were never copied too', async () => {
  await on(
    lab(),
    'a',
    `UPDATE parent SET note = 'changed' WHERE id <= 3; UPDATE child SET note = 'changed' WHERE id <= 3;
     DELETE FROM child WHERE id = 50; INSERT INTO parent VALUES (301, 'last')`,
  );
  for (const name of targets) await eventually(async () => (await notes(name, 'parent')).includes('301 last'));
  await expectSameData(lab(), 'a', 'filled', 'fresh');
  const arrived = ['1 changed', '2 changed', '3 changed', '201 later', '301 last', '777 own'];
  expect(await notes('skips', 'parent')).toEqual(arrived);
  expect(await notes('never', 'parent')).toEqual(arrived);
  expect(await notes('skips', 'child')).toEqual(['1 changed', '2 changed', '3 changed']);
  expect(await notes('never', 'child')).toEqual(['1 changed', '2 changed', '3 changed']);
});
