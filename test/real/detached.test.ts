import { expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { bucardoTriggers } from './support/one-of-each.ts';
import { expectNothingLeft, planOf, reconciled, said } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { makeShop, startWriter, untilEqual } from './support/shop.ts';
import { clusterOf, on, useLab } from './support/use-lab.ts';

const lab = useLab({}, async (started) => {
  await makeShop(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

const upper = (keys: Readonly<Record<string, unknown>>): Promise<void> =>
  declare(lab(), { links: [{ from: 'a', to: 'b', ...keys }, 'b -> c'] });

/** Tables in schema bucardo of one database that hold what the triggers of user tables wrote. */
const deltaTables = async (name: string): Promise<readonly unknown[]> =>
  (
    await on(
      lab(),
      name,
      "SELECT relname::text AS t FROM pg_class WHERE relnamespace = to_regnamespace('bucardo') AND relname ~ '^(delta|track|stage)_public' AND relkind = 'r'",
    )
  ).map((row) => row['t']);

test('a link is detached while its source is written, when that is approved: nothing is left on the source that records', async () => {
  await upper({ state: 'detached' });
  const writer = startWriter(clusterOf(lab(), 'a'), lab().dbname);
  const id = (await planOf(lab())).approvals.required[0]?.id ?? '';
  // Until it is approved the link goes on.
  await reconciled(lab(), 20);
  await on(lab(), 'a', "INSERT INTO customers VALUES (80001, 'still followed')");
  await eventually(async () => (await on(lab(), 'c', 'SELECT 1 FROM customers WHERE id = 80001')).length === 1);
  await reconciled(lab(), 0, '--approve', id);
  expect(await writer.stop()).toBeGreaterThan(0);
  expect(await bucardoTriggers(lab(), 'a')).toEqual([]);
  expect(await deltaTables('a')).toEqual([]);
  const plan = await expectNothingLeft(lab());
  expect(said(plan, 'Detached')).toEqual(['orders/a-b: ']);
  expect(plan.links.map((link) => link.state)).toEqual(['detached', 'converged']);
  expect((await runGoatherd(['status', '--config', lab().configFile, lab().topologyFile])).stdout).toMatch(/a-b +detached/);
});

test('the link below goes on with what is written on B', async () => {
  await on(lab(), 'a', "INSERT INTO customers VALUES (80002, 'not recorded')");
  await on(lab(), 'b', "INSERT INTO customers VALUES (80003, 'of b')");
  await eventually(async () => (await on(lab(), 'c', 'SELECT 1 FROM customers WHERE id = 80003')).length === 1);
  expect(await on(lab(), 'c', 'SELECT 1 FROM customers WHERE id = 80002')).toEqual([]);
});

test('it comes back by a copy of its tables and of those below, while A is written', async () => {
  await upper({});
  const plan = await planOf(lab());
  expect(plan.approvals.required).toMatchObject([{ steps: ['a-b/copy-again', 'b-c/copy-again'], given: false }]);
  const writer = startWriter(clusterOf(lab(), 'a'), lab().dbname);
  await reconciled(lab(), 0, '--approve', plan.approvals.required[0]?.id ?? '');
  expect(await writer.stop()).toBeGreaterThan(0);
  // What only B had is gone: the copy made it like A.
  await untilEqual(lab());
  expect(await on(lab(), 'c', 'SELECT name FROM customers WHERE id > 80000 ORDER BY id')).toEqual([
    { name: 'still followed' },
    { name: 'not recorded' },
  ]);
  expect((await expectNothingLeft(lab())).links.map((link) => link.suspect)).toEqual([null, null]);
});
