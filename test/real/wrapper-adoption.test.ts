import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import type { Lab } from '../../src/lab/lab.ts';
import { bucardoControl } from './support/bucardo-by-hand.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { loadStock, STOCK_CHANGES } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

interface Job {
  readonly name: string;
  readonly control: string;
  readonly primary: string;
  readonly secondary: string;
}

const UPPER: Job = { name: 'shop_ab', control: 'shop_upper', primary: 'a', secondary: 'b' };
const LOWER: Job = { name: 'shop_bc', control: 'shop_lower', primary: 'b', secondary: 'c' };

/** A configuration of the wrapper for one hop: polled by its `watch`, the cascade set on both sides of b. */
function configOf(lab: Lab, job: Job): string {
  const database = (name: string): Record<string, unknown> => {
    const { host, port } = clusterOf(lab, name);
    return { database_owner: 'goatherd', dbname: lab.dbname, host, port, cascade: name === 'b' };
  };
  return stringify({
    plugins: ['bucardo', 'concurrency'],
    databases: {
      bucardo: { database_owner: 'goatherd', fallback_db: 'postgres', host: lab.hub.host, port: lab.hub.port },
      primary: database(job.primary),
      secondary: { ...database(job.secondary), schema_owner: 'goatherd' },
    },
    bucardo: {
      copy_data: 'empty',
      replication_name: job.name,
      asynchronous_kicking: true,
      replication_objects: { namespace_include: ['public'], namespace_exclude: [], table_include: [], table_exclude: [] },
    },
    concurrency: { bucardo_dbname: job.control },
  });
}

const TABLES = ['public.items', 'public.moves', 'public.notes'];

/** What the wrapper's menu does for one hop, command by command: install, add_triggers. Gives what starts it. */
async function install(lab: Lab, job: Job): Promise<() => Promise<void>> {
  const pidDir = join(lab.pidDir, `${job.name}_piddir`);
  const bucardo = await bucardoControl(lab, job.control, pidDir);
  for (const file of ['reason_file', 'log_conflict_file', 'warning_file'])
    await bucardo('set', `${file}=${lab.logDir}/${job.name}_${file}`);
  await bucardo('set', `stopfile=${job.name}_stopfile`);
  for (const [alias, name, more] of [
    ['primary_db', job.primary, []],
    ['secondary_db', job.secondary, job.secondary === 'b' ? ['makedelta=1'] : []],
  ] as const) {
    const { host, port } = clusterOf(lab, name);
    await bucardo('add', 'db', alias, `dbname=${lab.dbname}`, 'dbuser=goatherd', `dbhost=${host}`, `dbport=${port}`, ...more);
  }
  await bucardo('add', 'tables', ...TABLES, 'db=primary_db');
  await bucardo('add', 'sequences', 'public.items_id_seq', 'db=primary_db');
  await bucardo('add', 'herd', job.name, ...TABLES, 'public.items_id_seq');
  await bucardo('add', 'sync', job.name, `relgroup=${job.name}`, 'dbs=primary_db:source,secondary_db:target', 'onetimecopy=2');
  const toggle = (how: string, trigger: string): string =>
    TABLES.map((table) => `ALTER TABLE ${table} ${how} TRIGGER ${trigger}_${job.name}`).join(';');
  const primary = clusterOf(lab, job.primary);
  await query(primary, lab.dbname, toggle('DISABLE', 'bucardo_kick'));
  if (job.primary === 'b') await query(primary, lab.dbname, toggle('ENABLE ALWAYS', 'bucardo_note_trunc'));
  return async () => {
    await bucardo('start', `--log-destination=${lab.logDir}`, `--logextension=${job.name}`);
    const copied = async (): Promise<boolean> =>
      (await query(lab.hub, job.control, 'SELECT 1 FROM bucardo.sync WHERE onetimecopy <> 0')).length === 0;
    // Its `watch` kicks every second.
    await eventually(async () => (await query(lab.hub, job.control, `NOTIFY bucardo_kick_sync_${job.name}`), copied()), {
      everyMs: 1_000,
    });
  };
}

const lab = useLab({ clusters: ['a', 'b', 'c'] }, async (started) => {
  await loadStock(started);
  const upper = await install(started, UPPER);
  const lower = await install(started, LOWER);
  await upper();
  await lower();
  await mkdir(join(started.dir, 'wrapper'));
  for (const job of [UPPER, LOWER]) await writeFile(join(started.dir, 'wrapper', `${job.name}.yml`), configOf(started, job));
});

const on = (name: string, sql: string): Promise<unknown> => query(clusterOf(lab(), name), lab().dbname, sql);

test('two configurations become one topology, and adopting it is all of its first plan', async () => {
  const files = [LOWER, UPPER].map((job) => join(lab().dir, 'wrapper', `${job.name}.yml`));
  const run = await runGoatherd(['import', '--topology', 'orders', '--from-wrapper', ...files]);
  expect(run.exitCode).toBe(0);
  await writeFile(lab().topologyFile, run.stdout);
  expect((await runGoatherd(['validate', lab().topologyFile])).exitCode).toBe(0);
  expect((await planOf(lab())).steps.map((step) => [step.id, step.blocked])).toEqual([
    ['ledger', null],
    ['a-b/adopt', null],
    ['b-c/adopt', null],
  ]);
  const adopted = await reconcile(lab());
  expect(adopted.exitCode).toBe(0);
});

test('what the wrapper does otherwise is drift, mended while rows flow', async () => {
  const plan = await planOf(lab());
  expect(plan.changes.map((one) => one.reason.split(':')[0])).toEqual(
    expect.arrayContaining(['KickTriggerBack', 'MakedeltaWhole', 'DeltaDefault']),
  );
  expect(plan.links.map((link) => link.suspect)).toEqual([null, null]);
  await reconciled(lab());
  await expectNothingLeft(lab());
  // The kick triggers that its `watch` stood for are gone, and so is makedelta for the whole database.
  expect(await query(clusterOf(lab(), 'a'), lab().dbname, "SELECT 1 FROM pg_trigger WHERE tgname LIKE 'bucardo_kick%'")).toEqual([]);
  expect(await query(lab().hub, UPPER.control, 'SELECT name FROM bucardo.db WHERE makedelta')).toEqual([]);
  for (const sql of STOCK_CHANGES) {
    await on('a', sql);
    await expectSameData(lab(), 'a', 'b', 'c');
  }
});

test('it is changed as any other: a table leaves, and another joins', async () => {
  for (const name of ['a', 'b', 'c']) await on(name, 'CREATE TABLE public.later (id int PRIMARY KEY)');
  await on('a', 'INSERT INTO later SELECT generate_series(1, 40)');
  await declare(lab(), { kick_interval: '2s' });
  await reconciled(lab());
  await on('a', 'INSERT INTO later VALUES (41)');
  await expectSameData(lab(), 'a', 'b', 'c');
  await expectNothingLeft(lab());
});

test('it is removed without a trace but for what users own', async () => {
  const document = parseDocument(await readFile(lab().topologyFile, 'utf8'));
  document.setIn(['links'], document.createNode([]));
  await writeFile(lab().topologyFile, String(document));
  const id = (await planOf(lab())).approvals.required[0]?.id ?? '';
  await reconciled(lab(), 0, '--approve', id);
  expect(await query(lab().hub, 'postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'shop%'")).toEqual([]);
  for (const name of ['a', 'b', 'c']) {
    expect(await on(name, "SELECT 1 FROM pg_namespace WHERE nspname = 'bucardo'")).toEqual([]);
    expect(await on(name, "SELECT 1 FROM pg_trigger WHERE tgname ~ '^(bucardo|goatherd)'")).toEqual([]);
  }
  const { stdout } = await execa('ps', ['-eo', 'args']);
  expect(stdout).not.toMatch(/Bucardo.*shop_(ab|bc)/);
});
