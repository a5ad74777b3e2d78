import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { bucardoControl, type BucardoCommand, bucardoDatabase } from './support/bucardo-by-hand.ts';
import { bucardoObjects } from './support/bucardo-objects.ts';
import { eventually } from './support/eventually.ts';
import { query, type Row } from './support/query.ts';
import { planOf, reconcile, reconciled } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { loadStock, STOCK_CHANGES } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const CONTROL = 'bucardo_by_hand';
const TABLES = ['public.items', 'public.moves', 'public.notes'];

/** A cascade of other hands in one control database, with names of its own, and beside it a sync that nobody adopts. */
const lab = useLab({ clusters: ['a', 'b', 'c'] }, async (started) => {
  await loadStock(started);
  for (const name of ['a', 'c'])
    await query(clusterOf(started, name), started.dbname, 'CREATE TABLE public.audit (id int PRIMARY KEY, what text)');
  const bucardo = await bucardoControl(started, CONTROL, join(started.pidDir, 'theirs'));
  await addDatabases(bucardo);
  for (const db of ['first', 'middle']) await bucardo('add', 'tables', ...TABLES, `db=${db}`, `relgroup=stock_${db}`);
  await bucardo('add', 'sequence', 'public.items_id_seq', 'db=first', 'relgroup=stock_first');
  await bucardo('add', 'sequence', 'public.items_id_seq', 'db=middle', 'relgroup=stock_middle');
  await bucardo('add', 'sync', 'to_middle', 'relgroup=stock_first', 'dbs=first:source,middle:target', 'onetimecopy=2', 'checktime=1s');
  await bucardo(
    'add',
    'sync',
    'to_last',
    'relgroup=stock_middle',
    'dbs=middle:source,last:target',
    'onetimecopy=2',
    'autokick=0',
    'checktime=1s',
  );
  await bucardo('add', 'sync', 'audits', 'tables=public.audit', 'dbs=first:source,last:target', 'checktime=1s');
  await query(
    clusterOf(started, 'b'),
    started.dbname,
    ['items', 'moves', 'notes'].map((table) => `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER bucardo_note_trunc_to_last`).join(';'),
  );
  await bucardo('start', `--log-destination=${started.logDir}`);
  await expectCopied();

  async function addDatabases(run: BucardoCommand): Promise<void> {
    for (const [name, alias, more] of [
      ['a', 'first', []],
      ['b', 'middle', ['makedelta=1']],
      ['c', 'last', []],
    ] as const) {
      const [add = '', db = '', , ...keys] = bucardoDatabase(clusterOf(started, name), started.dbname);
      await run(add, db, alias, ...keys, ...more);
    }
  }
  async function expectCopied(): Promise<void> {
    const count = async (name: string): Promise<unknown> =>
      (await query(clusterOf(started, name), started.dbname, 'SELECT count(*)::int AS n FROM items'))[0]?.['n'];
    await eventually(async () => (await count('b')) === 200);
    // What the lower link copied before the upper one had is nothing: it is asked again, as its owner would.
    await query(started.hub, CONTROL, "UPDATE bucardo.sync SET onetimecopy = 2 WHERE name = 'to_last'");
    await bucardo('reload', 'to_last');
    await bucardo('kick', 'to_last');
    await eventually(async () => (await count('c')) === 200);
    await eventually(async () => (await query(started.hub, CONTROL, 'SELECT 1 FROM bucardo.sync WHERE onetimecopy <> 0')).length === 0);
  }
});

const control = (sql: string): Promise<readonly Row[]> => query(lab().hub, CONTROL, sql);

/** Everything that Bucardo has of these names, but for what changes as it runs. */
const metadata = async (): Promise<unknown> =>
  Promise.all(
    [
      'SELECT * FROM bucardo.sync ORDER BY name',
      'SELECT * FROM bucardo.goat ORDER BY id',
      'SELECT * FROM bucardo.herdmap ORDER BY 1, 2',
      'SELECT * FROM bucardo.dbmap ORDER BY 1, 2',
      'SELECT * FROM bucardo.db ORDER BY name',
      'SELECT name, setting FROM bucardo.bucardo_config ORDER BY name',
    ].map(control),
  );

async function change(sql: string): Promise<void> {
  await query(clusterOf(lab(), 'a'), lab().dbname, sql);
}

test('an installation of several syncs is written as a topology that says what it cannot say', async () => {
  const run = await runGoatherd(['import', '--config', lab().configFile, '--from-bucardo', CONTROL, '--topology', 'orders']);
  expect(run.exitCode).toBe(0);
  const imported = parseDocument(run.stdout).toJS() as { databases: Record<string, unknown>; links: { from: string; to: string }[] };
  expect(Object.keys(imported.databases)).toEqual(['first', 'last', 'middle']);
  expect(imported.links).toMatchObject([
    {
      from: 'first',
      to: 'last',
      disable_kicking: false,
      kick_interval: '1s',
      tables: { include: ['public.audit'] },
      bucardo: { adopt: { database: CONTROL, sync: 'audits' } },
    },
    { from: 'middle', to: 'last', disable_kicking: true, tables: { include: TABLES }, sequences: { include: ['public.items_id_seq'] } },
    { from: 'first', to: 'middle', disable_kicking: false },
  ]);
  expect(run.stderr).toContain('DatabaseMakedelta (database middle');
  // One sync stays with Bucardo: its line is taken out.
  const document = parseDocument(run.stdout);
  document.deleteIn(['links', 0]);
  await writeFile(lab().topologyFile, String(document));
  const validated = await runGoatherd(['validate', lab().topologyFile]);
  expect(validated).toMatchObject({ exitCode: 0 });
});

test('the first plan adopts and nothing else, and carrying it out changes nothing of Bucardo', async () => {
  const plan = await planOf(lab());
  expect(plan.steps.map((step) => [step.kind, step.address, step.blocked])).toEqual([
    ['ledger', 'orders', null],
    ['adopt', 'orders/first-middle', null],
    ['adopt', 'orders/middle-last', null],
  ]);
  expect(plan.changes.map((one) => one.action)).toEqual(['change', 'change']);
  const [before, objects] = [await metadata(), await bucardoObjects(clusterOf(lab(), 'a'), lab().dbname)];
  const run = await reconcile(lab());
  expect(run.exitCode).toBe(0);
  expect(run.stdout + run.stderr).toContain('ADOPTED');
  // What was adopted is not imported again; what stayed with Bucardo still can be.
  const again = await runGoatherd(['import', '--config', lab().configFile, '--from-bucardo', CONTROL]);
  expect(again.exitCode).toBe(0);
  expect(again.stderr).toContain('Managed (control database');
  expect(again.stdout.match(/sync: \w+/g)).toEqual(['sync: audits']);
  expect(await metadata()).toEqual(before);
  const marked = await bucardoObjects(clusterOf(lab(), 'a'), lab().dbname);
  expect(marked.filter((line) => !objects.includes(line))).toEqual([expect.stringMatching(/^comment goatherd: /)]);
  expect(objects.filter((line) => !marked.includes(line))).toEqual([]);
});

test('the plan after it shows what differs from the rules as drift, and heals it while rows flow', async () => {
  const plan = await planOf(lab());
  const codes = (action: string): readonly string[] =>
    plan.changes.filter((one) => one.action === action).map((one) => one.reason.split(':')[0] ?? '');
  expect(codes('drift')).toEqual(
    expect.arrayContaining(['PruningMissing', 'SettingChanged', 'MakedeltaWhole', 'DeltaDefault', 'HelperMissing']),
  );
  // Tables that a foreign key references below get the other kind of truncate trigger, which is no drift: it follows from the databases.
  expect(plan.changes.filter((one) => one.action !== 'drift').map((one) => one.what)).toEqual([
    expect.stringContaining('trigger'),
    expect.stringContaining('trigger'),
  ]);
  expect(plan.steps.some((step) => ['activate', 'copy_tables', 'wait_copy', 'empty_tables'].includes(step.kind))).toBe(false);
  await reconciled(lab());
  const after = await planOf(lab());
  expect(after).toMatchObject({ steps: [], changes: [] });
  expect(await control('SELECT name, herd, dbs FROM bucardo.sync ORDER BY name')).toMatchObject([
    { name: 'audits' },
    { name: 'to_last', herd: 'stock_middle', dbs: 'to_last' },
    { name: 'to_middle', herd: 'stock_first', dbs: 'to_middle' },
  ]);
  expect(await control('SELECT name FROM bucardo.db WHERE makedelta')).toEqual([]);
});

test('every change arrives through the adopted cascade, and the sync that was not adopted goes on', async () => {
  await change("INSERT INTO audit VALUES (1, 'theirs')");
  for (const sql of STOCK_CHANGES) {
    await change(sql);
    await eventually(async () => {
      const rows = await Promise.all(
        ['a', 'b', 'c'].map((name) =>
          query(
            clusterOf(lab(), name),
            lab().dbname,
            'SELECT (SELECT jsonb_agg(i ORDER BY id) FROM items i) AS items, (SELECT jsonb_agg(m ORDER BY item, at) FROM moves m) AS moves, (SELECT jsonb_agg(n ORDER BY id) FROM notes n) AS notes',
          ),
        ),
      );
      expect(rows[1]).toEqual(rows[0]);
      expect(rows[2]).toEqual(rows[0]);
      return true;
    });
  }
  await eventually(async () => (await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT * FROM audit')).length === 1);
});

test('a removed link takes along what stands under its kept names, and nothing of what was not adopted', async () => {
  const text = await readFile(lab().topologyFile, 'utf8');
  const document = parseDocument(text);
  document.setIn(['links'], document.createNode([]));
  await writeFile(lab().topologyFile, String(document));
  const plan = await planOf(lab());
  const [required] = plan.approvals.required;
  await reconciled(lab(), 0, '--approve', required?.id ?? '');
  expect(await control('SELECT name FROM bucardo.sync')).toEqual([{ name: 'audits' }]);
  expect(await control('SELECT DISTINCT herd FROM bucardo.herdmap')).toEqual([{ herd: 'audits' }]);
  expect(await control('SELECT name FROM bucardo.db ORDER BY 1')).toEqual([{ name: 'first' }, { name: 'last' }]);
  expect(await control('SELECT tablename FROM bucardo.goat')).toEqual([{ tablename: 'audit' }]);
  const left = await bucardoObjects(clusterOf(lab(), 'a'), lab().dbname);
  expect(left.filter((line) => /items|moves|notes/.test(line) && /bucardo|delta_|track_|stage_/.test(line))).toEqual([]);
  expect(await query(clusterOf(lab(), 'b'), lab().dbname, "SELECT to_regnamespace('bucardo')::text AS schema")).toEqual([{ schema: null }]);
  // What stays is nobody's but its makers'.
  expect(left.filter((line) => line.includes('goatherd_') || line.startsWith('comment'))).toEqual([]);
  expect(
    await control(
      "SELECT to_regnamespace('goatherd')::text AS ours, shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = current_database()",
    ),
  ).toEqual([{ ours: null, mark: null }]);
  await change("INSERT INTO audit VALUES (2, 'still')");
  await eventually(async () => (await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT * FROM audit')).length === 2);
});
