import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { accepted, type Drift, driftsBy, handsOn, together } from './support/drifts.ts';
import { eventually } from './support/eventually.ts';
import { query, withSession } from './support/query.ts';
import { planOf, type PlanJson, reconcile, reconciled } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/**
 * Facts of a converged A -> B -> C are changed by other hands while A is written: a dry run names each, a run puts it back, the databases are
 * equal and the next plan is empty. All at once by default, each by itself with GOATHERD_TEST_ALL=1.
 */
const EVERYTHING = process.env['GOATHERD_TEST_ALL'] === '1';

const lab = useLab({}, async (started) => {
  await loadStock(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

const hands = handsOn(lab);
const { on, control, killDaemon } = hands;
const DRIFTS = driftsBy(hands);

/** Writes into A while something goes on: `notes` only, as no drift here loses a row of it but a TRUNCATE. */
async function written<T>(work: () => Promise<T>): Promise<T> {
  let over = false;
  const running = withSession(clusterOf(lab(), 'a'), lab().dbname, async (client) => {
    for (let count = 0; !over; count += 1) {
      await client.query("INSERT INTO notes VALUES ($1, 'new') ON CONFLICT (id) DO UPDATE SET note = notes.note || '.'", [
        1000 + (count % 300),
      ]);
      // A steady writer, not a benchmark: the machine has other work.
      await sleep(5);
    }
  });
  try {
    return await work();
  } finally {
    over = true;
    await running;
  }
}

const shown = (plan: PlanJson): string[] =>
  plan.changes.map((change) => `${change.address.replace('orders/', '')} ${change.reason.split(':')[0]}`).toSorted();

async function healed(drifts: readonly Drift[]): Promise<void> {
  await written(async () => {
    for (const drift of drifts) await drift.inject();
    const plan = await planOf(lab(), 2, '--detailed-exitcode');
    expect(plan.verdict).toBe('drift');
    expect(new Set(plan.changes.map((change) => `${change.action} ${change.treatment}`))).toEqual(new Set(['drift heal']));
    expect([...new Set(shown(plan))]).toEqual([...new Set(drifts.map((drift) => `${drift.link} ${drift.code}`))].toSorted());
    await reconciled(lab());
  });
  const after = await planOf(lab(), 0, '--detailed-exitcode');
  expect({ verdict: after.verdict, steps: after.steps, changes: after.changes }).toEqual({ verdict: 'in_sync', steps: [], changes: [] });
  for (const drift of drifts.filter((one) => one.suspect !== undefined))
    expect(after.links.find((link) => link.address === `orders/${drift.suspect}`)?.suspect).toContain(drift.code);
  await settle(after);
}

/** What was lost is noted anew on A, and a person says that it is well again. */
async function settle(plan: PlanJson): Promise<void> {
  await on('a', 'UPDATE items SET name = name; UPDATE moves SET amount = amount; UPDATE notes SET note = note');
  await expectSameData(lab(), 'a', 'b', 'c');
  for (const { address, suspect } of plan.links) if (suspect !== null) await accepted(lab(), address, 'compared');
}

describe('drift', { timeout: 300_000 }, () => {
  test('of every kind at once is named fact by fact, and put back under writes', () => healed(together(DRIFTS)));

  test.runIf(EVERYTHING).each(DRIFTS)('$name', (drift) => healed([drift]));

  test('is left as it is under `drift: warn`, said, and not held against the run, unless it loses data', async () => {
    // Nothing is to be done for either: they are applied from this run on, or what differs later would be a change.
    await declare(lab(), { drift: 'warn', copy_data: 'never' });
    expect((await reconciled(lab())).counts.steps).toBe(0);
    await control('a_b', "UPDATE bucardo.sync SET checktime = '7 s'");
    await killDaemon('b_c');
    const plan = await planOf(lab(), 2, '--detailed-exitcode');
    expect(shown(plan)).toEqual(['a-b MetadataChanged', 'b-c DaemonDown']);
    expect({ verdict: plan.verdict, steps: plan.steps }).toEqual({ verdict: 'drift', steps: [] });
    expect((await reconcile(lab())).exitCode).toBe(0);
    expect((await reconcile(lab(), '--detailed-exitcode')).exitCode).toBe(2);
    await on('a', 'DROP TRIGGER bucardo_delta ON moves');
    const run = await reconcile(lab());
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/CONVERGED.* Drift is left as it is\.\n$/);
    const after = await planOf(lab());
    expect(shown(after)).toEqual(['a-b MetadataChanged', 'b-c DaemonDown']);
    expect(after.links[0]?.suspect).toContain('TriggerMissing');
    await declare(lab(), { drift: null, copy_data: null });
    await reconciled(lab());
    await settle(await planOf(lab()));
  });

  test('that comes back again and again is left alone until a person says so', async () => {
    const inject = (): Promise<void> => on('a', 'DROP INDEX IF EXISTS bucardo.goat_public_moves');
    for (let time = 0; time < 4; time += 1) {
      await inject();
      await reconciled(lab());
    }
    await inject();
    const run = await reconcile(lab());
    expect(run.exitCode).toBe(20);
    expect(run.stdout).toContain('Contended');
    const plan = await planOf(lab(), 20, '--detailed-exitcode');
    expect({ verdict: plan.verdict, steps: plan.steps, treatment: plan.changes[0]?.treatment }).toEqual({
      verdict: 'blocked',
      steps: [],
      treatment: 'contended',
    });
    await accepted(lab(), 'orders/a-b', 'found who it was');
    await reconciled(lab());
    expect((await planOf(lab(), 0, '--detailed-exitcode')).verdict).toBe('in_sync');
  });

  test('is not what a TRUNCATE of the application does to the delta tables', async () => {
    await on('a', "TRUNCATE notes; INSERT INTO notes VALUES (1, 'after the truncate')");
    expect(await planOf(lab())).toMatchObject({ verdict: 'in_sync', changes: [] });
    await expectSameData(lab(), 'a', 'b', 'c');
    expect(await planOf(lab())).toMatchObject({ verdict: 'in_sync', changes: [] });
  });

  test('of other hands is named and left alone', async () => {
    await on('a', "INSERT INTO bucardo.bucardo_delta_targets(tablename, target) VALUES ('notes'::regclass, 'dbgroup elsewhere')");
    const plan = await planOf(lab());
    expect(plan.diagnostics.map((one) => [one.severity, one.code, one.address, ...one.objects])).toEqual([
      ['warning', 'UnknownTarget', 'orders/a', 'dbgroup elsewhere'],
    ]);
    expect((await reconcile(lab())).exitCode).toBe(0);
    expect(
      await query(
        clusterOf(lab(), 'a'),
        lab().dbname,
        "SELECT target FROM bucardo.bucardo_delta_targets WHERE target = 'dbgroup elsewhere'",
      ),
    ).toHaveLength(1);
    // What it says to run leaves no row that Bucardo's purge would count for a target.
    await on('a', "INSERT INTO bucardo.track_public_notes(txntime, target) VALUES (now(), 'dbgroup elsewhere')");
    const hint = plan.diagnostics[0]?.hint ?? '';
    await on('a', hint.slice(hint.indexOf('DO $$')));
    const noted =
      "SELECT target FROM bucardo.bucardo_delta_targets WHERE target LIKE '%elsewhere' UNION ALL SELECT target FROM bucardo.track_public_notes WHERE target LIKE '%elsewhere'";
    expect(await query(clusterOf(lab(), 'a'), lab().dbname, noted)).toEqual([]);
  });

  test('of a suspended link that holds up the one above is named with what ends it, its loss is noted, and nothing is put back until then', async () => {
    const word = (verb: string, ...more: readonly string[]) =>
      runGoatherd([verb, 'orders/b-c', '--config', lab().configFile, '--path', lab().topologyFile, ...more]);
    expect(await word('suspend', '--reason', 'index on c')).toMatchObject({ exitCode: 0 });
    await on('b', 'DROP TABLE bucardo.delta_public_notes');
    await on('a', "INSERT INTO notes VALUES (7001, 'held up'); INSERT INTO items (name) VALUES ('held up')");
    // A kid that writes to what is not there ends, with all that it brought.
    const failing = "SELECT 1 FROM bucardo.syncrun WHERE lastbad AND status LIKE '%delta_public_notes%'";
    await eventually(async () => (await query(lab().hub, 'bucardo_orders_a_b', failing)).length > 0);
    const plan = await planOf(lab(), 20, '--detailed-exitcode');
    expect(plan.diagnostics.filter((one) => one.code === 'DeltaTablesMissing')).toMatchObject([
      {
        severity: 'warning',
        address: 'orders/a-b',
        objects: ['public.notes'],
        message: expect.stringContaining('nothing of public.notes arrives') as unknown,
        hint: expect.stringMatching(/^goatherd resume orders\/b-c, and reconcile/) as unknown,
      },
    ]);
    expect(await reconcile(lab())).toMatchObject({ exitCode: 20 });
    // What tells of the loss may be gone when the link may act again: it is noted at once, and nothing else is done.
    expect((await planOf(lab())).links.map((link) => link.suspect?.split(':')[0] ?? null)).toEqual([null, 'DeltaTableMissing']);
    expect(await query(clusterOf(lab(), 'b'), lab().dbname, "SELECT to_regclass('bucardo.delta_public_notes') AS made")).toEqual([
      { made: null },
    ]);
    const late = "SELECT 1 FROM notes WHERE id = 7001 UNION ALL SELECT 1 FROM items WHERE name = 'held up'";
    expect(await query(clusterOf(lab(), 'b'), lab().dbname, late)).toEqual([]);

    expect(await word('resume')).toMatchObject({ exitCode: 0 });
    await reconciled(lab());
    await eventually(async () => (await query(clusterOf(lab(), 'c'), lab().dbname, late)).length === 2);
    const after = await planOf(lab(), 0, '--detailed-exitcode');
    expect(after).toMatchObject({ verdict: 'in_sync', steps: [], changes: [] });
    expect(after.links.map((link) => link.suspect?.split(':')[0] ?? null)).toEqual([null, 'DeltaTableMissing']);
    await settle(after);
  });

  test.runIf(EVERYTHING)('a target that was restored from a backup is suspect, and so is the link that leaves it', async () => {
    const b = clusterOf(lab(), 'b');
    await b.stop();
    await execa('cp', ['-a', b.dataDir, `${b.dataDir}.backup`]);
    await b.start();
    await reconciled(lab());
    await on('a', "INSERT INTO notes SELECT n, 'after the backup' FROM generate_series(5000, 5200) n");
    await expectSameData(lab(), 'a', 'b', 'c');
    await reconciled(lab());
    await b.stop();
    await rm(b.dataDir, { recursive: true });
    await execa('cp', ['-a', `${b.dataDir}.backup`, b.dataDir]);
    await b.start();
    const codes = shown(await planOf(lab()));
    expect(codes).toEqual(expect.arrayContaining(['a-b TargetWentBack', 'b-c SourceWentBack']));
    await eventually(async () => (await reconcile(lab())).exitCode === 0, { timeoutMs: 120_000, everyMs: 1000 });
    const after = await planOf(lab());
    expect(after.verdict).toBe('in_sync');
    expect(after.links.map((link) => link.suspect?.split(':')[0])).toEqual(['TargetWentBack', 'SourceWentBack']);
  });
});
