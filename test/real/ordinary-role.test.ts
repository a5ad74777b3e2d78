import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { duplicates, hubDatabases, masters } from './support/one-of-each.ts';
import { query } from './support/query.ts';
import { makeShop, shopTables, startWriter, untilEqual } from './support/shop.ts';
import { expectExit, planOf, reconcile } from './support/reconciled.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/** What the README asks a DBA for: nobody is a superuser, the tables are another role's. */
const ROLES = `
  CREATE ROLE app LOGIN PASSWORD 'of the owner';
  CREATE ROLE repl LOGIN PASSWORD 'of the ordinary role';
  GRANT SET ON PARAMETER session_replication_role TO repl;
  GRANT CREATE ON DATABASE orders TO repl;
  GRANT USAGE ON SCHEMA public TO repl;`;
const GRANTS = `
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO repl;
  GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO repl;`;

async function prepare(lab: Lab): Promise<void> {
  await makeShop(lab);
  const owned = shopTables()
    .map((table) => `ALTER TABLE ${table} OWNER TO app;`)
    .join('\n');
  for (const cluster of Object.values(lab.clusters)) await query(cluster, lab.dbname, `${ROLES}${owned}${GRANTS}`);
  const secret = join(lab.dir, 'app-password');
  await writeFile(secret, 'of the owner\n', { mode: 0o600 });
  const ordinary = { user: 'repl', schema_owner: { user: 'app', password: { file: secret } } };
  await declare(lab, { state: 'stopped', databases: { a: ordinary, b: ordinary, c: ordinary } });
}

describe('a role that is no superuser, and another that owns the tables', () => {
  const lab = useLab({}, prepare);
  const sql = (name: string, text: string): ReturnType<typeof query> => query(clusterOf(lab(), name), lab().dbname, text);

  test('state: stopped prepares everything, records changes, runs nothing and copies nothing', async () => {
    expectExit(await reconcile(lab()), 0);
    expect(await hubDatabases(lab())).toEqual(['bucardo_orders_a_b', 'bucardo_orders_b_c', 'goatherd']);
    expect(await masters(lab())).toEqual([]);
    for (const [name, sync] of [
      ['a', 'orders_a_b'],
      ['b', 'orders_b_c'],
    ] as const) {
      const counted = await sql(
        name,
        "SELECT count(*)::int AS n FROM pg_trigger WHERE tgname IN ('bucardo_delta', 'bucardo_note_trunc_" + sync + "')",
      );
      expect(counted).toEqual([{ n: 2 * shopTables().length }]);
      expect(await query(lab().hub, `bucardo_${sync}`, 'SELECT status, onetimecopy FROM bucardo.sync')).toEqual([
        { status: 'inactive', onetimecopy: 0 },
      ]);
      expect(await query(lab().hub, `bucardo_${sync}`, 'SELECT count(*)::int AS members FROM bucardo.herdmap')).toEqual([{ members: 6 }]);
      expect(await query(lab().hub, `bucardo_${sync}`, 'SELECT count(*)::int AS runs FROM bucardo.syncrun')).toEqual([{ runs: 0 }]);
    }
    // The tables' owner writes, as an application does: he has no right on schema bucardo but what goatherd gave.
    await sql('a', 'SET ROLE app; UPDATE customers SET visits = 7 WHERE id = 3');
    expect(await sql('a', 'SELECT id FROM bucardo.delta_public_customers')).toEqual([{ id: 3 }]);
    for (const name of ['b', 'c']) expect(await sql(name, 'SELECT count(*)::int AS n FROM customers')).toEqual([{ n: 0 }]);
    expectExit(await reconcile(lab(), '--dry-run', '--detailed-exitcode'), 0);
    expect(await planOf(lab())).toMatchObject({
      verdict: 'in_sync',
      steps: [],
      links: [{ state: 'stopped' }, { state: 'stopped' }],
    });
  });

  test('state: running converges; rows and a TRUNCATE arrive on C', async () => {
    await declare(lab(), { state: 'running' });
    const writer = startWriter(clusterOf(lab(), 'a'), lab().dbname);
    expectExit(await reconcile(lab()), 0);
    expect(await writer.stop()).toBeGreaterThan(0);
    await untilEqual(lab());
    expect(await masters(lab())).toEqual(['orders_a_b', 'orders_b_c']);
    expect(await duplicates(lab())).toEqual([]);

    await sql('a', 'SET ROLE app; TRUNCATE zz_still; TRUNCATE invoices, lines; INSERT INTO invoices(id, customer) VALUES (1, 5)');
    await eventually(async () => (await sql('c', 'SELECT id::int, customer FROM invoices')).length === 1);
    await untilEqual(lab());
    expect(await sql('c', 'SELECT count(*)::int AS n FROM zz_still')).toEqual([{ n: 0 }]);
    expect(await planOf(lab())).toMatchObject({ verdict: 'in_sync', steps: [] });
    for (const name of ['a', 'b', 'c'])
      expect(await sql(name, "SELECT rolsuper FROM pg_roles WHERE rolname IN ('repl', 'app')")).toEqual([
        { rolsuper: false },
        { rolsuper: false },
      ]);
    // Bucardo's own words: a role that may not do something is told so in its log and nowhere else.
    const logs = await Promise.all(['orders_a_b', 'orders_b_c'].map((sync) => readFile(join(lab().logDir, `log.bucardo.${sync}`), 'utf8')));
    expect(logs.join('\n')).not.toMatch(/permission denied|must be owner/);
  });
});
