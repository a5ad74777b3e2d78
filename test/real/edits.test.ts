import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { hold } from './support/hold.ts';
import { query, withSession } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled, said } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const lab = useLab({}, async (started) => {
  await loadStock(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

/** Runs a statement on the databases named. */
async function on(names: readonly string[], statement: string): Promise<void> {
  for (const name of names) await query(clusterOf(lab(), name), lab().dbname, statement);
}

const values = async (name: string, statement: string): Promise<readonly unknown[]> => {
  const rows = await query(clusterOf(lab(), name), lab().dbname, statement);
  return rows.map((row) => row.value);
};

/** Writes into a table of A until told to stop, a row at a time, so that every step meets writers. */
function writers(started: Lab, statement: string): { stop(): Promise<void> } {
  let over = false;
  const running = withSession(clusterOf(started, 'a'), started.dbname, async (client) => {
    for (let id = 100_000; !over; id += 1) {
      await client.query(statement, [id]);
      await sleep(5);
    }
  });
  return {
    stop: async () => {
      over = true;
      await running;
    },
  };
}

test('a table that appears on all three joins both links, with its old rows, while it is written and the others go on', async () => {
  await on(['a', 'b', 'c'], 'CREATE TABLE joined (id int PRIMARY KEY, v text, twice int GENERATED ALWAYS AS (id * 2) STORED)');
  await on(['a'], "INSERT INTO joined SELECT g, 'old' FROM generate_series(1, 5000) g");
  const writing = writers(lab(), "INSERT INTO joined VALUES ($1, 'new')");
  const copies = (await planOf(lab())).steps.filter((step) => step.kind === 'copy_tables');
  expect(copies.map((step) => step.address)).toEqual(['orders/a-b', 'orders/b-c']);
  // Its copy into C can write nothing while this is held, and what is written into the others arrives there.
  const held = await hold(lab(), 'c', 'LOCK TABLE joined IN SHARE MODE');
  const run = startReconcile(lab());
  expect(await run.says(/copy 1 table that joins b-c/)).toBe(true);
  await on(['a'], "INSERT INTO notes VALUES (70001, 'while it joins'); UPDATE items SET name = 'while it joins' WHERE id = 1");
  const carried = "SELECT note AS value FROM notes WHERE id = 70001 UNION ALL SELECT name FROM items WHERE name = 'while it joins'";
  await eventually(async () => (await values('c', carried)).length === 2);
  expect(await values('c', 'SELECT 1 AS value FROM joined')).toEqual([]);
  await held.release();
  expect(await run.ended).toMatchObject({ exitCode: 0 });
  await writing.stop();
  await expectSameData(lab(), 'a', 'b', 'c');
  await on(['a'], 'TRUNCATE joined');
  await on(['a'], "INSERT INTO joined SELECT g, 'after' FROM generate_series(1, 10) g");
  await expectSameData(lab(), 'a', 'b', 'c');
  await expectNothingLeft(lab());
});

test('a table that is excluded leaves when that is approved; nothing stands for it, its rows stay', async () => {
  await declare(lab(), { tables: { exclude: ['public.joined'] } });
  const blocked = await reconcile(lab());
  expect(blocked.exitCode).toBe(20);
  const plan = await planOf(lab());
  const id = plan.approvals.required[0]?.id ?? '';
  // Blocked as a whole: makedelta off without its approval would lose what C still follows.
  expect(plan.steps.filter((step) => step.blocked === null)).toEqual([]);
  await on(['a'], "INSERT INTO joined VALUES (50, 'still followed')");
  await expectSameData(lab(), 'a', 'b', 'c');
  // makedelta goes first, and a run without it is seen before the triggers of B go.
  const first = ['orders/a-b leave', 'orders/a-b wait_run', 'orders/b-c drop_triggers', 'orders/b-c drop_helpers'];
  expect(plan.steps.map((step) => `${step.address} ${step.kind}`).filter((step) => first.includes(step))).toEqual(first);
  await reconciled(lab(), 0, '--approve', id);
  const rows = `SELECT 'name' AS value FROM bucardo.bucardo_delta_names WHERE tablename LIKE '%joined%'
    UNION ALL SELECT 'target' FROM bucardo.bucardo_delta_targets WHERE tablename = 'joined'::regclass`;
  for (const name of ['a', 'b']) expect(await values(name, rows)).toEqual([]);
  for (const link of ['a_b', 'b_c'])
    expect(
      await query(
        lab().hub,
        `bucardo_orders_${link}`,
        "SELECT tablename FROM bucardo.goat WHERE tablename = 'joined' UNION ALL SELECT g.tablename FROM bucardo.herdmap JOIN bucardo.goat g ON g.id = goat WHERE g.tablename = 'joined'",
      ),
    ).toEqual([]);
  for (const name of ['a', 'b'])
    expect(
      await values(
        name,
        "SELECT tgname AS value FROM pg_trigger WHERE tgrelid = 'joined'::regclass UNION ALL SELECT relname FROM pg_class WHERE relname LIKE '%public_joined'",
      ),
    ).toEqual([]);
  expect(await values('c', 'SELECT count(*)::int AS value FROM joined')).toEqual([11]);
  await expectNothingLeft(lab());
  await on(['a', 'b', 'c'], 'DROP TABLE joined');
  // A declaration that nothing is to be done for is written down by no run: what drifts later would be a change still.
  await declare(lab(), { tables: null, kick_interval: '2s' });
  await reconciled(lab());
  await expectNothingLeft(lab());
});

test('a trigger that somebody dropped is put back, and the link is Suspect until a person accepts it', async () => {
  await on(['b'], 'DROP TRIGGER bucardo_delta ON notes');
  const plan = await planOf(lab(), 2, '--detailed-exitcode');
  expect(plan.verdict).toBe('drift');
  await reconciled(lab());
  expect(said(await planOf(lab()), 'Suspect')).toEqual(['orders/b-c: public.notes']);
  const without = await runGoatherd(['accept', 'orders/b-c', 'public.nothing', '--reason', 'r', '--config', lab().configFile]);
  expect(without).toMatchObject({ exitCode: 1, stdout: '' });
  expect(without.stderr).toContain('doubted are: public.notes');
  const file = ['--path', lab().topologyFile];
  expect(await runGoatherd(['accept', 'orders/b-c', ...file, '--reason', 'compared', '--config', lab().configFile])).toMatchObject({
    exitCode: 0,
    stdout: 'orders/b-c: 1 table accepted: public.notes\n',
  });
  expect(said(await planOf(lab()), 'Suspect')).toEqual([]);
  await on(['a'], "INSERT INTO notes VALUES (70003, 'after')");
  await expectSameData(lab(), 'a', 'b', 'c');
  await expectNothingLeft(lab());
});

test('cascade off and on again: what was not passed on meanwhile is copied when that is approved, and doubted until then', async () => {
  await declare(lab(), { databases: { b: { cascade: false } } });
  await reconciled(lab());
  await expectNothingLeft(lab());
  expect(await values('b', "SELECT DISTINCT tgenabled::text AS value FROM pg_trigger WHERE tgname LIKE 'bucardo_note_trunc%'")).toEqual([
    'O',
  ]);
  await on(['a'], "INSERT INTO notes VALUES (70004, 'missed')");
  await expectSameData(lab(), 'a', 'b');
  await declare(lab(), { databases: { b: { cascade: null } } });
  const run = await reconciled(lab(), 20);
  const id = run.plans[0]?.approvals.required[0]?.id ?? '';
  expect(said(await planOf(lab()), 'Suspect')).toEqual(['orders/b-c: public.items, public.moves, public.notes']);
  // Approved or not, what comes from now on is passed on.
  await on(['a'], "INSERT INTO notes VALUES (70005, 'passed on')");
  await eventually(async () => (await values('c', 'SELECT note AS value FROM notes WHERE id = 70005')).length === 1);
  expect(await values('c', 'SELECT note AS value FROM notes WHERE id = 70004')).toEqual([]);
  await reconciled(lab(), 0, '--approve', id);
  await expectSameData(lab(), 'a', 'b', 'c');
  expect(said(await expectNothingLeft(lab()), 'Suspect')).toEqual([]);
});
