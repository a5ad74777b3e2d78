import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { declare, editFile, take } from './support/declare.ts';
import { accepted, driftsBy, handsOn, together } from './support/drifts.ts';
import { eventually } from './support/eventually.ts';
import { leftovers } from './support/leftovers.ts';
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

const a = (statement: string) => query(clusterOf(lab(), 'a'), lab().dbname, statement);
const all = (statement: string): Promise<void> => onEach(lab(), ['c', 'b', 'a'], statement);
const everything = process.env['GOATHERD_TEST_ALL'] === '1';

interface Change {
  readonly what: string;
  /** Changes the file, or the world. */
  readonly edit: () => Promise<unknown>;
  /** Kinds of steps that the plan of the change has. */
  readonly steps?: readonly string[];
  /** In CI's sample. */
  readonly sample?: true;
  /** Nobody writes between the change and the end of its plan. */
  readonly quiet?: true;
  /** Databases that hold the same then, the one that is written first; all three unless told. */
  readonly same?: readonly ('a' | 'b' | 'c')[];
  /** What is looked at besides. */
  readonly besides?: () => Promise<unknown>;
  /** Links with tables that were left alone for the rows they had, as it has to be: a person's word follows. */
  readonly suspect?: readonly string[];
}

const restart = ['arrival', 'start_daemon', 'stop_daemon'];
const reread = ['register', ...restart];
const rekeyed = ['rekey', ...reread];
const key = (columns: string): Promise<void> => all(`ALTER TABLE shaped DROP CONSTRAINT shaped_pkey, ADD PRIMARY KEY (${columns})`);
const put = (keys: Readonly<Record<string, unknown>>) => (): Promise<void> => declare(lab(), keys);
const CHAIN = ['a -> b', 'b -> c'];
const copied = (from: string, to: string, keys: object = {}): object => ({ from, to, copy_data: 'always', ...keys });
const allTables = 'public.items, public.moves, public.notes, public.shaped';

/** Reconciles with the approval that its plan asks for. */
async function approved(): Promise<void> {
  const required = (await planOf(lab())).approvals.required.flatMap((one) => ['--approve', one.id]);
  await reconciled(lab(), 0, ...required);
}

const kicks = async (name: string): Promise<readonly unknown[]> =>
  query(clusterOf(lab(), name), lab().dbname, "SELECT DISTINCT tgenabled::text AS mode FROM pg_trigger WHERE tgname LIKE 'bucardo_kick_%'");

const SHAPES: readonly Change[] = [
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
];

const TABLES: readonly Change[] = [
  {
    what: 'a table appears, with rows',
    edit: async () => {
      await all('CREATE TABLE joined (id int PRIMARY KEY, v text)');
      await a("INSERT INTO joined SELECT g, 'old' FROM generate_series(1, 500) g");
    },
  },
  {
    what: 'it is excluded, and leaves when that is approved',
    edit: put({ tables: { exclude: ['public.joined'] } }),
  },
  {
    what: 'it matches again: what stands below it is emptied for nobody, and said',
    edit: put({ tables: null }),
    suspect: ['orders/a-b: public.joined', 'orders/b-c: public.joined'],
  },
  { what: 'it is dropped everywhere', edit: () => all('DROP TABLE joined') },
  {
    what: 'a partitioned table appears',
    edit: () =>
      all(
        'CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)',
      ),
  },
  {
    what: 'a partition more joins by itself',
    edit: () => all('CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)'),
    besides: () => a('INSERT INTO parts VALUES (1), (11) ON CONFLICT DO NOTHING'),
  },
  {
    what: 'a partition that no pattern names is said, with the line to add',
    edit: async () => {
      await put({
        tables: { include: ['public.items', 'public.moves', 'public.notes', 'public.shaped', 'public.parts_1', 'public.parts_2'] },
      })();
      await all('CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (20) TO (30)');
    },
    steps: [],
    besides: async () =>
      expect(said(await planOf(lab()), 'NewPartition')).toEqual(
        ['a-b', 'b-c'].map((id) => `orders/${id}: public.parts_3: - "public.parts_3" (or - "public.parts")`),
      ),
  },
  { what: 'it joins when it is named', edit: put({ tables: null }) },
  { what: 'the partitioned table is dropped everywhere', edit: () => all('DROP TABLE parts') },
  {
    what: 'sequences are left out, and carried again',
    edit: async () => {
      await put({ sequences: { include: ['none.*'] } })();
      await approved();
      await put({ sequences: null })();
    },
    steps: ['membership', ...reread],
  },
];

const LINKS: readonly Change[] = [
  { what: 'a chain becomes a fan-out', edit: put({ links: ['a -> b', 'a -> c'] }), suspect: [`orders/a-c: ${allTables}`], sample: true },
  { what: 'and a chain again', edit: put({ links: CHAIN }), suspect: [`orders/b-c: ${allTables}`], sample: true },
  { what: 'C is removed', edit: put({ links: ['a -> b'] }), same: ['a', 'b'] },
  {
    what: 'C joins a live A -> B, empty',
    edit: async () => {
      await onEach(lab(), ['c'], 'TRUNCATE items, moves, notes, shaped');
      await put({ links: CHAIN })();
    },
  },
  { what: 'C is removed again', edit: put({ links: ['a -> b'] }), same: ['a', 'b'] },
  {
    what: 'C joins with its old rows, and is not taken for equal until they are copied',
    edit: async () => {
      await put({ links: CHAIN })();
      await reconciled(lab());
      expect(said(await expectNothingLeft(lab()), 'SkippedNotEmpty')).toEqual([`orders/b-c: ${allTables}`]);
      await put({ links: ['a -> b', copied('b', 'c', { copy_generation: 2 })] })();
    },
  },
  {
    what: 'A is removed, and B -> C lives on',
    edit: put({ links: ['b -> c'] }),
    same: ['b', 'c'],
  },
  {
    what: 'A is there again: B is copied from it, and C from B',
    edit: put({ links: [copied('a', 'b'), 'b -> c'] }),
  },
  {
    what: 'B is taken out of the middle',
    edit: put({ links: [copied('a', 'c')] }),
    same: ['a', 'c'],
  },
  {
    what: 'B is put into the middle again',
    edit: async () => {
      await onEach(lab(), ['b'], 'TRUNCATE items, moves, notes, shaped');
      await put({ links: ['a -> b', copied('b', 'c')] })();
    },
  },
  { what: 'the links are declared as they were', edit: put({ links: CHAIN }), steps: [] },
];

const NAMES: readonly Change[] = [
  {
    what: 'B has another name',
    edit: () =>
      editFile(lab(), (file) => {
        file.databases['hq'] = { ...take(file, 'b'), renamed_from: 'b' };
        file.links = ['a -> hq', 'hq -> c'];
      }),
    steps: ['rename'],
  },
  {
    what: 'another entry takes the place of C, and its link says as what it stood',
    edit: () =>
      editFile(lab(), (file) => {
        file.databases['far'] = take(file, 'c');
        file.links = ['a -> hq', { from: 'hq', to: 'far', renamed_from: 'hq-c' }];
      }),
    steps: ['rename'],
  },
  {
    what: 'both have their first names',
    edit: () =>
      editFile(lab(), (file) => {
        file.databases['b'] = { ...take(file, 'hq'), renamed_from: 'hq' };
        file.databases['c'] = { ...take(file, 'far'), renamed_from: 'far' };
        file.links = CHAIN;
      }),
    steps: ['rename'],
  },
  {
    what: 'their former names leave the file',
    edit: () =>
      editFile(lab(), (file) => {
        for (const name of ['b', 'c']) delete file.databases[name]?.['renamed_from'];
      }),
    steps: [],
  },
];

const password = (text: string): Promise<void> => writeFile(join(lab().dir, 'carrier'), text);

const CONNECTIONS: readonly Change[] = [
  {
    what: 'B is reached by another role',
    edit: async () => {
      await onEach(lab(), ['b'], "CREATE ROLE carrier SUPERUSER LOGIN PASSWORD 'first'");
      await password('first');
      await put({ databases: { b: { user: 'carrier', password: { file: join(lab().dir, 'carrier') } } } })();
    },
    steps: reread,
  },
  {
    what: 'its password is rotated',
    edit: async () => {
      await onEach(lab(), ['b'], "ALTER ROLE carrier PASSWORD 'second'");
      await password('second');
    },
    steps: reread,
  },
  { what: 'both links move into one instance', edit: put({ bucardo: { instance: 'main' } }) },
  {
    what: 'one moves out again',
    edit: put({ bucardo: null, links: ['a -> b', { from: 'b', to: 'c', bucardo: { instance: 'main' } }] }),
  },
  { what: 'and the other', edit: put({ links: CHAIN }) },
];

const SETTINGS: readonly Change[] = [
  {
    what: 'a setting is declared',
    edit: put({ bucardo: { settings: { log_level: 'verbose' } } }),
    steps: ['settings', ...restart],
    sample: true,
  },
  { what: 'it is another one', edit: put({ bucardo: { settings: { statement_chunk_size: 500 } } }), steps: ['settings', ...restart] },
  { what: 'no setting is declared any more', edit: put({ bucardo: null }), steps: ['settings', ...restart] },
  { what: 'the poll is slower', edit: put({ kick_interval: '2s' }), steps: reread },
  {
    what: 'kick triggers come',
    edit: put({ disable_kicking: false }),
    steps: ['always', 'register', 'triggers', ...restart],
    sample: true,
    besides: async () => expect(await kicks('b')).toEqual([{ mode: 'A' }]),
  },
  {
    what: 'kick triggers go, and the poll is as it was',
    edit: put({ disable_kicking: null, kick_interval: null }),
    steps: ['drop_triggers', ...reread],
    sample: true,
    besides: async () => expect([await kicks('a'), await kicks('b')]).toEqual([[], []]),
  },
  { what: 'copy_data is always', edit: put({ copy_data: 'always' }), steps: [] },
  {
    what: 'a copy is asked for once more, of rows that are gone below',
    edit: async () => {
      await onEach(lab(), ['b', 'c'], 'SET session_replication_role = replica; DELETE FROM items WHERE id % 7 = 0');
      await put({ copy_generation: 2 })();
    },
  },
  { what: 'copy_data is never', edit: put({ copy_data: 'never' }), steps: [] },
  {
    what: 'copy_data is empty, locks are waited for longer',
    edit: put({ copy_data: 'empty', locks: { timeout: '1s', budget: '5m' } }),
    steps: [],
  },
  { what: 'the links are protected', edit: put({ protect: true }), steps: ['ledger'] },
  { what: 'they are not', edit: put({ protect: null, copy_data: null, locks: null }), steps: ['ledger'] },
  {
    what: 'B passes nothing on',
    edit: put({ databases: { b: { cascade: false } } }),
    same: ['a', 'b'],
  },
  { what: 'B passes on what it receives, and what C missed is copied', edit: put({ databases: { b: { cascade: null } } }) },
  {
    what: 'the links are stopped, record what comes, and run again',
    edit: async () => {
      await put({ state: 'stopped' })();
      await reconciled(lab());
      expect(await planOf(lab(), 0, '--detailed-exitcode')).toMatchObject({ verdict: 'in_sync', steps: [] });
      await a("INSERT INTO notes VALUES (41, 'while stopped') ON CONFLICT (id) DO UPDATE SET note = excluded.note");
      await put({ state: null })();
    },
  },
  { what: 'the first link is detached', edit: put({ links: [{ from: 'a', to: 'b', state: 'detached' }, 'b -> c'] }), same: ['b', 'c'] },
  { what: 'it is there again, by a copy', edit: put({ links: CHAIN }) },
  {
    what: 'a person stops a link, and starts it again',
    edit: async () => {
      const verb = (word: string, ...more: readonly string[]) =>
        runGoatherd([word, 'orders/b-c', ...more, '--path', lab().topologyFile, '--config', lab().configFile]);
      expect((await verb('stop', '--reason', 'an index on C')).exitCode).toBe(0);
      expect((await verb('start')).exitCode).toBe(0);
    },
    steps: [],
  },
];

const hands = handsOn(lab);
const drifts = together(driftsBy(hands));
const DRIFTS: readonly Change[] = [
  {
    what: 'everything drifts that can',
    edit: async () => {
      for (const drift of drifts) await drift.inject();
      const plan = await planOf(lab(), 2, '--detailed-exitcode');
      expect(plan.changes.map((change) => change.action)).toEqual(plan.changes.map(() => 'drift'));
      await reconciled(lab());
      const { links } = await planOf(lab());
      expect(links.every((link) => link.suspect !== null)).toBe(true);
      // What was lost is noted anew.
      await a('UPDATE items SET name = name; UPDATE moves SET amount = amount; UPDATE notes SET note = note');
      for (const { address } of links) await accepted(lab(), address, 'compared');
    },
    steps: [],
  },
];

const CHANGES = [...SHAPES, ...TABLES, ...LINKS, ...NAMES, ...CONNECTIONS, ...SETTINGS, ...DRIFTS];
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
