import { expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { insertsEver } from './support/one-of-each.ts';
import { query, type Row } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled, said } from './support/reconciled.ts';
import { makeShop, startWriter, STILL_ROWS, untilEqual } from './support/shop.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { clusterOf, on, useLab } from './support/use-lab.ts';

const lab = useLab({}, async (started) => {
  await makeShop(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

/** What nobody notes: no trigger fires, and no link brings it. */
const unseen = (name: string, sql: string): Promise<readonly Row[]> =>
  on(lab(), name, `SET LOCAL session_replication_role = replica; ${sql}`);

const receipts = async (): Promise<Readonly<Record<string, unknown>>> =>
  Object.fromEntries(
    (await query(lab().hub, 'goatherd', 'SELECT address, receipt FROM goatherd.link')).map((row) => [row['address'], row['receipt']]),
  );

/** Declares a -> b with these keys; b -> c says that it copies nothing, which a repeated copy above overrules. */
const declareUpper = (keys: Readonly<Record<string, unknown>>): Promise<void> =>
  declare(lab(), {
    links: [
      { from: 'a', to: 'b', ...keys },
      { from: 'b', to: 'c', copy_data: 'never' },
    ],
  });

test('a raised generation under `empty` copies what is empty, and the same on the link below; other tables are not touched', async () => {
  // A TRUNCATE would be noted: those triggers fire ALWAYS on B.
  await unseen('b', 'DELETE FROM zz_still');
  await unseen('c', "INSERT INTO zz_still VALUES (90001, 'own')");
  await unseen('c', "INSERT INTO customers VALUES (90001, 'own')");
  await declareUpper({ copy_generation: 2 });

  const blocked = await planOf(lab());
  expect(
    blocked.steps.filter((step) => step.kind === 'copy_tables').map((step) => [step.id, step.objects.names, step.destructive]),
  ).toEqual([
    ['a-b/copy-again', ['public.zz_still'], false],
    ['b-c/copy-again', ['public.zz_still'], true],
  ]);
  const id = blocked.approvals.required[0]?.id ?? '';
  const writer = startWriter(clusterOf(lab(), 'a'), lab().dbname);
  const without = await reconcile(lab());
  expect(without.exitCode).toBe(20);
  expect(without.stdout).toContain(`--approve ${id}`);
  await reconciled(lab(), 0, '--approve', id);
  expect(await writer.stop()).toBeGreaterThan(0);
  // The row that only C has: its table was not part of it.
  expect(await on(lab(), 'c', 'SELECT name FROM customers WHERE id = 90001')).toEqual([{ name: 'own' }]);
  await unseen('c', 'DELETE FROM customers WHERE id = 90001');
  await untilEqual(lab());
  expect(await receipts()).toMatchObject({ 'orders/a-b': { generation: 2, skipped: [] }, 'orders/b-c': { generation: 1 } });
  const plan = await expectNothingLeft(lab());
  expect(plan.links.map((link) => link.suspect)).toEqual([null, null]);
});

test('under `always` every table, while A is written; a run that is killed between the two copies is continued, and copies nothing twice', async () => {
  await unseen('b', 'DELETE FROM zz_still WHERE id % 2 = 0; DELETE FROM customers WHERE id % 7 = 0');
  await declareUpper({ copy_data: 'always', copy_generation: 3 });
  const id = (await planOf(lab())).approvals.required[0]?.id ?? '';
  const before = [await insertsEver(lab(), 'b', 'zz_still'), await insertsEver(lab(), 'c', 'zz_still')];
  const writer = startWriter(clusterOf(lab(), 'a'), lab().dbname);
  const killed = startReconcile(lab(), {
    args: ['--approve', id],
    killAtFirst: (line) => /copy \d+ tables of b-c again/.test(line) && !line.includes('orders:'),
  });
  expect((await killed.ended).exitCode).toBe(137);
  // The word that was given holds until what it was given for is done.
  await reconciled(lab());
  expect(await writer.stop()).toBeGreaterThan(0);
  await untilEqual(lab());
  expect([await insertsEver(lab(), 'b', 'zz_still'), await insertsEver(lab(), 'c', 'zz_still')]).toEqual(
    before.map((rows) => rows + STILL_ROWS),
  );
  await expectNothingLeft(lab());
});

test('a lower number is said, and does nothing', async () => {
  await declareUpper({ copy_data: 'always', copy_generation: 1 });
  expect(said(await expectNothingLeft(lab()), 'GenerationLowered')).toEqual(['orders/a-b: ']);
  // The changes of this file's end go all the way.
  await on(lab(), 'a', "UPDATE zz_still SET what = 'changed' WHERE id < 10");
  await untilEqual(lab());
});
