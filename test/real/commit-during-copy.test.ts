import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually } from './support/eventually.ts';
import { type Hold, hold } from './support/hold.ts';
import { hubDatabases, insertsEver, ledgerRows, masters } from './support/one-of-each.ts';
import { query } from './support/query.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { hostFile, startController, type StartedController } from './support/start-controller.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/** A copy comes to the last of these when the others are filled, and waits there for whoever holds it. */
const TABLES = `
  CREATE TABLE aside (id int PRIMARY KEY, note text);
  CREATE TABLE zz_slow (id int PRIMARY KEY, note text);`;
const SLOW_ROWS = 20_000;
const ROWS = `
  INSERT INTO aside SELECT n, 'aside ' || n FROM generate_series(1, 100) n;
  INSERT INTO zz_slow SELECT n, md5(n::text) FROM generate_series(1, ${SLOW_ROWS}) n;`;
/** It stops writers and nobody else: Bucardo's check and goatherd's looks go through. */
const HOLD = 'LOCK TABLE zz_slow IN SHARE MODE';

/** A copy that waits for a lock on its target: the session that writes there, and when it began. */
interface Waiting {
  readonly pid: unknown;
  readonly since: unknown;
}

describe('a commit while a copy runs', () => {
  const lab = useLab({}, async (started) => {
    for (const name of ['a', 'b', 'c']) await query(clusterOf(started, name), started.dbname, TABLES);
    await query(clusterOf(started, 'a'), started.dbname, ROWS);
  });
  let repository: string;
  let config: string;
  let controller: StartedController;
  let onB: Hold;
  let onC: Hold;

  const git = async (...args: readonly string[]): Promise<string> =>
    (await execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd: repository })).stdout;

  /** Commits the lab's databases with these links and keys; gives the revision. */
  async function commit(keys: Readonly<Record<string, unknown>>): Promise<string> {
    const { databases } = parse(await readFile(lab().topologyFile, 'utf8')) as { databases: unknown };
    await writeFile(join(repository, 'topologies', 'orders.yaml'), stringify({ topology: 'orders', databases, ...keys }));
    await git('add', '-A');
    await git('commit', '-q', '-m', 'another wish');
    return git('rev-parse', 'HEAD');
  }

  const revision = async (): Promise<Readonly<Record<string, unknown>>> =>
    (await query(lab().hub, 'goatherd', 'SELECT attempted, applied FROM goatherd.revision'))[0] ?? {};
  const applied = (wanted: string) => eventually(async () => (await revision())['applied'] === wanted, { timeoutMs: 120_000 });

  /** The copy of a link from A that waits for the lock on this target; undefined where none does. */
  async function waiting(to: string): Promise<Waiting | undefined> {
    const sql = `SELECT pid, backend_start::text AS since FROM pg_stat_activity WHERE application_name LIKE 'bucardo KID (orders_a_${to})%' AND wait_event_type = 'Lock'`;
    const [row] = await query(clusterOf(lab(), to), lab().dbname, sql);
    return row === undefined ? undefined : { pid: row['pid'], since: row['since'] };
  }
  const begun = async (to: string): Promise<Waiting> => {
    const found = await eventually(() => waiting(to), { timeoutMs: 120_000 });
    if (found === undefined) throw new Error('no copy waits');
    return found;
  };
  const sessions = async (to: string): Promise<number> =>
    (
      await query(
        clusterOf(lab(), to),
        lab().dbname,
        `SELECT FROM pg_stat_activity WHERE application_name LIKE 'bucardo KID (orders_a_${to})%'`,
      )
    ).length;

  beforeAll(async () => {
    repository = join(lab().dir, 'repository');
    await mkdir(join(repository, 'topologies'), { recursive: true });
    await git('init', '-q', '-b', 'main');
    await commit({ links: ['a -> b'], state: 'stopped' });
    config = await hostFile(lab(), 'commits', {
      source: { git: repository, interval: '1s' },
      controller: { look_every: '1s', deep_look_every: '10s' },
    });
    controller = startController({ configFile: config });
    await controller.says(/CONVERGED/, { timeoutMs: 120_000 });
    [onB, onC] = [await hold(lab(), 'b', HOLD), await hold(lab(), 'c', HOLD)];
  });

  afterAll(async () => {
    controller.kill('SIGTERM');
    await controller.ended;
  });

  test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('that stops one link and removes another ends both copies', async () => {
    await commit({ links: ['a -> b', 'a -> c'] });
    await begun('b');
    await begun('c');
    await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO aside VALUES (1000, 'never on C by this copy')");
    // Its removal, of which the plan knows the id.
    const links = [{ from: 'a', to: 'b', state: 'stopped' }];
    const without = await commit({ links });
    await eventually(async () => (await revision())['attempted'] === without);
    expect(await waiting('c')).toBeDefined();
    const plan = await runGoatherd(['reconcile', '--dry-run', '--output', 'json', '--config', config, join(repository, 'topologies')]);
    const { plans } = JSON.parse(plan.stdout) as { plans: { approvals: { required: { id: string }[] } }[] };
    const removed = [{ link: 'a -> c', plan: plans[0]?.approvals.required[0]?.id, reclaim: 'teardown' }];

    await applied(await commit({ links, removed }));
    expect([await sessions('b'), await sessions('c')]).toEqual([0, 0]);
    expect(await masters(lab())).toEqual([]);
    expect(await hubDatabases(lab())).toEqual(['bucardo_orders_a_b', 'goatherd']);
    expect((await ledgerRows(lab()))['orders/a-b']?.receipt).toBeNull();
  });

  test('that still wants the copy is carried out beside it, and so is what has to be mended elsewhere', async () => {
    await commit({ links: ['a -> b'] });
    const kept = await begun('b');
    const asked = (await ledgerRows(lab()))['orders/a-b']?.request;
    await onC.release();
    // A daemon reads its poll interval when it starts, and A's second target changes how the first one's instance is set up.
    const more = await commit({ links: [{ from: 'a', to: 'b', kick_interval: '2s' }, 'a -> c'] });
    const arrives = async (id: number): Promise<void> => {
      await query(clusterOf(lab(), 'a'), lab().dbname, `INSERT INTO aside VALUES (${id}, 'meanwhile')`);
      const there = async (): Promise<boolean> =>
        (await query(clusterOf(lab(), 'c'), lab().dbname, `SELECT FROM aside WHERE id = ${id}`)).length === 1;
      await eventually(there, { timeoutMs: 120_000 });
    };
    await eventually(async () => (await ledgerRows(lab()))['orders/a-c']?.receipt?.rows, { timeoutMs: 120_000 });
    await arrives(1001);
    expect(await waiting('b')).toEqual(kept);
    expect(await revision()).toMatchObject({ attempted: more });
    expect((await ledgerRows(lab()))['orders/a-b']).toMatchObject({ receipt: null, request: asked });

    // C comes back: its daemon may be started anew, and nothing else.
    await clusterOf(lab(), 'c').restart('immediate');
    await arrives(1002);
    expect(await waiting('b')).toEqual(kept);
  });

  test('the copy that was kept ends, once, and what waited for it is carried out', async () => {
    await onB.release();
    await applied(await git('rev-parse', 'HEAD'));
    expect(await insertsEver(lab(), 'b', 'zz_slow')).toBe(SLOW_ROWS);
    expect((await ledgerRows(lab()))['orders/a-b']?.receipt?.skipped).toEqual([]);
    expect(await query(lab().hub, 'bucardo_orders_a_b', 'SELECT extract(epoch FROM checktime)::int AS seconds FROM bucardo.sync')).toEqual([
      { seconds: 2 },
    ]);
    await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO aside VALUES (1003, 'after all that')");
    await expectSameData(lab(), 'a', 'b', 'c');
  });
});
