import { existsSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bucardoProcesses } from '../../src/lab/bucardo-daemons.ts';
import { postmasterPid } from '../../src/lab/cluster.ts';
import { openLab } from '../../src/lab/lab.ts';
import { isBucardo, processesWorkingBelow } from '../../src/lab/processes.ts';
import { readState } from '../../src/lab/state.ts';
import { startBucardoByHand } from './support/bucardo-by-hand.ts';
import { eventually } from './support/eventually.ts';
import { withLab } from './support/lab.ts';
import { query } from './support/query.ts';
import { REPOSITORY } from './support/repository.ts';
import { GOATHERD_MAIN, runGoatherd } from './support/run-goatherd.ts';

const isRoot = process.getuid?.() === 0;

/** What the schema says against a file. */
async function faults(schema: 'goatherd' | 'topology', file: string): Promise<readonly unknown[]> {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const validate = ajv.compile(JSON.parse(await readFile(join(REPOSITORY, 'schemas', `${schema}.schema.json`), 'utf8')));
  validate(parse(await readFile(file, 'utf8')));
  return validate.errors ?? [];
}

/** Each test has its own home and its own folders, so that no lab of the person who runs the tests is known to it. */
let home: string;
let dir: string;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'goatherd-test-'));
  await execa('chmod', ['755', home]);
  dir = join(home, 'lab');
  env = { HOME: home, XDG_STATE_HOME: join(home, 'state') };
});

afterEach(async () => {
  // What a failed test left behind.
  for (const name of await readdir(home)) await runGoatherd(['lab', 'down', '--dir', join(home, name)], env);
  await rm(home, { recursive: true, force: true });
});

describe('goatherd lab', () => {
  test('up gives servers that answer and the files that goatherd wants, down leaves nothing', async () => {
    const up = await runGoatherd(['lab', 'up', '--clusters', '2', '--dir', dir], env);
    expect(up).toMatchObject({ exitCode: 0, stderr: '' });
    expect(up.stdout).toContain(`export GOATHERD_CONFIG=${dir}/goatherd.yaml\n`);
    expect(up.stdout).toContain(`goatherd reconcile --dry-run ${dir}/topologies/orders.yaml\n`);

    const lab = await openLab(dir);
    expect(await query(lab.hub, 'postgres', "SELECT 1 AS x FROM pg_available_extensions WHERE name = 'plperlu'")).toEqual([{ x: 1 }]);
    for (const cluster of [lab.clusters['a'], lab.clusters['b']]) {
      const sql = `SELECT current_user, current_database(), rolsuper, current_setting('fsync') AS fsync, current_setting('timezone') AS timezone
                   FROM pg_roles WHERE rolname = current_user`;
      expect(await query(cluster ?? lab.hub, 'orders', sql)).toEqual([
        { current_user: 'goatherd', current_database: 'orders', rolsuper: true, fsync: 'off', timezone: 'UTC' },
      ]);
    }
    expect(await faults('goatherd', lab.configFile)).toEqual([]);
    expect(await faults('topology', lab.topologyFile)).toEqual([]);
    expect(parse(await readFile(lab.configFile, 'utf8'))).toEqual({
      hub: { host: '127.0.0.1', port: lab.hub.port, user: 'goatherd', dbname: 'postgres' },
      ledger: 'goatherd',
      log_dir: join(dir, 'log'),
      pid_dir: join(dir, 'run'),
    });
    const topology = await readFile(lab.topologyFile, 'utf8');
    expect(topology.split('\n')[0]).toMatch(/^# yaml-language-server: \$schema=.*topology\.schema\.json$/);
    expect(parse(topology)).toEqual({
      topology: 'orders',
      databases: {
        a: { host: '127.0.0.1', port: lab.clusters['a']?.port, dbname: 'orders' },
        b: { host: '127.0.0.1', port: lab.clusters['b']?.port, dbname: 'orders' },
      },
      links: ['a -> b'],
    });
    for (const folder of [lab.logDir, lab.pidDir]) await access(folder, constants.W_OK);

    const status = await runGoatherd(['lab', 'status'], env);
    expect(status.stdout.match(/ running$/gm)).toHaveLength(3);

    expect(await runGoatherd(['lab', 'down'], env)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await processesWorkingBelow(dir)).toEqual([]);
    expect(existsSync(dir)).toBe(false);
    expect((await runGoatherd(['lab', 'status'], env)).stdout).toBe('No lab is up.\n');
    expect((await runGoatherd(['lab', 'down'], env)).exitCode).toBe(1);
  });

  test('two labs stand side by side, and down without a folder means the newer', async () => {
    const dirs = [join(home, 'one'), join(home, 'two')] as const;
    const up = (dir: string): ReturnType<typeof runGoatherd> => runGoatherd(['lab', 'up', '--names', 'x,y', '--dir', dir], env);
    const first = up(dirs[0]);
    // Side by side, but begun one after the other: begun in the same millisecond, neither would be the newer.
    await eventually(() => existsSync(dirs[0]));
    const ups = await Promise.all([first, up(dirs[1])]);
    expect(ups.map((each) => each.exitCode)).toEqual([0, 0]);
    const states = await Promise.all(dirs.map(readState));
    const ports = states.flatMap((state) => [state.hub, ...state.clusters].map((cluster) => cluster.port));
    expect(new Set(ports).size).toBe(6);

    await runGoatherd(['lab', 'down'], env);
    expect(dirs.filter((each) => existsSync(each))).toEqual([dirs[0]]);
    expect((await runGoatherd(['lab', 'status'], env)).stdout.match(/ running$/gm)).toHaveLength(3);
    await runGoatherd(['lab', 'down', '--all'], env);
    expect(dirs.some((each) => existsSync(each))).toBe(false);
  });

  test.skipIf(!isRoot)('an ordinary user has a lab too, and its servers run as that user', async (context) => {
    const nobody = { uid: 65_534, gid: 65_534 };
    const readable = await execa('test', ['-r', GOATHERD_MAIN], { reject: false, ...nobody });
    if (readable.failed) context.skip('the checkout is closed to user nobody');
    const own = join(home, 'own');
    await mkdir(own);
    await execa('chown', ['65534:65534', own]);
    // TMPDIR of its own: where the template goes, too.
    const theirs = { HOME: '/nonexistent', XDG_STATE_HOME: join(own, 'state'), TMPDIR: own };
    const where = join(own, 'lab');

    expect(await runGoatherd(['lab', 'up', '--clusters', '1', '--dir', where], theirs, nobody)).toMatchObject({ exitCode: 0, stderr: '' });
    const lab = await openLab(where);
    expect(await query(lab.clusters['a'] ?? lab.hub, 'orders', 'SELECT 1 AS x')).toEqual([{ x: 1 }]);
    const pid = await postmasterPid(lab.hub.dataDir);
    expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\s+65534\s/m);
    expect(await runGoatherd(['lab', 'down'], theirs, nobody)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(existsSync(where)).toBe(false);
    expect(await processesWorkingBelow(where)).toEqual([]);
  });

  // Files are being made, or servers: which of them after how long depends on the machine.
  test.each(process.env['GOATHERD_TEST_ALL'] === '1' ? [0, 150, 400, 800] : [300])(
    'down ends what an up killed %i ms after its first write had made',
    async (delayMs) => {
      const up = execa(process.execPath, [GOATHERD_MAIN, 'lab', 'up', '--dir', dir], { env, reject: false });
      await eventually(() => existsSync(join(dir, 'lab.json')), { everyMs: 5 });
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      up.kill('SIGKILL');
      await up;
      expect(await runGoatherd(['lab', 'down'], env)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(existsSync(dir)).toBe(false);
      expect(await processesWorkingBelow(dir)).toEqual([]);
    },
  );

  test('up that is interrupted leaves nothing', async () => {
    const up = execa(process.execPath, [GOATHERD_MAIN, 'lab', 'up', '--dir', dir], { env, reject: false });
    await eventually(() => existsSync(join(dir, 'pg', 'hub', 'PG_VERSION')), { everyMs: 5 });
    up.kill('SIGINT');
    expect((await up).exitCode).toBe(1);
    expect(existsSync(dir)).toBe(false);
    expect(await processesWorkingBelow(dir)).toEqual([]);
  });

  test('up refuses a folder with files in it, a path too long for sockets, and wrong words', async () => {
    await mkdir(dir);
    await writeFile(join(dir, 'mine'), 'keep');
    const refused = await runGoatherd(['lab', 'up', '--dir', dir], env);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain(`${dir} is not empty`);
    expect((await runGoatherd(['lab', 'down', '--dir', dir], env)).exitCode).toBe(1);
    expect(await readdir(dir)).toEqual(['mine']);

    const long = await runGoatherd(['lab', 'up', '--dir', join(home, 'l'.repeat(90))], env);
    expect(long.stderr).toContain('107 bytes');
    for (const words of [
      ['--clusters', '0'],
      ['--names', 'a,A'],
      ['--names', 'a,a'],
      ['--names', 'hub'],
      ['--dbname', 'a b'],
      ['--nonsense'],
      ['--names', 'a', '--clusters', '2'],
    ]) {
      expect([words, (await runGoatherd(['lab', 'up', ...words], env)).exitCode]).toEqual([words, 64]);
    }
  });
});

describe('a lab of tests', () => {
  test('ends its Bucardo daemons, orphans without a pid file too', async () => {
    let pids: readonly number[] = [];
    await withLab({ clusters: ['a', 'b'] }, async (lab) => {
      const pidDir = await startBucardoByHand(lab);
      const state = await readState(lab.dir);
      pids = await eventually(() => bucardoProcesses(state), { until: (found) => found.length >= 4 });
      const { a, b } = lab.clusters;
      if (a === undefined || b === undefined) throw new Error('a lab has its clusters');
      await query(a, lab.dbname, 'INSERT INTO t VALUES (1)');
      await eventually(async () => (await query(b, lab.dbname, 'SELECT 1 FROM t')).length === 1);

      const master = Number.parseInt(await readFile(join(pidDir, 'bucardo.mcp.pid'), 'utf8'), 10);
      process.kill(master, 'SIGKILL');
      await rm(pidDir, { recursive: true });
      expect((await bucardoProcesses(state)).length).toBeGreaterThan(0);
    });
    expect(await Promise.all(pids.map(isBucardo))).not.toContain(true);
  });

  test('has clusters that go down and come back on their port, with what was committed', async () => {
    await withLab({ clusters: ['a'], durable: true, settings: { work_mem: '5MB' } }, async (lab) => {
      const { a } = lab.clusters;
      if (a === undefined) throw new Error('a lab has its clusters');
      await query(a, 'orders', 'CREATE TABLE t AS SELECT 1 AS x');
      for (const mode of ['fast', 'immediate', 'smart'] as const) {
        await a.stop(mode);
        expect(await a.isRunning()).toBe(false);
        await expect(query(a, 'orders', 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
        await a.start();
        expect(await query(a, 'orders', "SELECT x, current_setting('work_mem') AS m, current_setting('fsync') AS f FROM t")).toEqual([
          { x: 1, m: '5MB', f: 'on' },
        ]);
      }
      // A pid file that names a living process of somebody else, as a reboot may leave it.
      const pid = await postmasterPid(lab.hub.dataDir);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await eventually(async () => (await processesWorkingBelow(lab.hub.dataDir)).length === 0);
      await writeFile(join(lab.hub.dataDir, 'postmaster.pid'), `${process.pid}\n`);
      expect(await lab.hub.isRunning()).toBe(false);
    });
  });

  test('asks for passwords on 127.0.0.1 where it is told to, and the topology says where they are', async () => {
    await withLab({ clusters: ['a'], passwords: true }, async (lab) => {
      const { a } = lab.clusters;
      if (a === undefined) throw new Error('a lab has its clusters');
      expect(await query(a, 'orders', 'SELECT 1 AS x')).toEqual([{ x: 1 }]);
      await expect(query({ ...a, password: 'wrong' }, 'orders', 'SELECT 1')).rejects.toThrow('password authentication failed');
      expect(a.password).not.toBe(lab.hub.password);
      const { databases }: { databases: { a: { password: { file: string } } } } = parse(await readFile(lab.topologyFile, 'utf8'));
      expect((await readFile(databases.a.password.file, 'utf8')).trim()).toBe(a.password);
    });
  });
});
