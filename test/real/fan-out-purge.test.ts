import { expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { query, type Row } from './support/query.ts';
import { expectExit, expectNothingLeft, reconciled } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/** `state` of a-c. Stopped, its daemon is down and A's triggers go on recording for it. */
async function declareLinks(started: Lab, state: 'running' | 'stopped'): Promise<void> {
  await declare(started, { links: ['a -> b', { from: 'a', to: 'c', state }] });
}

const lab = useLab({}, async (started) => {
  await loadStock(started);
  await declareLinks(started, 'running');
  await reconciled(started);
});

const a = (sql: string): Promise<readonly Row[]> => query(clusterOf(lab(), 'a'), lab().dbname, sql);

/** Notes whose change is kept on A, by key. */
async function kept(): Promise<readonly number[]> {
  return (await a('SELECT DISTINCT id FROM bucardo.delta_public_notes ORDER BY id')).map((row) => Number(row['id']));
}

/** Waits until Bucardo has noted the delivery of these keys to this many targets. */
async function tracked(ids: readonly number[], targets: number): Promise<void> {
  const sql = `SELECT d.id FROM bucardo.delta_public_notes d LEFT JOIN bucardo.track_public_notes t USING (txntime)
               WHERE d.id IN (${ids.join()}) GROUP BY 1 HAVING count(DISTINCT t.target) = ${targets}`;
  await eventually(async () => (await a(sql)).length === ids.length);
}

/** Makes what stands in the delta and track tables older than Bucardo's and goatherd's delay, instead of waiting for it. */
async function age(): Promise<void> {
  await a(
    `UPDATE bucardo.delta_public_notes SET txntime = txntime - interval '1 hour'; UPDATE bucardo.track_public_notes SET txntime = txntime - interval '1 hour'`,
  );
}

/** What `status` says of changes on A that no purge has removed. A link that is stopped makes no difference to its code. */
async function keptOnA(): Promise<unknown> {
  const run = await runGoatherd(['status', '--config', lab().configFile, '--json', lab().topologyFile]);
  expectExit(run, 0);
  const { topologies } = JSON.parse(run.stdout) as { topologies: { unpurged: { database: string }[] }[] };
  return topologies[0]?.unpurged.find(({ database }) => database === 'a');
}

test("Bucardo's own purge is off on a source with two targets", async () => {
  for (const instance of ['bucardo_orders_a_b', 'bucardo_orders_a_c']) {
    expect(await query(lab().hub, instance, "SELECT setting FROM bucardo.bucardo_config WHERE name = 'bucardo_vac'")).toEqual([
      { setting: '0' },
    ]);
  }
});

test('a change is kept until it is old and every target has it, and then a run removes it', async () => {
  await a("INSERT INTO notes VALUES (1001, 'to both'), (1002, 'to both')");
  await expectSameData(lab(), 'a', 'b', 'c');
  await tracked([1001, 1002], 2);
  await reconciled(lab());
  expect(await kept()).toEqual(expect.arrayContaining([1001, 1002]));

  await age();
  await reconciled(lab());
  expect(await kept()).toEqual([]);
  expect(await a('SELECT * FROM bucardo.track_public_notes')).toEqual([]);
});

test('a change that one target lacks is never removed, however old and however often it was delivered to the other', async () => {
  await declareLinks(lab(), 'stopped');
  await reconciled(lab());
  await a("INSERT INTO notes VALUES (2001, 'to b, later to c')");
  await tracked([2001], 1);
  // Two records of one target pass for two targets when rows are counted.
  await a('INSERT INTO bucardo.track_public_notes SELECT * FROM bucardo.track_public_notes');
  await age();
  await reconciled(lab());
  expect(await kept()).toEqual([2001]);
  expect(await keptOnA()).toMatchObject({
    rows: '1',
    reasons: [{ reason: 'TargetBehind', rows: '1', message: 'a-c has not got them: stopped' }],
  });

  await declareLinks(lab(), 'running');
  await reconciled(lab());
  await expectSameData(lab(), 'a', 'b', 'c');
  // Old enough already: the first run that finds it delivered to both removes it.
  await eventually(async () => {
    await reconciled(lab());
    return (await kept()).length === 0;
  });
  await expectNothingLeft(lab());
});

test('what no target lacks any more is told until a run removes it, and what a target lacks that nobody serves stays told', async () => {
  await a("INSERT INTO notes VALUES (3001, 'to both')");
  await tracked([3001], 2);
  expect(await keptOnA()).toEqual({ database: 'a', rows: '0', since: null, reasons: [] });
  await age();
  expect(await keptOnA()).toMatchObject({ rows: '1', reasons: [{ reason: 'NoPurge' }] });

  await a("INSERT INTO bucardo.bucardo_delta_targets(tablename, target) VALUES ('notes'::regclass, 'dbgroup elsewhere')");
  const reason = { reason: 'UnknownTarget', rows: '1', message: expect.stringMatching(/^dbgroup elsewhere has not got them/) as string };
  await reconciled(lab());
  expect(await keptOnA()).toMatchObject({ rows: '1', since: expect.any(String) as string, reasons: [reason] });

  await a("DELETE FROM bucardo.bucardo_delta_targets WHERE target = 'dbgroup elsewhere'");
  await reconciled(lab());
  expect(await keptOnA()).toEqual({ database: 'a', rows: '0', since: null, reasons: [] });
});

test("a control database removes old rows of Bucardo's own logs by itself, and keeps what status needs", async () => {
  const control = (sql: string): Promise<readonly Row[]> => query(lab().hub, 'bucardo_orders_a_b', sql);
  const counts = async (): Promise<Row | undefined> =>
    (
      await control(`SELECT (SELECT count(*)::int FROM bucardo.syncrun WHERE details = 'old' AND NOT lastbad) AS runs,
                            (SELECT count(*)::int FROM bucardo.syncrun WHERE details = 'old' AND lastbad) AS marked,
                            (SELECT count(*)::int FROM bucardo.db_connlog WHERE connstring = 'old') AS connections`)
    )[0];
  await control(`INSERT INTO bucardo.syncrun (sync, started, ended, details, lastbad)
                 SELECT 'orders_a_b', now() - interval '8 hours', now() - interval '7 hours', 'old', n = 1 FROM generate_series(1, 5000) n;
                 INSERT INTO bucardo.db_connlog (db, conndate, connstring) SELECT name, now() - interval '8 days', 'old' FROM bucardo.db`);
  // One insert in a hundred prunes: none of two thousand does in one of a billion of these.
  await control(`DO $$ BEGIN FOR n IN 1..2000 LOOP
                   INSERT INTO bucardo.syncrun (sync, started, ended, details) VALUES ('orders_a_b', now(), now(), 'new');
                   INSERT INTO bucardo.db_connlog (db, connstring) SELECT min(name), 'new' FROM bucardo.db;
                 END LOOP; END $$`);
  expect(await counts()).toEqual({ runs: 0, marked: 1, connections: 0 });
  await control("DELETE FROM bucardo.syncrun WHERE details IN ('old', 'new')");
});
