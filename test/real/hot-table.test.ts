import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { hold } from './support/hold.ts';
import { withLab } from './support/lab.ts';
import { bucardoTriggers, duplicates, ledgerRows, masters } from './support/one-of-each.ts';
import { query } from './support/query.ts';
import { makeShop, shopTables, startWriter, untilEqual } from './support/shop.ts';
import { expectExit, planOf, reconcile } from './support/reconciled.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { clusterOf } from './support/use-lab.ts';

const TABLES = shopTables(12);
/** What goatherd may wait for one lock, and what a client's statement may wait at most: far more, as a busy machine ends waits late. */
const LOCK_TIMEOUT_MS = 300;
const CLIENT_LOCK_TIMEOUT_MS = 6_000;

const tablesWithTriggers = async (lab: Lab, name: string): Promise<readonly string[]> => [
  ...new Set((await bucardoTriggers(lab, name)).map((trigger) => trigger.split(' ')[0] ?? '')),
];
const allBut = (...tables: readonly string[]): readonly string[] => TABLES.filter((table) => !tables.includes(table)).toSorted();

/** The daemon is not there, no sync may run, and nothing was copied. */
async function expectNothingStarted(lab: Lab): Promise<void> {
  expect(await masters(lab)).toEqual([]);
  for (const control of ['bucardo_orders_a_b', 'bucardo_orders_b_c'])
    expect(await query(lab.hub, control, 'SELECT status, onetimecopy FROM bucardo.sync')).toEqual([{ status: 'inactive', onetimecopy: 0 }]);
  for (const name of ['b', 'c']) expect(await query(clusterOf(lab, name), lab.dbname, 'SELECT 1 FROM zz_still LIMIT 1')).toEqual([]);
}

describe('a table that somebody holds', () => {
  test('keeps nothing but itself from its triggers, is named with who holds it, and is made ready when it is free', async () => {
    await withLab({}, async (lab) => {
      await makeShop(lab, { fillers: 12 });
      await query(clusterOf(lab, 'a'), lab.dbname, "INSERT INTO customers(id, name) VALUES (9999, 'held')");
      // It writes to the held table too: whoever waits there for longer than our own wait for its lock, waits because of us.
      const writer = startWriter(clusterOf(lab, 'a'), lab.dbname, { lockTimeoutMs: CLIENT_LOCK_TIMEOUT_MS });
      await declare(lab, { locks: { timeout: `${LOCK_TIMEOUT_MS}ms`, budget: '8s' } });
      const updater = await hold(lab, 'a', 'UPDATE customers SET visits = -1 WHERE id = 9999');
      const locker = await hold(lab, 'a', 'LOCK TABLE f001 IN ACCESS EXCLUSIVE MODE');

      const spent = await reconcile(lab);
      expectExit(spent, 21);
      expect(spent.stderr).toMatch(/FAILED LockBudgetSpent: the lock budget of 8 s is spent; 2 of 16 tables could not be locked/);
      expect(await tablesWithTriggers(lab, 'a')).toEqual(allBut('customers', 'f001'));
      expect(await tablesWithTriggers(lab, 'b')).toEqual(allBut());
      await expectNothingStarted(lab);

      await declare(lab, { locks: { timeout: `${LOCK_TIMEOUT_MS}ms`, budget: '5m' } });
      const run = startReconcile(lab);
      expect(await run.says(new RegExp(`triggers on 2 tables of a .*public\\.customers: pid ${updater.pid} `))).toBe(true);
      expect(await run.says(new RegExp(`triggers on 2 tables of a .*public\\.f001: pid ${locker.pid} `))).toBe(true);
      await locker.release();
      // Free again, f001 gets its triggers while customers is still held.
      await eventually(async () => (await tablesWithTriggers(lab, 'a')).includes('f001'));
      expect(await tablesWithTriggers(lab, 'a')).toEqual(allBut('customers'));
      await expectNothingStarted(lab);
      await updater.release();
      expectExit(await run.ended, 0);
      expect(await writer.stop()).toBeGreaterThan(0);
      await untilEqual(lab);
      expect(await duplicates(lab)).toEqual([]);
      expect(await planOf(lab)).toMatchObject({ verdict: 'in_sync', steps: [] });
    });
  });

  test('held on the target with ACCESS EXCLUSIVE, it is waited for and then copied like all others', async () => {
    await withLab({ clusters: ['a', 'b'] }, async (lab) => {
      await makeShop(lab);
      const locker = await hold(lab, 'b', 'LOCK TABLE lines IN ACCESS EXCLUSIVE MODE');
      const run = startReconcile(lab);
      expect(await run.says(new RegExp(`waits for .*lines on b: pid ${locker.pid} `))).toBe(true);
      expect(await masters(lab)).toEqual([]);
      await locker.release();
      expectExit(await run.ended, 0);
      await untilEqual(lab);
      expect((await ledgerRows(lab))['orders/a-b']?.receipt).toMatchObject({ skipped: [] });
    });
  });
});
