import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Lab } from '../../src/lab/lab.ts';
import { eventually } from './support/eventually.ts';
import { type Proxy, startProxy } from './support/proxy.ts';
import { query } from './support/query.ts';
import { REPOSITORY } from './support/repository.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { hostFile, startController, type StartedController } from './support/start-controller.ts';
import { STUBBORN_TABLE, startWriter, type StubbornWriter } from './support/stubborn-writer.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/**
 * Faults under steady writes, with the controller at work on a git repository: after each, a row written on A when the fault was over
 * arrives on C, and at the end every row that A acknowledged is on C. The table of recovery times is printed.
 */
const WHOLE = process.env['GOATHERD_TEST_ALL'] === '1';
const AWAY_MS = 120_000;
const KILLS = WHOLE ? 50 : 1;
/** Short enough for a test; what an operator leaves at 30 s and 10 min. */
const LOOKS = { look_every: '2s', deep_look_every: '20s', stuck_after: '20s' };

const LOGROTATE = join(REPOSITORY, 'examples', 'logrotate', 'goatherd');
/** Of Debian's package libfaketime. */
const FAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`;

let proxy: Proxy;
/** Whether the logs have a small disk of their own, which takes a mount. */
let disk = false;
let config: string;
let repository: string;
let controller: StartedController;
let writer: StubbornWriter;
const report: { fault: string; seconds: string }[] = [];

const start = (env: Readonly<Record<string, string>> = {}): StartedController =>
  startController({ configFile: config }, { env, timeoutMs: 0 });
const git = async (...args: readonly string[]): Promise<string> =>
  (await execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd: repository })).stdout;

async function commit(file: string, text: string, message: string): Promise<void> {
  await writeFile(join(repository, 'topologies', file), text);
  await git('add', '-A');
  await git('commit', '-q', '-m', message);
}

const lab = useLab({}, async (started) => {
  for (const name of ['a', 'b', 'c']) await query(clusterOf(started, name), started.dbname, STUBBORN_TABLE);
});

/** The lab's topology; everybody reaches B through the proxy. */
async function topology(started: Lab, keys: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const own = parse(await readFile(started.topologyFile, 'utf8')) as { databases: Record<string, Record<string, unknown>> };
  own.databases['b'] = { ...own.databases['b'], port: proxy.port };
  return stringify({ ...own, links: ['a -> b', 'b -> c'], ...keys });
}

/** Seconds from now until a row that A acknowledges after now stands on C. */
async function recovery(): Promise<number> {
  const begin = performance.now();
  const id = await writer.next();
  await eventually(
    async () => (await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT FROM stubborn WHERE id = $1', [id])).length === 1,
    { timeoutMs: 150_000, everyMs: 100 },
  );
  return (performance.now() - begin) / 1000;
}

async function pidOf(kind: 'mcp' | 'ctl' | 'kid' | 'vac', instance: string): Promise<number> {
  const name = kind === 'mcp' || kind === 'vac' ? `bucardo.${kind}.pid` : `bucardo.${kind}.sync.${instance}.pid`;
  return Number((await readFile(join(lab().pidDir, instance, name), 'utf8')).split('\n')[0]);
}

/** Empty where there is no such process. */
function commandLine(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

interface Fault {
  readonly what: string;
  /** Returns when the fault is over, which is when recovery begins. */
  readonly strike: () => Promise<unknown>;
  readonly sample?: true;
  /** Whether this machine can do it; unless given, it can. */
  readonly possible?: () => boolean;
}

const restart = (name: string) => () => clusterOf(lab(), name).restart('immediate');
/** What the fault before has ended may not be back yet: its pid file is gone, or names nobody or somebody else. */
const killed =
  (kind: 'mcp' | 'ctl' | 'kid' | 'vac', instance: string, signal: NodeJS.Signals = 'SIGKILL') =>
  (): Promise<boolean> =>
    eventually(async () => {
      const pid = await pidOf(kind, instance);
      return commandLine(pid).includes('ucardo') && process.kill(pid, signal);
    });
const away = (name: string, ms: number) => async (): Promise<void> => {
  await clusterOf(lab(), name).stop('immediate');
  await sleep(ms);
  await clusterOf(lab(), name).start();
};

const FAULTS: readonly Fault[] = [
  { what: 'the target crashes and restarts', strike: restart('c') },
  { what: 'the source crashes and restarts', strike: restart('a'), sample: true },
  { what: 'the middle database crashes and restarts', strike: restart('b') },
  { what: 'the hub crashes and restarts', strike: () => lab().hub.restart('immediate') },
  { what: 'the target is away for 2 minutes', strike: away('c', AWAY_MS) },
  { what: 'the middle database is away for 2 minutes', strike: away('b', AWAY_MS) },
  {
    what: 'connections to the middle database are cut for 20 s',
    strike: async () => {
      proxy.cut();
      await sleep(20_000);
      proxy.mend();
    },
  },
  {
    what: 'the line to the middle database is silent for 20 s',
    strike: async () => {
      proxy.freeze();
      await sleep(20_000);
      proxy.mend();
    },
  },
  { what: 'a master is killed', strike: killed('mcp', 'orders_a_b') },
  { what: 'a controller of Bucardo is killed', strike: killed('ctl', 'orders_a_b') },
  { what: 'a kid is killed', strike: killed('kid', 'orders_b_c') },
  { what: 'a VAC is killed', strike: killed('vac', 'orders_b_c') },
  {
    // It lives and says active: what does not arrive tells.
    what: 'a controller of Bucardo hangs',
    strike: killed('ctl', 'orders_b_c', 'SIGSTOP'),
  },
  {
    what: 'goatherd is killed',
    strike: async () => {
      controller.kill('SIGKILL');
      await controller.ended;
      controller = start();
    },
  },
  {
    what: 'goatherd and a master are killed, and its pid file names another process',
    sample: true,
    strike: async () => {
      controller.kill('SIGKILL');
      await controller.ended;
      await killed('mcp', 'orders_b_c')();
      await writeFile(join(lab().pidDir, 'orders_b_c', 'bucardo.mcp.pid'), `${process.pid}\n/usr/bin/bucardo\n`);
      controller = start();
    },
  },
  {
    what: 'the logs are rotated',
    sample: true,
    strike: async () => {
      const log = join(disk ? join(lab().dir, 'disk') : lab().logDir, 'log.bucardo.orders_a_b');
      // What the example's postrotate does, for one instance.
      const wanted = new RegExp(/pkill -USR2 -u goatherd -f '(.*)'/.exec(await readFile(LOGROTATE, 'utf8'))?.[1] ?? 'no such line');
      // What the fault before has killed may not be back yet.
      const pids = await eventually(() => Promise.all((['mcp', 'vac', 'ctl', 'kid'] as const).map((kind) => pidOf(kind, 'orders_a_b'))), {
        until: (found) => found.every((pid) => wanted.test(commandLine(pid))),
      });
      await rename(log, `${log}.1`);
      for (const pid of pids) process.kill(pid, 'SIGUSR2');
      await eventually(async () => (await readFile(log, 'utf8')).match(/Completed reopen/g)?.length === 4);
    },
  },
  {
    what: 'the disk of the logs is full for 20 s',
    possible: () => disk,
    strike: async () => {
      const filler = join(lab().dir, 'disk', 'filler');
      await execa('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { reject: false });
      await sleep(20_000);
      await rm(filler);
    },
  },
  {
    what: 'the clock of goatherd and of the daemons it starts jumps an hour ahead, and back',
    possible: () => existsSync(FAKETIME),
    strike: async () => {
      const file = join(lab().dir, 'clock');
      const jump = (by: string): Promise<void> => writeFile(file, `${by}\n`);
      await jump('+0');
      controller.kill('SIGKILL');
      await controller.ended;
      const env = { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
      controller = start(env);
      await killed('mcp', 'orders_a_b')();
      await recovery();
      await jump('+1h');
      await recovery();
      await jump('+0');
    },
  },
  {
    what: 'a bad commit, and its revert',
    strike: async () => {
      const from = controller.lines.length;
      await commit('orders.yaml', 'topology: orders\nlinks: [a - b]\n', 'break it');
      await controller.says(/orders\.yaml:2:/, { from });
      await git('revert', '--no-edit', 'HEAD');
    },
  },
  {
    what: 'a force-push to an older commit',
    strike: async () => {
      const head = await git('rev-parse', 'HEAD');
      await commit('orders.yaml', await topology(lab(), { kick_interval: '2s' }), 'slower');
      await git('reset', '-q', '--hard', head);
    },
  },
];

beforeAll(async () => {
  const started = lab();
  proxy = await startProxy(clusterOf(started, 'b'));
  repository = join(started.dir, 'repository');
  await mkdir(join(repository, 'topologies'), { recursive: true });
  await git('init', '-q', '-b', 'main');
  await commit('orders.yaml', await topology(started), 'A -> B -> C');
  if (WHOLE) {
    const logs = join(started.dir, 'disk');
    await mkdir(logs);
    disk = (await execa('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', logs], { reject: false })).exitCode === 0;
  }
  config = await hostFile(started, 'faults', {
    source: { git: repository, interval: '2s' },
    controller: LOOKS,
    ...(disk ? { log_dir: join(started.dir, 'disk') } : {}),
  });
  controller = start();
  writer = startWriter(started);
  await recovery();
});

afterAll(async () => {
  await writer.stop();
  controller.kill('SIGTERM');
  await controller.ended;
  await proxy.close();
  if (disk) await execa('umount', ['--lazy', join(lab().dir, 'disk')], { reject: false });
  const width = Math.max(...report.map(({ fault }) => fault.length));
  process.stdout.write(`${['fault', ...report.map(({ fault, seconds }) => `${fault.padEnd(width)}  ${seconds}`)].join('\n')}\n`);
});

describe('after', () => {
  test.for(FAULTS.filter((fault) => WHOLE || fault.sample === true).map((fault) => [fault.what, fault] as const))(
    '%s, replication goes on by itself',
    { timeout: AWAY_MS + 200_000 },
    async ([what, fault], { skip }) => {
      if (fault.possible?.() === false) skip('this machine cannot do it');
      await fault.strike();
      const seconds = await recovery();
      report.push({ fault: what, seconds: `recovered in ${seconds.toFixed(1)} s` });
    },
  );

  test(`${KILLS} kills of goatherd at random moments of its work, every change is carried out`, { timeout: 1_200_000 }, async () => {
    for (let turn = 0; turn < KILLS; turn += 1) {
      await commit('orders.yaml', await topology(lab(), { kick_interval: `${1 + (turn % 2)}s` }), `turn ${turn}`);
      await sleep(Math.random() * 6_000);
      controller.kill('SIGKILL');
      await controller.ended;
      controller = start();
    }
    await commit('orders.yaml', await topology(lab()), 'at the end');
    await controller.says(/ready: orders/);
    const seconds = await recovery();
    report.push({ fault: `${KILLS} kills of goatherd at random moments`, seconds: `recovered in ${seconds.toFixed(1)} s` });
  });

  test.runIf(WHOLE)('a second goatherd takes over when the first is killed, within 30 s', { timeout: 200_000 }, async () => {
    const second = start();
    await second.says(/standing by/);
    controller.kill('SIGKILL');
    await controller.ended;
    const begin = performance.now();
    controller = second;
    await second.says(/acting: this controller holds the lock/, { timeoutMs: 30_000 });
    const taken = (performance.now() - begin) / 1000;
    await recovery();
    report.push({ fault: 'the acting one of two is killed', seconds: `the other acts after ${taken.toFixed(1)} s` });
  });

  test('all of that, nothing is left to do, and every row that A acknowledged is on C', { timeout: 200_000 }, async () => {
    await writer.stop();
    const folder = join(lab().dir, 'desired');
    await mkdir(folder);
    await writeFile(join(folder, 'orders.yaml'), await topology(lab()));
    await eventually(
      async () => (await runGoatherd(['reconcile', '--dry-run', '--detailed-exitcode', '--config', config, folder])).exitCode === 0,
      { timeoutMs: 60_000, everyMs: 1_000 },
    );
    const written = writer.acknowledged();
    await expectSameData(lab(), 'a', 'b', 'c');
    const found = new Set((await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT id FROM stubborn')).map((row) => Number(row['id'])));
    const lost = written.filter((id) => !found.has(id));
    report.push({ fault: `rows acknowledged: ${written.length}`, seconds: `lost: ${lost.length}` });
    expect(lost).toEqual([]);
    expect(written.length).toBeGreaterThan(50);
  });
});

afterAll(() => rm(repository, { recursive: true, force: true }));
