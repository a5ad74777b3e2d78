import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isBucardo } from '../../src/lab/processes.ts';
import { eventually } from './support/eventually.ts';
import { withLab } from './support/lab.ts';
import { duplicates, insertsEver, ledgerRows, masters } from './support/one-of-each.ts';
import { query, withSession } from './support/query.ts';
import { expectExit, planOf, reconcile } from './support/reconciled.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { clusterOf } from './support/use-lab.ts';
import { makeShop, STILL_ROWS, untilEqual } from './support/shop.ts';
import type { Lab } from '../../src/lab/lab.ts';

const masterPid = async (lab: Lab, instance: string): Promise<number> =>
  Number.parseInt(await readFile(join(lab.pidDir, instance, 'bucardo.mcp.pid'), 'utf8'), 10);

/** Runs that ended well and carried rows or copied, of both links. */
async function insertsOfRuns(lab: Lab): Promise<number> {
  const counts = await Promise.all(
    ['orders_a_b', 'orders_b_c'].map((sync) =>
      query(lab.hub, `bucardo_${sync}`, 'SELECT count(*)::int AS n FROM bucardo.syncrun WHERE inserts >= 100'),
    ),
  );
  return counts.reduce((sum, rows) => sum + Number(rows[0]?.['n']), 0);
}

describe('one actor', () => {
  test('a second run is refused, a lost ledger is written again, a daemon that was killed is replaced by exactly one', async () => {
    await withLab({}, async (lab) => {
      await makeShop(lab);
      const first = startReconcile(lab);
      expect(await first.says(/WAIT copy of a-b/)).toBe(true);
      // It stands still, and holds the lock, for as long as the other one takes to ask for it.
      first.kill('SIGSTOP');
      const second = await reconcile(lab, '--output', 'json');
      first.kill('SIGCONT');
      expect(second.exitCode).toBe(23);
      expect(second.stderr).toContain(`another run is acting: goatherd reconcile on ${hostname()} pid ${first.pid}, since `);
      expect(JSON.parse(second.stdout)).toMatchObject({ exit_code: { plain: 23 }, error: { code: 'LockHeld' } });
      expectExit(await first.ended, 0);
      await untilEqual(lab);
      const copiesBefore = await insertsOfRuns(lab);

      // The ledger is a cache of what stands marked, and what cannot be known without it is said.
      await query(lab.hub, 'postgres', 'DROP DATABASE goatherd WITH (FORCE)');
      expect((await planOf(lab)).steps.map((step) => step.kind)).not.toContain('activate');
      expectExit(await reconcile(lab), 0);
      const ledger = await ledgerRows(lab);
      expect(Object.keys(ledger).toSorted()).toEqual(['orders/a-b', 'orders/b-c']);
      for (const row of Object.values(ledger))
        expect(row).toMatchObject({ receipt: { mode: 'unknown', copied: [], skipped: [] }, request: null });
      const rebuilt = await planOf(lab);
      expect(rebuilt).toMatchObject({ verdict: 'in_sync', steps: [] });
      expect(rebuilt.diagnostics.map((one) => [one.code, one.address])).toEqual([
        ['CopyUnknown', 'orders/a-b'],
        ['CopyUnknown', 'orders/b-c'],
      ]);
      expect(rebuilt.links.map((link) => link.copy)).toEqual(['copied: unknown', 'copied: unknown']);
      expect((await reconcile(lab, '--dry-run', '--verbose')).stdout).toContain('CopyUnknown');
      expect(await insertsOfRuns(lab)).toBe(copiesBefore);
      for (const name of ['b', 'c']) expect(await insertsEver(lab, name, 'zz_still')).toBe(STILL_ROWS);

      // kill -9 of a master leaves its controller, kid and VAC with their sessions (LAB.md).
      const old = await masterPid(lab, 'orders_a_b');
      const other = await masterPid(lab, 'orders_b_c');
      await query(clusterOf(lab, 'a'), lab.dbname, "INSERT INTO customers(name) VALUES ('while it lived')");
      process.kill(old, 'SIGKILL');
      await eventually(async () => !(await isBucardo(old)));
      await query(clusterOf(lab, 'a'), lab.dbname, "INSERT INTO customers(name) VALUES ('while it was dead')");
      // A person who looks into a control database, and a session of ours left by a crash, are in nobody's way.
      await withSession(lab.hub, 'bucardo_orders_a_b', async (idle) => {
        await idle.query("SET application_name = 'goatherd reconcile'");
        expectExit(await reconcile(lab), 0);
        expect(await idle.query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }] });
      });
      expect(await masters(lab)).toEqual(['orders_a_b', 'orders_b_c']);
      expect(await duplicates(lab)).toEqual([]);
      expect(await masterPid(lab, 'orders_a_b')).not.toBe(old);
      expect(await masterPid(lab, 'orders_b_c')).toBe(other);
      const sessions = await query(
        lab.hub,
        'postgres',
        "SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE datname = 'bucardo_orders_a_b' AND application_name LIKE $1",
        [`%(PID ${old})`],
      );
      expect(sessions).toEqual([]);
      await untilEqual(lab);
      expect(await planOf(lab)).toMatchObject({ verdict: 'in_sync', steps: [] });

      // A later version's ledger is left as it is.
      const asOf = (version: string): Promise<unknown> =>
        query(lab.hub, 'goatherd', "UPDATE goatherd.meta SET value = $1 WHERE key = 'version'", [version]);
      const version = String((await query(lab.hub, 'goatherd', "SELECT value FROM goatherd.meta WHERE key = 'version'"))[0]?.['value']);
      await asOf('999');
      await query(clusterOf(lab, 'a'), lab.dbname, 'ALTER TABLE customers DISABLE TRIGGER bucardo_delta');
      const refused = await reconcile(lab);
      expectExit(refused, 1);
      expect(refused.stderr).toContain('the ledger was written by a later version of goatherd (999 > ');
      await asOf(version);
      await query(clusterOf(lab, 'a'), lab.dbname, 'ALTER TABLE customers ENABLE TRIGGER bucardo_delta');
    });
  });
});
