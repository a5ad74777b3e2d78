import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from './support/query.ts';
import { expectNothingLeft, reconcile } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const lab = useLab({ clusters: ['a', 'b'] }, loadStock);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goatherd-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const on = (name: string, sql: string): Promise<unknown> => query(clusterOf(lab(), name), lab().dbname, sql);
const file = (name: string): string => join(folder, name);

async function save(name: string): Promise<void> {
  expect(await reconcile(lab(), '--dry-run', '--out', file(name))).toMatchObject({ exitCode: 0, stderr: '' });
}

/** Without PATHs: those that were saved. */
const carryOut = (name: string, ...more: readonly string[]): ReturnType<typeof runGoatherd> =>
  runGoatherd(['reconcile', '--config', lab().configFile, '--plan', file(name), ...more]);

test('is refused when facts that it used have moved, which are named, and carried out once otherwise', async () => {
  await save('first.json');
  // Rows, sizes and pids are measures.
  await on('a', "INSERT INTO items (name) SELECT 'more' FROM generate_series(1, 5000)");
  expect(await carryOut('first.json', '--dry-run')).toMatchObject({ exitCode: 0, stderr: '' });

  await on('a', 'CREATE TABLE later (id int PRIMARY KEY)');
  await on('b', "CREATE TABLE later (id int PRIMARY KEY); INSERT INTO notes VALUES (1, 'mine')");
  const stale = await carryOut('first.json', '--output', 'json');
  expect(stale.exitCode).toBe(22);
  expect(stale.stderr).toMatch(/^goatherd: the plan saved at \d{4}-[^\n]+Z is stale:\n/);
  expect(stale.stderr).toContain('  step a-b/triggers is another: came: public.later\n');
  expect(stale.stderr).toContain('  SkippedNotEmpty of orders/a-b came: public.notes\n');
  expect(JSON.parse(stale.stdout)).toMatchObject({ exit_code: { plain: 22 }, error: { code: 'PlanStale' } });
  const databases = await query(lab().hub, 'postgres', "SELECT datname FROM pg_database WHERE datname ~ '^(bucardo|goatherd)'");
  expect(databases).toEqual([]);

  await on('a', 'DROP TABLE later');
  await on('b', 'DROP TABLE later; TRUNCATE notes');
  await copyFile(file('first.json'), file('copy.json'));
  expect(await carryOut('first.json')).toMatchObject({ exitCode: 0 });
  await expectSameData(lab(), 'a', 'b');
  await expectNothingLeft(lab());
  for (const name of ['first.json', 'copy.json']) {
    const used = await carryOut(name);
    expect(used.exitCode).toBe(22);
    expect(used.stderr).toMatch(/the plan saved at [^\n]+Z was used by \S+ at [^\n]+Z\n/);
  }
});

test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('of drift holds what the drift was, while the link works on', async () => {
  await on('a', 'DROP TRIGGER bucardo_delta ON notes');
  await save('drift.json');
  await on('a', "UPDATE items SET name = name || '?' WHERE id < 50");
  await on('a', 'DROP TRIGGER bucardo_delta ON moves');
  const stale = await carryOut('drift.json');
  expect(stale.exitCode).toBe(22);
  expect(stale.stderr).toContain('step a-b/triggers is another: came: public.moves\n');
  await save('both.json');
  expect(await carryOut('both.json')).toMatchObject({ exitCode: 0 });
  await expectSameData(lab(), 'a', 'b');
});

test('in the wrong words is usage, and in the wrong file an error', async () => {
  const run = (...args: readonly string[]): ReturnType<typeof runGoatherd> =>
    runGoatherd(['reconcile', '--config', lab().configFile, ...args]);
  expect(await run('--out', file('x.json'), lab().topologyFile)).toMatchObject({ exitCode: 64, stdout: '' });
  expect(await run('--plan', lab().topologyFile)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('is no saved plan: it is not JSON') as unknown,
  });
  expect(await run('--plan', file('missing.json'))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('cannot be read') as unknown,
  });
  expect(await readFile(file('first.json'), 'utf8')).not.toMatch(/password|"since": [1-9]/);
});
