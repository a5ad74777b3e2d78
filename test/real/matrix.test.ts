import { afterAll, beforeAll, expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { accepted } from './support/drifts.ts';
import { eventually } from './support/eventually.ts';
import { leftovers } from './support/leftovers.ts';
import { stageOf } from './support/matrix/change.ts';
import { connectionChanges } from './support/matrix/connections.ts';
import { driftChanges } from './support/matrix/drifting.ts';
import { linkChanges } from './support/matrix/links.ts';
import { nameChanges } from './support/matrix/names.ts';
import { settingChanges } from './support/matrix/settings.ts';
import { shapeChanges } from './support/matrix/shapes.ts';
import { tableChanges } from './support/matrix/tables.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconciled, said } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { contentsOf, expectSameData } from './support/same-data.ts';
import { onEach, SHAPED, steadyWrites } from './support/steady.ts';
import { loadStock } from './support/stock.ts';
import { strangers } from './support/strangers.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/**
 * One converged A -> B -> C, changed again and again while A is written to: tables, links, databases, settings, and facts that drift. After
 * each change the rows are equal everywhere, the next plan is empty, and nothing stands that nothing declares. Each change begins and ends
 * with A -> B -> C, or says what it follows; files of their own look closer at most of them.
 */
const lab = useLab({ passwords: true }, async (started) => {
  await loadStock(started);
  await onEach(started, ['a', 'b', 'c'], SHAPED);
  await query(
    clusterOf(started, 'a'),
    started.dbname,
    "INSERT INTO shaped SELECT g, 'old' || g, 'old' FROM generate_series(10000001, 10001000) g",
  );
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

const writes = steadyWrites(lab);
beforeAll(() => writes.start());
afterAll(() => writes.pause().catch(() => undefined));

const stage = stageOf(lab, writes);
const { a } = stage;
const everything = process.env['GOATHERD_TEST_ALL'] === '1';

const CHANGES = [shapeChanges, tableChanges, linkChanges, nameChanges, connectionChanges, settingChanges, driftChanges].flatMap((changes) =>
  changes(stage),
);
const changes = everything ? CHANGES : CHANGES.filter((one) => one.sample);

test.each(changes.map((one) => ({ ...one, name: one.what })))('$name', async ({ edit, steps, quiet, same, suspect, besides }) => {
  if (quiet) await writes.pause();
  await edit();
  const approvals = (await planOf(lab())).approvals.required.flatMap((one) => ['--approve', one.id]);
  const plan = await planOf(lab(), 0, ...approvals);
  const kinds = [...new Set<string>(plan.steps.map((step) => step.kind))].toSorted();
  expect(kinds).toEqual(steps?.toSorted() ?? kinds);
  await reconciled(lab(), 0, ...approvals);
  if (quiet) writes.start();
  const [first = 'a', ...others] = same ?? ['a', 'b', 'c'];
  await onEach(lab(), [first], "UPDATE shaped SET v = 'later' WHERE id % 5 = 0");
  await besides?.();
  await writes.pause();
  await expectSameData(lab(), first, ...others);
  const left = await (same === undefined ? expectNothingLeft(lab()) : planOf(lab(), 0, '--detailed-exitcode'));
  expect(left).toMatchObject({ verdict: 'in_sync', steps: [], changes: [] });
  expect(await strangers(lab())).toEqual([]);
  expect(said(left, 'Suspect')).toEqual([]);
  expect(said(left, 'SkippedNotEmpty')).toEqual(suspect ?? []);
  for (const one of suspect ?? []) await accepted(lab(), one.split(':')[0] ?? '', 'compared');
  writes.start();
});

test('a column that C lacks keeps its table out of b -> c until it is there, and what came meanwhile arrives', async () => {
  await onEach(lab(), ['b', 'a'], 'ALTER TABLE shaped ADD COLUMN late int');
  const document = await reconciled(lab());
  expect(document.plans[0]?.steps.map((step) => `${step.address} ${step.kind}`)).toContain('orders/b-c set_aside');
  const plan = await expectNothingLeft(lab());
  expect(said(plan, 'ColumnMissing')).toEqual([
    'orders/b-c: public.shaped: column late is missing on the target: ALTER TABLE public.shaped ADD COLUMN late integer',
  ]);
  expect(said(plan, 'SetAside')).toEqual(['orders/b-c: public.shaped']);
  // Bucardo takes the records of all truncates of a sync for done when it has seen to one of them.
  await writes.pause();
  await truncate('shaped');
  await truncate('notes');
  await a("INSERT INTO shaped (id, code, v, late) VALUES (-1, 'kept', 'after the truncate', 1); INSERT INTO notes VALUES (1, 'goes on')");
  writes.start();
  await eventually(async () => (await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT 1 FROM notes WHERE id = 1')).length === 1);
  expect((await query(clusterOf(lab(), 'c'), lab().dbname, "SELECT 1 FROM shaped WHERE v = 'after the truncate'")).length).toBe(0);

  await onEach(lab(), ['c'], 'ALTER TABLE shaped ADD COLUMN late int');
  await reconciled(lab());
  await writes.pause();
  await expectSameData(lab(), 'a', 'b', 'c');
  const settled = await expectNothingLeft(lab());
  expect(settled.diagnostics.filter((one) => one.severity !== 'note')).toEqual([]);
  expect(await strangers(lab())).toEqual([]);
  writes.start();
});

test.runIf(everything)('all of it is destroyed: nothing is left, and the tables of the users are as they were', async () => {
  await writes.pause();
  const destroy = (...more: readonly string[]) => runGoatherd(['reconcile', '--config', lab().configFile, '--destroy', 'orders', ...more]);
  const contents = () => Promise.all(['a', 'b', 'c'].map((name) => contentsOf(lab(), name)));
  const before = await contents();
  const id = /--approve (\S+)/.exec((await destroy('--dry-run')).stdout)?.[1] ?? '';
  expect(await destroy('--approve', id)).toMatchObject({ exitCode: 0 });
  expect(await leftovers(lab())).toEqual([]);
  expect(await contents()).toEqual(before);
});

/** Bucardo's own truncate trigger empties the delta table that a run may be reading: PostgreSQL then ends one of the two. */
async function truncate(table: string): Promise<void> {
  await eventually(
    () =>
      a(`TRUNCATE ${table}`).then(
        () => true,
        (error: { code?: string }) => (error.code === '40P01' ? false : Promise.reject(error)),
      ),
    { everyMs: 100, timeoutMs: 20_000 },
  );
}
