import { userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { masterPidFile } from '../../src/observe/observe-daemon.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { hold } from './support/hold.ts';
import { query, withSession } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled } from './support/reconciled.ts';
import { type GoatherdRun, runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const me = userInfo().username;

function verb(lab: Lab, name: string, link: string, ...more: readonly string[]): Promise<GoatherdRun> {
  return runGoatherd([name, link, '--config', lab.configFile, '--path', lab.topologyFile, ...more]);
}

const masterPid = (lab: Lab, instance: string): number | null => masterPidFile(lab.pidDir, instance)?.pid ?? null;

async function itemsOf(lab: Lab, name: string): Promise<number> {
  return Number((await query(clusterOf(lab, name), lab.dbname, 'SELECT count(*) AS n FROM items'))[0]?.['n']);
}

const insert = (lab: Lab, name: string, what: string): Promise<unknown> =>
  query(clusterOf(lab, name), lab.dbname, `INSERT INTO items (name) VALUES ('${what}')`);

describe('verbs on a link with an instance of its own', () => {
  const lab = useLab({ clusters: ['a', 'b'] }, async (started) => {
    await loadStock(started);
    await reconciled(started);
  });

  test('name the nearest link, and who holds the lock', async () => {
    const unknown = await verb(lab(), 'stop', 'orders/a-bb');
    expect(unknown).toMatchObject({ exitCode: 1, stdout: '' });
    expect(unknown.stderr).toBe('goatherd: there is no link orders/a-bb\nhint: did you mean orders/a-b?\n');
    await withSession(lab().hub, 'goatherd', async (holder) => {
      await holder.query("SET application_name = 'goatherd reconcile on elsewhere pid 7'; SELECT pg_advisory_lock(1735352692, 1751478884)");
      const refused = await verb(lab(), 'stop', 'orders/a-b');
      expect(refused).toMatchObject({ exitCode: 23, stdout: '' });
      expect(refused.stderr).toContain('another run is acting: goatherd reconcile on elsewhere pid 7, since ');
    });
    await expectNothingLeft(lab());
  });

  test('stop is a suspension that reconcile respects and says, and start undoes it', async () => {
    const stopped = await verb(lab(), 'stop', 'orders/a-b', '--reason', 'index on b');
    expect(stopped).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('hint') });
    expect(stopped.stdout).toMatch(/^orders\/a-b stopped: its daemon is down[^\n]+\n$/);
    const before = await itemsOf(lab(), 'b');
    await insert(lab(), 'a', 'while suspended');

    const reason = new RegExp(`suspended by ${me} since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ: index on b`);
    for (const args of [[], ['--dry-run', '--detailed-exitcode']]) {
      const run = await reconcile(lab(), ...args);
      expect(run).toMatchObject({ exitCode: 20 });
      expect(run.stdout).toMatch(reason);
    }
    const plan = await planOf(lab());
    expect(plan).toMatchObject({ verdict: 'blocked', steps: [], changes: [], links: [{ state: 'blocked' }] });
    expect(plan.diagnostics).toContainEqual(
      expect.objectContaining({ code: 'Suspended', message: expect.stringMatching(reason) as unknown }),
    );
    expect(masterPid(lab(), 'orders_a_b')).toBe(null);
    expect(await itemsOf(lab(), 'b')).toBe(before);
    for (const name of ['kick', 'restart', 'reload']) {
      const refused = await verb(lab(), name, 'orders/a-b');
      expect(refused).toMatchObject({ exitCode: 20, stdout: '' });
      expect(refused.stderr).toMatch(reason);
    }

    const started = await verb(lab(), 'start', 'orders/a-b');
    expect(started).toMatchObject({ exitCode: 0 });
    expect(started.stdout).toMatch(/^orders\/a-b started: daemon orders_a_b, pid \d+, no longer suspended by [^\n]+: index on b\n$/);
    await expectSameData(lab(), 'a', 'b');
    await expectNothingLeft(lab());
    const words = await query(
      lab().hub,
      'goatherd',
      "SELECT what, address, who, reason FROM goatherd.word WHERE what IN ('start', 'stop') ORDER BY at",
    );
    expect(words).toEqual([
      { what: 'stop', address: 'orders/a-b', who: me, reason: 'index on b' },
      { what: 'start', address: 'orders/a-b', who: me, reason: '' },
    ]);
  });

  test('restart and reload put a new daemon in the place of the old one, kick sees a run', async () => {
    for (const name of ['restart', 'reload']) {
      const old = masterPid(lab(), 'orders_a_b');
      const run = await verb(lab(), name, 'orders/a-b', '--reason', `${name} after the upgrade`);
      expect(run).toMatchObject({ exitCode: 0 });
      expect(run.stdout).toContain(`(was ${old}), it runs orders_a_b\n`);
      expect(masterPid(lab(), 'orders_a_b')).not.toBe(old);
      const status = await runGoatherd(['status', '--config', lab().configFile, lab().topologyFile]);
      expect(status.stdout.replaceAll(/\s+/g, ' ')).toMatch(
        new RegExp(`a-b ${name} by ${me} at [^:]+:\\d\\d:\\d\\dZ: ${name} after the upgrade`),
      );
    }
    const kicked = await verb(lab(), 'kick', 'orders/a-b');
    expect(kicked).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^orders\/a-b kicked: a run began [^\n]+ after and ended well\n$/),
    });
    await expectNothingLeft(lab());
  });
});

describe.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('verbs on a link that shares its instance', () => {
  const lab = useLab({ clusters: ['a', 'b', 'c'] }, async (started) => {
    await loadStock(started);
    await declare(started, { bucardo: { instance: 'all' } });
  });

  test('stop leaves the others running, and never disturbs a copy of theirs', async () => {
    const early = await verb(lab(), 'start', 'orders/a-b');
    expect(early).toMatchObject({ exitCode: 1, stderr: 'goatherd: orders/a-b is not set up\nhint: goatherd reconcile sets it up\n' });
    // The copy of b-c cannot write items while this is held; what only reads can.
    const held = await hold(lab(), 'c', 'LOCK TABLE items IN SHARE MODE');
    const run = startReconcile(lab());
    expect(await run.says(/WAIT copy of b-c/)).toBe(true);
    expect(await run.says(/held by pid/)).toBe(true);
    run.kill('SIGKILL');
    await run.ended;
    const pid = masterPid(lab(), 'orders_all');
    for (const name of ['stop', 'restart']) {
      const refused = await verb(lab(), name, 'orders/a-b');
      expect(refused).toMatchObject({ exitCode: 20, stdout: '' });
      expect(refused.stderr).toContain('the copy of orders_b_c runs in its daemon orders_all');
    }
    expect(masterPid(lab(), 'orders_all')).toBe(pid);
    await held.release();
    await reconciled(lab());

    const stopped = await verb(lab(), 'stop', 'orders/a-b');
    expect(stopped).toMatchObject({ exitCode: 0 });
    expect(stopped.stdout).toContain('orders/a-b stopped: its daemon runs orders_b_c without it');
    await insert(lab(), 'a', 'while suspended');
    await query(clusterOf(lab(), 'b'), lab().dbname, "INSERT INTO notes VALUES (900, 'on b')");
    await expectNotes(lab(), 'c', 900);
    expect(await reconcile(lab())).toMatchObject({ exitCode: 20 });
    expect(await itemsOf(lab(), 'b')).toBe((await itemsOf(lab(), 'a')) - 1);
    expect(await verb(lab(), 'start', 'orders/a-b')).toMatchObject({ exitCode: 0 });
    await expectSameData(lab(), 'b', 'c');
    await reconciled(lab());
  });
});

async function expectNotes(lab: Lab, name: string, id: number): Promise<void> {
  await eventually(async () => (await query(clusterOf(lab, name), lab.dbname, 'SELECT 1 FROM notes WHERE id = $1', [id])).length === 1);
}
