import { expect, test } from 'vitest';
import { masterPidFile } from '../../src/observe/observe-daemon.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { hold } from './support/hold.ts';
import { insertsEver } from './support/one-of-each.ts';
import { probe } from './support/probe.ts';
import { query, type Row } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled, said } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const B = { from: 'a', to: 'b' };
const C = { from: 'a', to: 'c' };

const lab = useLab({}, async (started) => {
  await loadStock(started);
  await declare(started, { bucardo: { instance: 'main' }, links: [B, C] });
});

const on = (name: string, sql: string): Promise<readonly Row[]> => query(clusterOf(lab(), name), lab().dbname, sql);
const control = (sql: string): Promise<readonly Row[]> => query(lab().hub, 'bucardo_orders_main', sql);
const receiptOf = async (address: string): Promise<unknown> =>
  (await query(lab().hub, 'goatherd', `SELECT receipt FROM goatherd.link WHERE address = '${address}'`))[0]?.['receipt'];

test('the first copy of a suspended link is not begun anew by a restart that its sibling needs: that waits for its end', async () => {
  const word = (verb: string, ...more: readonly string[]): ReturnType<typeof runGoatherd> =>
    runGoatherd([verb, 'orders/a-c', ...more, '--config', lab().configFile, '--path', lab().topologyFile]);
  const master = (): number | undefined => masterPidFile(lab().pidDir, 'orders_main')?.pid;
  const intervals = (): Promise<readonly Row[]> => control('SELECT name, checktime::text AS every FROM bucardo.sync ORDER BY 1');
  const held = await hold(lab(), 'c', 'LOCK TABLE items IN SHARE MODE');
  const run = startReconcile(lab());
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'bucardo KID%' AND wait_event_type = 'Lock'";
  await eventually(async () => (await on('c', waiting)).length === 1);
  await eventually(async () => (await control("SELECT 1 FROM bucardo.syncrun WHERE sync = 'orders_a_b' AND lastgood")).length === 1);
  run.kill('SIGKILL');
  await run.ended;
  expect(await word('suspend', '--reason', 'C is slow')).toMatchObject({ exitCode: 0 });
  const pid = master();
  expect(pid).toBeDefined();

  await declare(lab(), { links: [{ ...B, kick_interval: '2s' }, C] });
  const waits = 'waits for the copy of a-c, which runs in daemon orders_main';
  expect((await planOf(lab())).steps.filter((step) => step.kind === 'stop_daemon').map((step) => step.blocked)).toEqual([waits]);
  const blocked = await reconcile(lab());
  expect(blocked.exitCode).toBe(20);
  expect(blocked.stdout.replaceAll(/\s+/g, ' ')).toContain(waits);
  expect(master()).toBe(pid);
  expect(await on('c', waiting)).toHaveLength(1);

  await held.release();
  await eventually(async () => (await control("SELECT 1 FROM bucardo.sync WHERE name = 'orders_a_c' AND onetimecopy = 0")).length === 1);
  // The link is suspended still, and its sibling has what it waited for.
  await reconciled(lab(), 20);
  expect(master()).not.toBe(pid);
  expect(await intervals()).toEqual([
    { name: 'orders_a_b', every: '00:00:02' },
    { name: 'orders_a_c', every: '00:00:01' },
  ]);
  expect(await word('resume')).toMatchObject({ exitCode: 0 });
  await declare(lab(), { links: [B, C] });
  await reconciled(lab());
  await expectSameData(lab(), 'a', 'b', 'c');
  // 200 rows, copied once; what is carried afterwards to prove arrival are a few.
  expect(await insertsEver(lab(), 'c', 'items')).toBeLessThan(400);
  await expectNothingLeft(lab());
});

test('one link copies again, and its sibling in the instance goes on: nothing of it is copied, stopped or lost', async () => {
  // What no trigger notes, and only a copy brings back.
  await on('b', 'SET LOCAL session_replication_role = replica; DELETE FROM items WHERE id > 100; DELETE FROM moves WHERE item > 100');
  const before = await receiptOf('orders/a-c');
  await declare(lab(), { links: [{ ...B, copy_data: 'always', copy_generation: 2 }, C] });
  const plan = await planOf(lab());
  expect(plan.steps.filter((step) => step.kind === 'copy_tables').map((step) => step.id)).toEqual(['a-b/copy-again']);
  expect(plan.steps.filter((step) => step.address === 'orders/a-c')).toEqual([]);
  expect(plan.risk.sentences.join(' ')).toMatch(/Pauses [^.]*a-c/);
  const measured = probe(lab(), 'c');
  let seen: Awaited<ReturnType<typeof measured.stop>>;
  try {
    await reconciled(lab(), 0, '--approve', plan.approvals.required[0]?.id ?? '');
  } finally {
    seen = await measured.stop();
  }
  process.stdout.write(`a -> c while a -> b was copied again: longest pause ${Math.round(seen.longestMs)} ms, ${seen.rows} rows\n`);
  await expectSameData(lab(), 'a', 'b', 'c');
  expect(await receiptOf('orders/a-c')).toEqual(before);
  expect(await receiptOf('orders/a-b')).toMatchObject({ generation: 2 });
  await expectNothingLeft(lab());
});

test('one link goes, and what its sibling set aside stays registered: it comes back with what was recorded meanwhile', async () => {
  for (const name of ['a', 'b']) await on(name, "ALTER TABLE notes ADD COLUMN mood text DEFAULT 'calm'");
  await reconciled(lab());
  await on('a', "INSERT INTO notes VALUES (9001, 'meanwhile', 'curious')");
  await expectSameData(lab(), 'a', 'b');
  const asideRows = `SELECT id, pkey FROM bucardo.goat
    WHERE tablename = 'notes' AND id NOT IN (SELECT goat FROM bucardo.herdmap WHERE herd = 'orders_a_c')`;
  const before = await control(asideRows);
  expect(before).toMatchObject([{ pkey: 'id' }]);

  // Its own removal would say what c never gets.
  await declare(lab(), { links: [{ ...B, copy_data: 'always', copy_generation: 2 }] });
  const lost = (await planOf(lab())).diagnostics.filter((one) => one.code === 'NeverDelivered');
  expect(lost.map((one) => `${one.address} ${one.message}`)).toEqual([
    'orders/a-c 1 change of public.notes on a will never reach c: set aside, it is not on its way, and the removal does not wait for it',
  ]);

  await declare(lab(), { links: [C] });
  const plan = await planOf(lab());
  await reconciled(lab(), 0, '--approve', plan.approvals.required[0]?.id ?? '');
  expect(said(await expectNothingLeft(lab()), 'SetAside')).toEqual(['orders/a-c: public.notes']);
  // The very row: one that was made anew would have lost what stood beside it.
  expect(await control(asideRows)).toEqual(before);

  await on('c', "ALTER TABLE notes ADD COLUMN mood text DEFAULT 'calm'");
  await reconciled(lab());
  await expectSameData(lab(), 'a', 'c');
  // `b` is not used any more, which is said each time.
  expect(await planOf(lab(), 0, '--detailed-exitcode')).toMatchObject({ verdict: 'in_sync', steps: [], changes: [] });
});
