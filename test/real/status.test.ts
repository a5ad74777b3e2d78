import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { isBucardo } from '../../src/lab/processes.ts';
import { masterPidFile } from '../../src/observe/observe-daemon.ts';
import type { statusDocument } from '../../src/report/status/status-json.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { reconciled } from './support/reconciled.ts';
import { REPOSITORY } from './support/repository.ts';
import { type GoatherdRun, runGoatherd } from './support/run-goatherd.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

type Document = ReturnType<typeof statusDocument>;

const lab = useLab({ clusters: ['a', 'b'] }, loadStock);
const on = (name: string, sql: string): Promise<unknown> => query(clusterOf(lab(), name), lab().dbname, sql);
const status = (...args: readonly string[]): Promise<GoatherdRun> =>
  runGoatherd(['status', '--config', lab().configFile, lab().topologyFile, ...args]);
const verb = (name: string, ...more: readonly string[]): Promise<GoatherdRun> =>
  runGoatherd([name, 'orders/a-b', '--config', lab().configFile, '--path', lab().topologyFile, ...more]);

const valid = new Ajv2020({ allErrors: true, allowUnionTypes: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } }).compile(
  JSON.parse(readFileSync(join(REPOSITORY, 'schemas', 'status.schema.json'), 'utf8')) as object,
);

/** The document, held to its schema, and its only link. */
async function statusOf(
  exitCode = 0,
): Promise<Document['topologies'][number] & { readonly link: Document['topologies'][number]['links'][number] }> {
  const run = await status('--json');
  expect(run).toMatchObject({ exitCode, stderr: '' });
  const document = JSON.parse(run.stdout) as Document;
  expect([valid(document), valid.errors]).toEqual([true, null]);
  const [topology] = document.topologies;
  const [link] = topology?.links ?? [];
  if (topology === undefined || link === undefined) throw new Error(run.stdout);
  return { ...topology, link };
}

test('says what stands: nothing, a running link, a daemon that was killed, a trigger that was dropped', async () => {
  expect(await statusOf()).toMatchObject({
    verdict: 'not_ready',
    link: { state: 'absent', daemon: { state: 'down' }, triggers: { right: 0, wanted: 6 } },
  });
  await reconciled(lab());
  const pid = masterPidFile(lab().pidDir, 'orders_a_b')?.pid ?? 0;
  expect(await statusOf()).toMatchObject({
    verdict: 'ready',
    link: {
      state: 'running',
      copy: { state: 'complete', tables: 3, skipped: 0, rows: '450' },
      triggers: { right: 6, wanted: 6 },
      daemon: { state: 'up', pid },
      suspension: null,
      notes: [],
    },
  });

  process.kill(pid, 'SIGKILL');
  await eventually(async () => !(await isBucardo(pid)));
  const down = await statusOf();
  expect(down).toMatchObject({
    verdict: 'not_ready',
    reasons: ['a-b down'],
    link: { state: 'down', daemon: { state: 'down', pid: null } },
  });
  expect(down.link.notes).toContain('no daemon runs it: goatherd start orders/a-b, or goatherd reconcile');
  expect(await verb('start')).toMatchObject({ exitCode: 0 });

  await on('a', 'DROP TRIGGER bucardo_delta ON notes');
  const text = await status();
  expect(text).toMatchObject({ exitCode: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^orders {3}NOT READY {3}a-b drifted\n {2}LINK +STATE +COPY +LAG +BACKLOG +TRIGGERS +DAEMON +SINCE\n {2}a-b +drifted +3\/3 +[\d.]+ s +\d+ +5\/6 +up +/,
  );
  expect(text.stdout).toContain('\n  a-b  drift: ');
  await on(
    'a',
    'CREATE TRIGGER bucardo_delta AFTER INSERT OR DELETE OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION bucardo.delta_public_notes()',
  );
  await reconciled(lab());
});

test('measures the age of the oldest change: it grows while a link is stopped, and falls after the start', async () => {
  await eventually(async () => (await statusOf()).link, { until: (link) => link.backlog_rows === '0' && link.lag_s === 0 });
  expect(await verb('stop', '--reason', 'index on b')).toMatchObject({ exitCode: 0 });
  await on('a', "INSERT INTO items (name) SELECT 'late' FROM generate_series(1, 40); UPDATE notes SET note = 'late' WHERE id <= 2");
  const first = await statusOf();
  expect(first).toMatchObject({
    verdict: 'not_ready',
    link: { state: 'suspended', backlog_rows: '42', suspension: { by: userInfo().username, reason: 'index on b' } },
  });
  expect(first.link.notes[0]).toMatch(/^suspended by \S+ since [^\n]+Z: index on b; goatherd start orders\/a-b ends it$/);
  const lag = first.link.lag_s ?? -1;
  expect(lag).toBeGreaterThanOrEqual(0);
  expect((await eventually(statusOf, { until: ({ link }) => (link.lag_s ?? 0) > lag + 2 })).link.backlog_rows).toBe('42');
  expect(await verb('start')).toMatchObject({ exitCode: 0 });
  await eventually(statusOf, { until: ({ verdict, link }) => verdict === 'ready' && link.lag_s === 0 && link.backlog_rows === '0' });
});

test('ends with 1 when the hub cannot be reached', async () => {
  await lab().hub.stop();
  const run = await status();
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toMatch(/^orders {3}UNKNOWN {3}the hub cannot be reached: /);
  expect(await statusOf(1)).toMatchObject({ verdict: 'unknown', link: { state: 'unknown', daemon: null } });
  // A link that cannot be asked for is not taken for one that nobody knows.
  const accepted = await runGoatherd(['accept', 'orders/a-b', '--reason', 'compared', '--config', lab().configFile]);
  expect(accepted).toMatchObject({ exitCode: 1, stdout: '' });
  expect(accepted.stderr).toMatch(/^goatherd: ledger: .+\nhint: is PostgreSQL up there/);
});
