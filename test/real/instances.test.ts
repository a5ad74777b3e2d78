import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { bucardoVersions } from './support/bucardo-objects.ts';
import { declare } from './support/declare.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconciled } from './support/reconciled.ts';
import { expectSameData } from './support/same-data.ts';
import { makeShop, startWriter } from './support/shop.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const lab = useLab({}, async (started) => {
  await makeShop(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

const versions = (): Promise<unknown> => Promise.all(['a', 'b'].map((name) => bucardoVersions(clusterOf(lab(), name), lab().dbname)));
const receipts = (): Promise<unknown> => query(lab().hub, 'goatherd', 'SELECT address, receipt FROM goatherd.link ORDER BY 1');

/** Control databases, pid directories, logs, and the daemons with their syncs. */
async function instances(): Promise<unknown> {
  const databases = await query(
    lab().hub,
    'postgres',
    "SELECT datname AS name, shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname LIKE 'bucardo%' ORDER BY 1",
  );
  const sessions = await query(
    lab().hub,
    'postgres',
    "SELECT DISTINCT datname AS name, left(application_name, 11) AS kind FROM pg_stat_activity WHERE application_name LIKE 'bucardo MCP%' ORDER BY 1",
  );
  return {
    databases: databases.map((row) => row['name']),
    marks: databases.map((row) => String(row['mark']).replace(/^.*, links /, '')),
    daemons: sessions.map((row) => row['name']),
    pids: (await readdir(lab().pidDir)).toSorted(),
    logs: (await readdir(lab().logDir)).filter((name) => name.startsWith('log.')).toSorted(),
  };
}

const OWN = {
  databases: ['bucardo_orders_a_b', 'bucardo_orders_b_c'],
  marks: ['a-b', 'b-c'],
  daemons: ['bucardo_orders_a_b', 'bucardo_orders_b_c'],
  pids: ['orders_a_b', 'orders_b_c'],
  logs: ['log.bucardo.orders_a_b', 'log.bucardo.orders_b_c'],
};

test('two links with instances of their own move into one, and one moves out again, while the source is written to', async () => {
  expect(await instances()).toEqual(OWN);
  const before = { versions: await versions(), receipts: await receipts() };
  const writer = startWriter(clusterOf(lab(), 'a'), lab().dbname);

  await declare(lab(), { bucardo: { instance: 'main' } });
  const plan = await planOf(lab(), 2, '--detailed-exitcode');
  expect(plan.changes.map((change) => [change.address, change.action])).toEqual([
    ['orders/a-b', 'change'],
    ['orders/b-c', 'change'],
  ]);
  const kinds = plan.steps.map((step) => step.kind);
  for (const kind of ['helpers', 'triggers', 'wait_copy', 'copy_tables', 'receipt', 'suspect', 'always'] as const)
    expect(kinds).not.toContain(kind);
  await reconciled(lab());
  expect(await instances()).toEqual({
    databases: ['bucardo_orders_main'],
    marks: ['a-b b-c'],
    daemons: ['bucardo_orders_main'],
    pids: ['orders_main'],
    logs: ['log.bucardo.orders_main'],
  });
  await expectNothingLeft(lab());

  await declare(lab(), { bucardo: null, links: ['a -> b', { from: 'b', to: 'c', bucardo: { instance: 'main' } }] });
  await reconciled(lab());
  expect(await instances()).toMatchObject({ databases: ['bucardo_orders_a_b', 'bucardo_orders_main'], marks: ['a-b', 'b-c'] });
  await expectNothingLeft(lab());

  await declare(lab(), { links: ['a -> b', 'b -> c'] });
  await reconciled(lab());
  expect(await instances()).toEqual(OWN);
  await expectNothingLeft(lab());

  expect(await writer.stop()).toBeGreaterThan(0);
  await expectSameData(lab(), 'a', 'b', 'c');
  expect({ versions: await versions(), receipts: await receipts() }).toEqual(before);
});

test('the changes have the one target that they had, and a TRUNCATE still reaches the end', async () => {
  const [left] = await query(
    clusterOf(lab(), 'a'),
    lab().dbname,
    `SELECT count(DISTINCT target)::int AS targets, count(*) FILTER (WHERE target <> 'dbgroup orders_a_b')::int AS others FROM bucardo.bucardo_delta_targets`,
  );
  expect(left).toEqual({ targets: 1, others: 0 });
  await query(clusterOf(lab(), 'a'), lab().dbname, 'TRUNCATE zz_still');
  await expectSameData(lab(), 'a', 'b', 'c');
});
