import { afterAll, beforeAll, expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconciled, said } from './support/reconciled.ts';
import { expectSameData } from './support/same-data.ts';
import { onEach, SHAPED, steadyWrites } from './support/steady.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/**
 * One converged A -> B -> C, edited again and again while A is written to: after each edit the rows are equal everywhere, and the next
 * plan is empty. Other files of this folder hold what needs other links, tables or hands.
 */
const lab = useLab({}, async (started) => {
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

const a = (statement: string) => query(clusterOf(lab(), 'a'), lab().dbname, statement);
const all = (statement: string): Promise<void> => onEach(lab(), ['c', 'b', 'a'], statement);

interface Edit {
  readonly what: string;
  /** Changes the file, or the world. */
  readonly edit: () => Promise<unknown>;
  /** Kinds of steps that the plan of the edit has. */
  readonly steps: readonly string[];
  /** In CI's sample. */
  readonly sample?: true;
  /** Nobody writes between the edit and the end of its plan. */
  readonly quiet?: true;
}

const restart = ['arrival', 'start_daemon', 'stop_daemon'];
const reread = ['register', ...restart];
const rekeyed = ['rekey', ...reread];
const key = (columns: string): Promise<void> => all(`ALTER TABLE shaped DROP CONSTRAINT shaped_pkey, ADD PRIMARY KEY (${columns})`);
const put = (keys: Readonly<Record<string, unknown>>) => (): Promise<void> => declare(lab(), keys);

const EDITS: readonly Edit[] = [
  {
    what: 'a column takes the place of another, on the source first: what stands in the wrong one is put right',
    edit: async () => {
      await writes.pause();
      await a('ALTER TABLE shaped DROP COLUMN v, ADD COLUMN w text');
      await a("UPDATE shaped SET w = 'misplaced' WHERE id % 10 = 0");
      const misplaced = async () => query(clusterOf(lab(), 'b'), lab().dbname, "SELECT 1 FROM shaped WHERE v = 'misplaced'");
      await eventually(async () => (await misplaced()).length >= 100);
      await onEach(lab(), ['c', 'b'], 'ALTER TABLE shaped DROP COLUMN v, ADD COLUMN w text');
      await all('ALTER TABLE shaped ADD COLUMN v text');
      writes.start();
    },
    steps: ['resend', ...reread],
    sample: true,
  },
  { what: 'a column is added everywhere', edit: () => all('ALTER TABLE shaped ADD COLUMN extra int NOT NULL DEFAULT 7'), steps: reread },
  {
    what: 'a generated column is added everywhere',
    edit: () => all('ALTER TABLE shaped ADD COLUMN twice text GENERATED ALWAYS AS (code || code) STORED'),
    steps: reread,
  },
  { what: 'columns are dropped everywhere', edit: () => all('ALTER TABLE shaped DROP COLUMN extra, DROP COLUMN twice'), steps: reread },
  { what: 'the key becomes another column', edit: () => key('code'), steps: rekeyed, sample: true },
  { what: 'the key becomes two columns', edit: () => key('code, id'), steps: rekeyed },
  { what: 'their order changes', edit: () => key('id, code'), steps: rekeyed },
  // A session that wrote before gets an error from the old trigger function, until that is replaced.
  {
    what: 'the type of a key column changes',
    edit: () => all('ALTER TABLE shaped ALTER COLUMN id TYPE bigint'),
    steps: rekeyed,
    quiet: true,
  },
  {
    what: 'the old key is dropped with its column',
    edit: () =>
      all('ALTER TABLE shaped DROP COLUMN code, ADD COLUMN code text NOT NULL DEFAULT gen_random_uuid()::text, ADD PRIMARY KEY (id)'),
    steps: ['resend', ...rekeyed],
    quiet: true,
  },
  {
    what: 'a setting is declared',
    edit: put({ bucardo: { settings: { log_level: 'verbose' } } }),
    steps: ['settings', ...restart],
    sample: true,
  },
  { what: 'it is another one', edit: put({ bucardo: { settings: { statement_chunk_size: 500 } } }), steps: ['settings', ...restart] },
  { what: 'no setting is declared any more', edit: put({ bucardo: null }), steps: ['settings', ...restart] },
  { what: 'the poll is slower', edit: put({ kick_interval: '2s' }), steps: reread },
  { what: 'kick triggers come', edit: put({ disable_kicking: false }), steps: ['always', 'register', 'triggers', ...restart] },
  {
    what: 'kick triggers go, and the poll is as it was',
    edit: put({ disable_kicking: null, kick_interval: null }),
    steps: ['drop_triggers', ...reread],
  },
  { what: 'copy_data is always', edit: put({ copy_data: 'always' }), steps: [] },
  { what: 'copy_data is never', edit: put({ copy_data: 'never' }), steps: [] },
  {
    what: 'copy_data is empty, locks are waited for longer',
    edit: put({ copy_data: 'empty', locks: { timeout: '1s', budget: '5m' } }),
    steps: [],
  },
  { what: 'the links are protected', edit: put({ protect: true }), steps: ['ledger'] },
  { what: 'they are not', edit: put({ protect: null, copy_data: null, locks: null }), steps: ['ledger'] },
  {
    what: 'sequences are left out, and carried again',
    edit: async () => {
      await put({ sequences: { include: ['none.*'] } })();
      const [required] = (await planOf(lab())).approvals.required;
      await reconciled(lab(), 0, '--approve', required?.id ?? '');
      await put({ sequences: null })();
    },
    steps: ['membership', ...reread],
  },
];
const edits = process.env['GOATHERD_TEST_ALL'] === '1' ? EDITS : EDITS.filter((one) => one.sample);

test.each(edits.map((one) => ({ ...one, name: one.what })))('$name', async ({ edit, steps, quiet }) => {
  if (quiet) await writes.pause();
  await edit();
  const approved = (await planOf(lab())).approvals.required.flatMap((one) => ['--approve', one.id]);
  const plan = await planOf(lab(), 0, ...approved);
  expect([...new Set(plan.steps.map((step) => step.kind))].toSorted()).toEqual(steps.toSorted());
  await reconciled(lab(), 0, ...approved);
  if (quiet) writes.start();
  await a("UPDATE shaped SET v = 'later' WHERE id % 5 = 0");
  await writes.pause();
  await expectSameData(lab(), 'a', 'b', 'c');
  const left = await expectNothingLeft(lab());
  expect(said(left, 'Suspect')).toEqual([]);
  writes.start();
});

test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('stopped, the links record what comes, and bring it when they run again', async () => {
  await declare(lab(), { state: 'stopped' });
  await reconciled(lab());
  expect(await planOf(lab(), 0, '--detailed-exitcode')).toMatchObject({ verdict: 'in_sync', steps: [] });
  await a("INSERT INTO notes VALUES (41, 'while stopped') ON CONFLICT (id) DO UPDATE SET note = excluded.note");
  await declare(lab(), { state: null });
  const document = await reconciled(lab());
  expect(document.plans[0]?.steps.map((step) => step.kind)).not.toContain('wait_copy');
  await writes.pause();
  await expectSameData(lab(), 'a', 'b', 'c');
  expect(said(await expectNothingLeft(lab()), 'Suspect')).toEqual([]);
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
  expect((await expectNothingLeft(lab())).diagnostics.filter((one) => one.severity !== 'note')).toEqual([]);
  writes.start();
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
