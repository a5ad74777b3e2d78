import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import type { Message } from '../../src/notify/message.ts';
import type { statusDocument } from '../../src/report/status/status-json.ts';
import { controllerDocumentErrors } from '../unit/report/schemas.ts';
import { eventually } from './support/eventually.ts';
import { duplicates, masters } from './support/one-of-each.ts';
import { query } from './support/query.ts';
import { expectExit } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { controllerFiles, type ControllerFiles, startController, type StartedController } from './support/start-controller.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

describe('the controller', () => {
  let files: ControllerFiles;
  /** What the receiver of notifications has read, a document a line. */
  let told = '';
  const lab = useLab({}, async (started) => {
    await loadStock(started);
    told = join(started.dir, 'told');
    files = await controllerFiles(started, `notify: [{command: [sh, -c, 'cat >> "$0"', ${told}], hold: 1s}]`);
  });
  let controller: StartedController;
  let rows = 100_000;

  /** A row written on A is on C; gives its id. */
  async function arrives(): Promise<void> {
    rows += 1;
    await query(clusterOf(lab(), 'a'), lab().dbname, `INSERT INTO items(id, name) VALUES (${rows}, 'one more')`);
    await eventually(async () => (await query(clusterOf(lab(), 'c'), lab().dbname, `SELECT 1 FROM items WHERE id = ${rows}`)).length === 1);
  }

  /** What was said of an address: kind, condition, severity. */
  async function toldOf(address: string): Promise<readonly string[]> {
    const text = await readFile(told, 'utf8');
    const documents = text.split('\n').filter((line) => line !== '');
    return documents
      .flatMap((line) => (JSON.parse(line) as Message).notifications)
      .filter((one) => one.address === address)
      .map((one) => `${one.kind} ${one.type} ${one.severity}`);
  }

  async function commit(text: string): Promise<void> {
    await writeFile(`${files.topologyFile}.new`, text);
    await rename(`${files.topologyFile}.new`, files.topologyFile);
  }

  test('brings a topology up and keeps it', async () => {
    controller = startController(files);
    await controller.says(/orders Ready=True/);
    await arrives();
    const run = await runGoatherd(['reconcile', '--config', files.configFile, files.directory]);
    // Nothing is to be done: it need not ask for the lock.
    expectExit(run, 0);
    expect(
      await query(lab().hub, 'goatherd', 'SELECT desired = applied AND attempted = applied AS reached FROM goatherd.revision'),
    ).toEqual([{ reached: true }]);
    expect(await query(lab().hub, 'goatherd', 'SELECT command, outcome FROM goatherd.history ORDER BY started_at LIMIT 1')).toMatchObject([
      { command: 'controller' },
    ]);
  });

  test('shows what it knows: page, document, metrics, health', async () => {
    const { message } = await controller.says(/the page is at /);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(message)?.[0] ?? '';
    const text = async (path: string): Promise<string> => (await fetch(url + path)).text();
    expect(await text('/readyz')).toBe('ready\n');
    expect(await text('/livez')).toBe('alive\n');
    await eventually(async () => (await text('/')).includes('1 topology ready'));
    const page = await text('/topologies/orders');
    expect(page).toMatch(/aria-label="orders: a to b running, lag [^;]*; b to c running, lag/);
    expect(page).toContain('Nothing to do.');
    const document: unknown = JSON.parse(await text('/api/status'));
    expect(controllerDocumentErrors(document)).toEqual([]);
    expect(document).toMatchObject({ role: 'acting', topologies: [{ topology: 'orders', plan: { verdict: 'in_sync' } }] });
    const metrics = await text('/metrics');
    expect(metrics).toContain('goatherd_run_lock_held 1\n');
    expect(metrics).toContain('goatherd_condition{topology="orders",link="b-c",database="",type="Ready",status="True"} 1\n');
    expect(metrics).toMatch(/goatherd_replication_lag_seconds\{topology="orders",link="a-b"\} [\d.]+\n/);
    expect(metrics).toMatch(/goatherd_reconcile_total\{topology="orders",result="changed"\} [1-9]/);
    expect(metrics).toMatch(/goatherd_step_duration_seconds_count\{kind="triggers"\} [1-9]/);
    expect(metrics).toMatch(
      /goatherd_lock_attempts_total\{topology="orders",database="a",mode="share_row_exclusive",result="acquired"\} [1-9]/,
    );
    expect(metrics).toMatch(/goatherd_copy_completed_timestamp_seconds\{topology="orders",link="b-c"\} [1-9]/);
    expect(metrics).toMatch(/goatherd_sync_last_good_timestamp_seconds\{topology="orders",link="a-b"\} [1-9]/);
    expect(metrics).toMatch(/process_resident_memory_bytes [1-9]/);
    await eventually(async () => /goatherd_delta_bytes\{topology="orders",database="b"\} [1-9]/.test(await text('/metrics')));
  });

  test('applies a commit, and keeps the last good one when a bad one comes', async () => {
    const good = await readFile(files.topologyFile, 'utf8');
    let from = controller.lines.length;
    await commit('topology: orders\nlinks: [a - b]\n');
    await controller.says(/orders.yaml:2:9: link 1 must be/, { from });
    await controller.says(/orders SpecValid=False SchemaError/, { from });
    await arrives();
    expect(await masters(lab())).toEqual(['orders_a_b', 'orders_b_c']);
    from = controller.lines.length;
    await commit(`${good}\nkick_interval: 2s\n`);
    await eventually(
      async () =>
        (await query(lab().hub, 'bucardo_orders_a_b', 'SELECT extract(epoch FROM checktime)::int AS s FROM bucardo.sync'))[0]?.['s'] === 2,
    );
    await controller.says(/CONVERGED/, { from });
    await arrives();
  });

  test('starts exactly one daemon in the place of a master that was killed, and leaves the other alone', async () => {
    const restarts = async (): Promise<string> => {
      const { message } = await controller.says(/the page is at /);
      const metrics = await (await fetch(`${/http:\/\/\S+/.exec(message)?.[0] ?? ''}metrics`)).text();
      return metrics
        .split('\n')
        .filter((line) => line.startsWith('goatherd_daemon_restarts_total{'))
        .join(' ');
    };
    const reached = async (): Promise<unknown> =>
      (await query(lab().hub, 'goatherd', 'SELECT desired = applied AS reached FROM goatherd.revision'))[0]?.['reached'];
    await eventually(reached);
    expect(await restarts()).toBe('');
    const before = [await masterPid(lab(), 'orders_a_b'), await masterPid(lab(), 'orders_b_c')];
    process.kill(before[0] ?? 0, 'SIGKILL');
    await anotherMaster(lab(), 'orders_a_b', before[0]);
    await eventually(async () => /^goatherd_daemon_restarts_total\{daemon="orders_a_b"\} \d+$/.test(await restarts()));
    await arrives();
    await eventually(() => duplicates(lab()), { until: (found) => found.length === 0 });
    await eventually(() => masters(lab()), { until: (found) => found.join(' ') === 'orders_a_b orders_b_c' });
    expect(await masterPid(lab(), 'orders_b_c')).toBe(before[1]);
  });

  test('carries out what a person asks for, and acts on nothing that is suspended', async () => {
    const ask = (...words: readonly string[]) =>
      runGoatherd([words[0] ?? '', '--config', files.configFile, '--path', files.directory, ...words.slice(1)]);
    const stopped = await ask('stop', 'orders/b-c', '--reason', 'an index on c');
    expectExit(stopped, 0);
    expect(stopped.stdout).toContain('orders/b-c stopped');
    expect(stopped.stderr).toContain('goatherd controller on ');
    expect(await masters(lab())).toEqual(['orders_a_b']);
    expectExit(await ask('start', 'orders/b-c'), 0);
    await arrives();
    expectExit(await ask('suspend', 'orders', '--reason', 'a look inside', '--until', '1h'), 0);
    const from = controller.lines.length;
    process.kill(await masterPid(lab(), 'orders_b_c'), 'SIGKILL');
    await controller.says(/orders\/b-c Ready=False/, { from });
    expect(await masters(lab())).toEqual(['orders_a_b']);
    expectExit(await ask('resume', 'orders'), 0);
    await controller.says(/CONVERGED/, { from });
    await arrives();
  });

  test('brings replication back when a database was away, and goes on with what it told and knew when it is killed meanwhile', async () => {
    let from = controller.lines.length;
    await clusterOf(lab(), 'b').stop('immediate');
    await controller.says(/orders\/b Reachable=False/, { from });
    await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO items(id, name) VALUES (99999, 'while b was away')");
    await eventually(async () => (await toldOf('orders/b')).includes('raised Reachable error'));
    const since = await eventually(() => rememberedSince(lab()), { until: (at) => at !== null });
    controller.kill('SIGKILL');
    await controller.ended;
    controller = startController(files);
    await controller.says(/ready: orders/);
    const run = await runGoatherd(['status', '--json', '--config', files.configFile, files.directory]);
    const [seen] = (JSON.parse(run.stdout) as ReturnType<typeof statusDocument>).topologies;
    expect(seen?.conditions.find(({ address }) => address === 'orders/b')).toMatchObject({ status: 'False', since });
    from = controller.lines.length;
    await clusterOf(lab(), 'b').start();
    await arrives();
    await controller.says(/orders Ready=True/, { from });
    expect(await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT name FROM items WHERE id = 99999')).toEqual([
      { name: 'while b was away' },
    ]);
    await eventually(async () => (await toldOf('orders/b')).includes('resolved Reachable error'));
    expect(await toldOf('orders/b')).toEqual(['raised Reachable error', 'resolved Reachable error']);
    expect(await duplicates(lab())).toEqual([]);
  });

  test('has one actor: another one stands by, takes over when the first is killed, and ends well itself', async () => {
    const second = startController(files);
    await second.says(/standing by: goatherd controller on .* pid/);
    const refused = await runGoatherd(['reconcile', '--config', files.configFile, '--destroy', 'orders', '--dry-run']);
    expectExit(refused, 0);
    controller.kill('SIGKILL');
    await second.says(/acting: this controller holds the lock/);
    await arrives();
    const from = second.lines.length;
    const master = await masterPid(lab(), 'orders_a_b');
    process.kill(master, 'SIGKILL');
    await anotherMaster(lab(), 'orders_a_b', master);
    await second.says(/CONVERGED/, { from });
    second.kill('SIGTERM');
    expect(await second.ended).toEqual({ exitCode: 0, signal: null });
    expect(second.stderr()).toBe('');
    // Bucardo's daemons run on, and the lock is free.
    await arrives();
    expectExit(await runGoatherd(['reconcile', '--config', files.configFile, files.directory]), 0);
  });
});

/** Since when the ledger has b away, when it also has that this was told; null before. */
async function rememberedSince(lab: Lab): Promise<string | null> {
  const [row] = await query(
    lab.hub,
    'goatherd',
    `SELECT (one->>'since')::float8 AS since FROM goatherd.remembered, jsonb_array_elements(conditions) one
     WHERE one->>'address' = 'orders/b' AND one->>'status' = 'False'
       AND EXISTS (SELECT 1 FROM goatherd.told WHERE jsonb_typeof(memory->'told'->'orders/b Reachable'->'said') = 'object')`,
  );
  return row === undefined ? null : new Date(Number(row['since'])).toISOString();
}

async function masterPid(lab: Lab, instance: string): Promise<number> {
  return Number.parseInt(await readFile(join(lab.pidDir, instance, 'bucardo.mcp.pid'), 'utf8'), 10);
}

/** Waits until another process than this one is the instance's master: what was said meanwhile may be of a look from before. */
async function anotherMaster(lab: Lab, instance: string, than: number | undefined): Promise<void> {
  await eventually(async () => {
    const pid = await masterPid(lab, instance);
    return pid !== than && process.kill(pid, 0);
  });
}
