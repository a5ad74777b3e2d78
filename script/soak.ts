/**
 * The controller, left alone with ten links: five topologies A -> B -> C under light writes. A line a minute; at the end a table of what the
 * first quarter and the last had, and exit status 1 where memory, CPU or a count of things is over its limit. `--faster N` looks N times as
 * often as by default, so that what grows with each look shows N times as soon; what CPU is used is then no matter of its limit.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { median } from '../bench/support/statistics.ts';
import type { Lab } from '../src/lab/lab.ts';
import { withLab } from '../test/real/support/lab.ts';
import { query } from '../test/real/support/query.ts';
import { hostFile, startController, type StartedController } from '../test/real/support/start-controller.ts';
import { readArguments } from './read-arguments.ts';

/** What users install: the sources take some 30 MiB more, for reading TypeScript. */
const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');
const TOPOLOGIES = 5;
const CLOCK_TICKS = 100;
const MIB = 2 ** 20;
/** DESIGN 10: at most 1 % of a core and 120 MiB at rest. */
const LIMITS = { cpuPercent: 1, mebibytes: 120 } as const;

/** What is looked at each minute. */
interface Sample {
  /** Resident, the pages of Node's program file among them, which all processes of it share. */
  readonly mebibytes: number;
  /** MiB that are its own. */
  readonly own: number;
  /** MiB of JavaScript objects in it, garbage that was not collected yet among them. */
  readonly heap: number;
  /** Of one core, since the sample before. */
  readonly cpuPercent: number;
  readonly handles: number;
  /** Sessions of goatherd itself on the hub. */
  readonly sessions: number;
  readonly runs: number;
  readonly logBytes: number;
  /** Seconds from a write on A to its arrival on C, of the topology looked at. */
  readonly arrival: number;
}

const { values } = readArguments({ options: { minutes: { type: 'string', default: '60' }, faster: { type: 'string', default: '1' } } });
const minutes = Number(values.minutes);
const faster = Number(values.faster);
/** Host settings: the default intervals, divided. */
const SETTINGS = {
  listen: '127.0.0.1:0',
  ...(faster === 1
    ? {}
    : { controller: { look_every: `${Math.round(30_000 / faster)}ms`, deep_look_every: `${Math.round(600_000 / faster)}ms` } }),
};

async function prepare(lab: Lab): Promise<string> {
  const folder = join(lab.dir, 'soak');
  await mkdir(folder);
  const { a, b, c } = lab.clusters;
  if (a === undefined || b === undefined || c === undefined) throw new Error('this takes clusters a, b and c');
  for (let number = 1; number <= TOPOLOGIES; number += 1) {
    const dbname = `soak${number}`;
    for (const cluster of [a, b, c]) {
      await query(cluster, 'postgres', `CREATE DATABASE ${dbname}`);
      await query(cluster, dbname, 'CREATE TABLE steps (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())');
    }
    const databases = Object.fromEntries([a, b, c].map(({ name, host, port }) => [name, { host, port, dbname }]));
    await writeFile(join(folder, `${dbname}.yaml`), stringify({ topology: dbname, databases, links: ['a -> b', 'b -> c'] }));
  }
  return folder;
}

/** Seconds of CPU that the process has used. */
async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

/** What it says of itself. */
async function heapOf(controller: StartedController): Promise<number> {
  const { message } = await controller.says(/the page is at /);
  const metrics = await (await fetch(`${/http:\/\/\S+/.exec(message)?.[0] ?? ''}metrics`)).text();
  return Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(metrics)?.[1]) / MIB;
}

async function sampleOf(lab: Lab, controller: StartedController, cpuPercent: number, arrival: number): Promise<Sample> {
  const { pid } = controller;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const resident = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  const databases = await query(lab.hub, 'postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'bucardo\\_%'");
  const counts = await Promise.all(
    databases.map(async (row) =>
      Number((await query(lab.hub, String(row['datname']), 'SELECT count(*) AS runs FROM bucardo.syncrun'))[0]?.['runs']),
    ),
  );
  const sessions = await query(
    lab.hub,
    'postgres',
    "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name LIKE 'goatherd %'",
  );
  const logs = await Promise.all((await readdir(lab.logDir)).map((name) => stat(join(lab.logDir, name))));
  return {
    mebibytes: resident('VmRSS'),
    own: resident('RssAnon'),
    heap: await heapOf(controller),
    cpuPercent,
    handles: (await readdir(`/proc/${pid}/fd`)).length,
    sessions: Number(sessions[0]?.['count']),
    runs: counts.reduce((sum, count) => sum + count, 0),
    logBytes: logs.reduce((sum, { size }) => sum + size, 0),
    arrival,
  };
}

/** Writes one row into every topology's A and waits for the last one's on C. */
async function write(lab: Lab): Promise<number> {
  const { a, c } = lab.clusters;
  if (a === undefined || c === undefined) throw new Error('this takes clusters a and c');
  const begin = performance.now();
  let id = 0;
  for (let number = 1; number <= TOPOLOGIES; number += 1) {
    id = Number((await query(a, `soak${number}`, 'INSERT INTO steps DEFAULT VALUES RETURNING id'))[0]?.['id']);
  }
  while ((await query(c, `soak${TOPOLOGIES}`, 'SELECT FROM steps WHERE id = $1', [id])).length === 0) {
    if (performance.now() - begin > 60_000) throw new Error(`row ${id} did not reach c within a minute`);
    await sleep(100);
  }
  return (performance.now() - begin) / 1000;
}

function line(name: string, sample: Sample): string {
  const { mebibytes, own, heap, cpuPercent, handles, sessions, runs, logBytes, arrival } = sample;
  const figures = [
    mebibytes.toFixed(0),
    own.toFixed(0),
    heap.toFixed(0),
    cpuPercent.toFixed(2),
    handles,
    sessions,
    runs,
    (logBytes / 1024).toFixed(0),
    arrival.toFixed(1),
  ];
  return [name.padEnd(14), ...figures.map((figure) => String(figure).padStart(9))].join('');
}

/** Medians of some samples. */
function middle(samples: readonly Sample[]): Sample {
  const of = (key: keyof Sample): number => median(samples.map((sample) => sample[key]));
  return {
    mebibytes: of('mebibytes'),
    own: of('own'),
    heap: of('heap'),
    cpuPercent: of('cpuPercent'),
    handles: of('handles'),
    sessions: of('sessions'),
    runs: of('runs'),
    logBytes: of('logBytes'),
    arrival: of('arrival'),
  };
}

function faultsOf(first: Sample, last: Sample): readonly string[] {
  return [
    ...(last.mebibytes > LIMITS.mebibytes ? [`${last.mebibytes.toFixed(0)} MiB, at most ${LIMITS.mebibytes}`] : []),
    ...(faster === 1 && last.cpuPercent > LIMITS.cpuPercent
      ? [`${last.cpuPercent.toFixed(2)} % of a core, at most ${LIMITS.cpuPercent}`]
      : []),
    ...(last.own > first.own * 1.15 ? [`its own memory grew from ${first.own.toFixed(0)} to ${last.own.toFixed(0)} MiB`] : []),
    ...(last.handles > first.handles + 3 ? [`file handles grew from ${first.handles} to ${last.handles}`] : []),
    ...(last.sessions > first.sessions + 3 ? [`sessions grew from ${first.sessions} to ${last.sessions}`] : []),
  ];
}

/** The end of what it said. */
function saidBy(controller: StartedController): string {
  return [...controller.lines.slice(-30).map(({ level, message }) => `${level} ${message}`), controller.stderr()].join('\n');
}

const failed = await withLab({ clusters: ['a', 'b', 'c'] }, async (lab) => {
  const folder = await prepare(lab);
  // As its first line has it started where it is installed.
  const flags = /^#!\/usr\/bin\/env -S node (.*)$/m.exec(await readFile(MAIN, 'utf8'))?.[1] ?? '';
  const controller = startController(
    { configFile: await hostFile(lab, 'soak', SETTINGS), directory: folder },
    { timeoutMs: 0, main: MAIN, env: { NODE_OPTIONS: flags } },
  );
  let ended = false;
  const watch = controller.ended.then(() => {
    ended = true;
  });
  const begin = Date.now();
  while (
    !(await write(lab).then(
      () => true,
      () => false,
    ))
  ) {
    if (ended || Date.now() - begin > 900_000) throw new Error(`not converged:\n${saidBy(controller)}`);
  }
  process.stdout.write(
    `converged, all ten links, after ${((Date.now() - begin) / 1000).toFixed(0)} s; now ${minutes} min of light writes\n`,
  );
  process.stdout.write(
    `${'minute'.padEnd(14)}${['MiB', 'own', 'heap', '% core', 'handles', 'sessions', 'runs', 'logs kB', 'arrival'].map((one) => one.padStart(9)).join('')}\n`,
  );
  const samples: Sample[] = [];
  const rest = Date.now();
  let [cpu, at] = [await cpuSeconds(controller.pid), rest];
  for (let minute = 1; minute <= minutes; minute += 1) {
    let arrival = 0;
    while (Date.now() < rest + 60_000 * minute) {
      arrival = await write(lab);
      await sleep(5_000);
    }
    if (ended) throw new Error(`the controller ended:\n${saidBy(controller)}`);
    const [nowCpu, now] = [await cpuSeconds(controller.pid), Date.now()];
    const sample = await sampleOf(lab, controller, (100 * (nowCpu - cpu)) / ((now - at) / 1000), arrival);
    [cpu, at] = [nowCpu, now];
    samples.push(sample);
    process.stdout.write(`${line(String(minute), sample)}\n`);
  }
  controller.kill('SIGTERM');
  await watch;
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const [first, last] = [middle(samples.slice(0, quarter)), middle(samples.slice(-quarter))];
  process.stdout.write(`\n${line('first quarter', first)}\n${line('last quarter', last)}\n`);
  return faultsOf(first, last);
});
for (const fault of failed) process.stdout.write(`MISSED: ${fault}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
