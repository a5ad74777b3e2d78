import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { withLab } from './support/lab.ts';
import { bucardoTriggers, chainLinks, duplicates, hubDatabases, insertsEver, ledgerRows, masters } from './support/one-of-each.ts';
import { query } from './support/query.ts';
import { expectExit, planOf, reconcile, reconcileArgs } from './support/reconciled.ts';
import { GOATHERD_MAIN } from './support/run-goatherd.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { clusterOf } from './support/use-lab.ts';
import { makeShop, shopTables, startWriter, STILL_ROWS, untilEqual } from './support/shop.ts';

const FILLERS = 30;
const TABLES = shopTables(FILLERS);

/** A line that a bring-up of a -> b -> c says when it begins, or has ended, the work of the name. One for each kind of step. */
const POINTS = {
  'the plan stands, nothing is done': /\* orders: \d+ steps/,
  'the ledger is written': /\+ ledger .* done in/,
  'a control database is being made': /\+ orders_a_b: control database/,
  'the other control database is made': /\+ orders_b_c: control database .* done in/,
  'registration begins': /\+ a-b: register/,
  'helper tables are being made': /\+ b-c: delta, track and stage tables/,
  'triggers are being made': /\+ a-b: \d+ triggers/,
  'triggers stand': /\+ b-c: \d+ triggers .* done in/,
  'validation begins': /\+ a-b: \d+ members/,
  'makedelta begins': /~ a-b: makedelta/,
  'the first copy is being asked for': /~ a-b: activate sync/,
  'the first copy is asked for': /~ a-b: activate sync .* done in/,
  'the first daemon is being started': /\+ start daemon orders_a_b/,
  'the first daemon is started, not seen': /start daemon orders_a_b .* waits for/,
  'the first copy is waited for': /\| WAIT copy of a-b/,
  'the first receipt is being written': /= a-b: compare/,
  'the first receipt is written': /= a-b: compare .* done in/,
  'triggers become ALWAYS': /~ b-c: truncate triggers ENABLE ALWAYS/,
  'truncate records are marked': /~ mark truncate records of b-c/,
  'the second copy is being asked for': /~ b-c: activate sync/,
  'the second daemon is being started': /\+ start daemon orders_b_c/,
  'the second daemon is started, not seen': /start daemon orders_b_c .* waits for/,
  'the second copy is waited for': /\| WAIT copy of b-c/,
  'the second receipt is being written': /= b-c: compare/,
  'arrival is being proved': /= prove arrival/,
  'arrival is half proved': /= prove arrival .* 1\/2 links/,
} as const;

type Point = keyof typeof POINTS;
const ALL = Object.keys(POINTS) as Point[];
/** The bring-up that is killed at every step begins each of them; this is after Bucardo was asked for something and before it is seen. */
const SAMPLE: readonly Point[] = ['the first daemon is started, not seen'];

const EVERYTHING = process.env['GOATHERD_TEST_ALL'] === '1';

/** Whether a line begins a step; with all tests, ends one or says how far it is, too. */
function isStep(line: string): boolean {
  return /^\S+ +\d+\/\d+ /.test(line) && (EVERYTHING || !/ {2}(?:done|open|FAILED|\d+\/\d+) ?/.test(line.replace(/^\S+ +\d+\/\d+/, '')));
}

/** A line without its time, its place in the plan, and its numbers, which differ from run to run. */
const unnumbered = (line: string): string => line.replace(/^\S+ +\d+\/\d+ +/, '').replaceAll(/\d+(?:\.\d+)?/g, '#');

/** Converged once and only once, whatever was cut before. */
async function expectWholeAndSingle(lab: Lab, mode: 'empty' | 'always'): Promise<void> {
  await untilEqual(lab);
  expect(await hubDatabases(lab)).toEqual(['bucardo_orders_a_b', 'bucardo_orders_b_c', 'goatherd']);
  expect(await masters(lab)).toEqual(['orders_a_b', 'orders_b_c']);
  expect(await duplicates(lab)).toEqual([]);
  for (const { from, sync } of chainLinks(lab)) {
    const fires = from === 'a' ? 'O' : 'A';
    const wanted = [...TABLES].toSorted().flatMap((table) => [`${table} bucardo_delta O`, `${table} bucardo_note_trunc_${sync} ${fires}`]);
    expect(await bucardoTriggers(lab, from)).toEqual(wanted);
  }
  const ledger = await ledgerRows(lab);
  for (const { from, to } of chainLinks(lab)) {
    // A copy that was decided on a second time would have found rows on its target and skipped their tables.
    expect(ledger[`orders/${from}-${to}`]?.receipt).toMatchObject({ mode, skipped: [] });
    expect(ledger[`orders/${from}-${to}`]?.receipt?.copied).toHaveLength(TABLES.length);
    expect(await insertsEver(lab, to, 'zz_still')).toBe(STILL_ROWS);
  }
  expect(await planOf(lab)).toMatchObject({ verdict: 'in_sync', steps: [], diagnostics: [] });
}

/**
 * Runs until one ends well. Each run is killed at the first step that none was killed at before, so that each gets a step further than the
 * one before it. `firstArgs`: of the first run only. Gives how many were killed.
 */
async function killAtEveryStep(lab: Lab, firstArgs: readonly string[] = []): Promise<number> {
  const killedAt: string[] = [];
  for (;;) {
    const isNew = (line: string): boolean => isStep(line) && !killedAt.includes(unnumbered(line));
    const run = await startReconcile(lab, { killAtFirst: isNew, args: killedAt.length === 0 ? firstArgs : [] }).ended;
    if (run.exitCode !== 137) {
      expectExit(run, 0);
      return killedAt.length;
    }
    killedAt.push(...run.stderr.split('\n').filter(isNew).slice(0, 1).map(unnumbered));
  }
}

describe('a run that is killed is continued by the next one', { timeout: EVERYTHING ? 1_200_000 : 600_000 }, () => {
  test('killed wherever it says something new, in one bring-up', async () => {
    await withLab({}, async (lab) => {
      await makeShop(lab, { fillers: FILLERS });
      const writer = startWriter(clusterOf(lab, 'a'), lab.dbname);
      expect(await killAtEveryStep(lab)).toBeGreaterThanOrEqual(20);
      expect(await writer.stop()).toBeGreaterThan(0);
      await expectWholeAndSingle(lab, 'empty');
    });
  });

  test.runIf(EVERYTHING)('killed wherever it says something new, while C joins a live A -> B', async () => {
    await withLab({}, async (lab) => {
      await makeShop(lab, { fillers: FILLERS });
      await declare(lab, { links: ['a -> b'] });
      expectExit(await reconcile(lab), 0);
      await declare(lab, { links: ['a -> b', 'b -> c'] });
      const writer = startWriter(clusterOf(lab, 'a'), lab.dbname);
      expect(await killAtEveryStep(lab)).toBeGreaterThanOrEqual(12);
      expect(await writer.stop()).toBeGreaterThan(0);
      await expectWholeAndSingle(lab, 'empty');
    });
  });

  test.runIf(EVERYTHING)(
    'killed wherever it says something new, while it empties B and C: approved once, nobody is asked again',
    async () => {
      await withLab({}, async (lab) => {
        await makeShop(lab, { fillers: FILLERS });
        await declare(lab, { copy_data: 'always' });
        for (const name of ['b', 'c'])
          await query(clusterOf(lab, name), lab.dbname, "INSERT INTO customers SELECT n, 'old' FROM generate_series(1, 9) n");
        const id = /^approval ([0-9a-f-]+) is missing$/m.exec((await planOf(lab)).steps.map((step) => step.blocked).join('\n'))?.[1];
        const writer = startWriter(clusterOf(lab, 'a'), lab.dbname);
        expect(await killAtEveryStep(lab, ['--approve', id ?? ''])).toBeGreaterThanOrEqual(20);
        expect(await writer.stop()).toBeGreaterThan(0);
        await expectWholeAndSingle(lab, 'always');
      });
    },
  );

  const points = EVERYTHING ? ALL : SAMPLE;
  test.each(points)('killed when %s', async (point) => {
    await withLab({}, async (lab) => {
      await makeShop(lab, { fillers: FILLERS });
      const writer = startWriter(clusterOf(lab, 'a'), lab.dbname);
      const cut = await startReconcile(lab, { killAtFirst: (line) => POINTS[point].test(line) }).ended;
      expectExit(cut, 137);
      expectExit(await reconcile(lab), 0);
      expect(await writer.stop()).toBeGreaterThan(0);
      await expectWholeAndSingle(lab, 'empty');
    });
  });
});

describe('a run that is asked to end', () => {
  test('ends after its statement with 21 and says the state in one line; the next goes on', async () => {
    await withLab({}, async (lab) => {
      await makeShop(lab, { fillers: FILLERS });
      const writer = startWriter(clusterOf(lab, 'a'), lab.dbname);

      const timedOut = await reconcile(lab, '--timeout', '1s');
      expect(timedOut).toMatchObject({
        exitCode: 21,
        stdout: expect.stringMatching(/\norders NOT CONVERGED after [^\n]*--timeout passed[^\n]*\n$/),
      });

      // Where it stands now depends on the machine; the second daemon is not started within a second on any.
      const interrupted = startReconcile(lab);
      await interrupted.says(POINTS['the second daemon is being started']);
      interrupted.kill('SIGINT');
      const ended = await interrupted.ended;
      expect(ended).toMatchObject({
        exitCode: 21,
        stdout: expect.stringMatching(
          /\norders INTERRUPTED after [^\n]*: \d+ steps done, [^\n]*the next run goes on from what stands\.\n$/,
        ),
      });
      expect(ended.stderr).toContain('goatherd: SIGINT: ending after the current statement');
      expect(await sessionsOfGoatherd(lab)).toEqual([]);

      const terminated = startReconcile(lab, { args: ['--output', 'json'] });
      // Where it begins depends on how far the one before came; whatever is left takes a run of Bucardo, which is not over by then.
      await terminated.says(POINTS['the plan stands, nothing is done']);
      terminated.kill('SIGTERM');
      const last = await terminated.ended;
      expect(last.exitCode).toBe(21);
      expect(JSON.parse(last.stdout)).toMatchObject({ exit_code: { plain: 21 }, runs: [{ outcome: 'interrupted' }] });

      // Nobody reads what this one says: it ends what it began all the same.
      expect(await unheard(lab)).toBe(0);
      expect(await writer.stop()).toBeGreaterThan(0);
      await expectWholeAndSingle(lab, 'empty');
    });
  });
});

/** The exit code of `goatherd reconcile` whose readers went away at once, as in `| head -0`. */
async function unheard(lab: Lab): Promise<number | null> {
  const child = spawn(process.execPath, [GOATHERD_MAIN, ...reconcileArgs(lab)], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
  child.stdout.destroy();
  child.stderr.destroy();
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

/** Sessions that a run left open on the hub or a database; those of the test's own queries apart. */
async function sessionsOfGoatherd(lab: Lab): Promise<readonly unknown[]> {
  const sql =
    "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'goatherd%' AND application_name <> 'goatherd-test'";
  const found = await Promise.all([lab.hub, ...Object.values(lab.clusters)].map((cluster) => query(cluster, 'postgres', sql)));
  return found.flat();
}
