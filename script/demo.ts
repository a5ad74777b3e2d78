import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type ClusterState, labPaths, type LabState, readState } from '../src/lab/state.ts';
import { change, rows, schema, truncate, truncateTied } from './demo-data.ts';

/** Something that the demo said and that did not turn out so. */
class NotAsSaid extends Error {}

const ARRIVES_WITHIN_MS = 30_000;
const main = join(import.meta.dirname, '../src/main.ts');
const dir = join(tmpdir(), `goatherd-demo-${randomBytes(3).toString('hex')}`);
const startedAt = Date.now();
/** What was shown and held, one line each. */
const shown: string[] = [];
const stopping = new AbortController();
let child: ChildProcess | undefined;
let heading = 0;

function bold(text: string): string {
  return process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? `\u001b[1m${text}\u001b[0m` : text;
}

function section(title: string): void {
  stopping.signal.throwIfAborted();
  heading += 1;
  console.log(`\n${bold(`${heading}. ${title}`)}`);
}

function held(text: string): void {
  shown.push(text);
  console.log(`ok: ${text}`);
}

function check(condition: boolean, text: string): void {
  if (!condition) throw new NotAsSaid(text);
}

interface Result {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs goatherd as a user would: its standard error, where progress goes, is this process's own. */
async function goatherd(args: readonly string[], cwd = dir): Promise<Result> {
  console.log(bold(`$ goatherd ${args.join(' ')}`));
  const running = spawn(process.execPath, [main, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  child = running;
  let stdout = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const code = await new Promise<number | null>((resolve, reject) => running.on('error', reject).on('close', resolve));
  child = undefined;
  return { code, stdout };
}

async function query(cluster: ClusterState, database: string, text: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ host: cluster.host, port: cluster.port, user: 'goatherd', database, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const result: pg.QueryResult<Record<string, string>> = await client.query(text);
    return result.rows;
  } finally {
    await client.end();
  }
}

/** Rows and checksum of every table, last values of every sequence. */
interface Contents {
  readonly tables: ReadonlyMap<string, { readonly rows: number; readonly hash: string }>;
  readonly sequences: string;
}

const TABLES = ['customer', 'product', 'orders', 'order_line', 'payment', 'cart'] as const;

async function contents(cluster: ClusterState): Promise<Contents> {
  const each = TABLES.map(
    (name) =>
      `SELECT '${name}' AS name, count(*)::text AS rows, md5(coalesce(string_agg(row_text, chr(10) ORDER BY row_text), '')) AS hash
       FROM (SELECT ${name}::text COLLATE "C" AS row_text FROM ${name}) AS texts`,
  );
  const found = await query(cluster, 'orders', each.join(' UNION ALL '));
  const sequences = await query(cluster, 'orders', 'SELECT sequencename || last_value::text AS value FROM pg_sequences ORDER BY 1');
  return {
    tables: new Map(found.map((row) => [row['name'] ?? '', { rows: Number(row['rows']), hash: row['hash'] ?? '' }])),
    sequences: sequences.map((row) => row['value']).join(' '),
  };
}

function equal(one: Contents, other: Contents): boolean {
  return one.sequences === other.sequences && TABLES.every((name) => one.tables.get(name)?.hash === other.tables.get(name)?.hash);
}

function count({ tables }: Contents): string {
  return [...tables.values()].reduce((sum, table) => sum + table.rows, 0).toLocaleString('en');
}

/** Waits until `c` holds what `a` holds, and says how long that took. */
async function arrives(a: ClusterState, c: ClusterState, what: string): Promise<void> {
  const from = Date.now();
  const wanted = await contents(a);
  while (!equal(wanted, await contents(c))) {
    stopping.signal.throwIfAborted();
    check(Date.now() - from < ARRIVES_WITHIN_MS, `${what}: not on ${c.name} after ${ARRIVES_WITHIN_MS / 1000} s`);
    await delay(50);
  }
  held(`${what}: on ${c.name} after ${((Date.now() - from) / 1000).toFixed(1)} s; a and ${c.name} are equal`);
}

/** Every database, schema and trigger there is, to see that a plan makes none. */
async function everything(state: LabState): Promise<string> {
  const databases = await query(state.hub, 'postgres', 'SELECT datname FROM pg_database ORDER BY 1');
  const objects = await Promise.all(
    state.clusters.map((cluster) =>
      query(cluster, 'orders', 'SELECT nspname AS name FROM pg_namespace UNION ALL SELECT tgname FROM pg_trigger ORDER BY 1'),
    ),
  );
  return JSON.stringify([databases, objects]);
}

function printTable(lines: readonly (readonly string[])[]): void {
  for (const [name = '', ...cells] of lines) console.log(`  ${name.padEnd(12)}${cells.map((cell) => cell.padStart(9)).join('')}`);
}

async function show(): Promise<void> {
  section('Three clusters a, b, c, and a hub for Bucardo');
  const up = await goatherd(['lab', 'up', '--dir', dir], tmpdir());
  check(up.code === 0, 'the lab did not start');
  const state = await readState(dir);
  const [a, b, c] = state.clusters;
  if (a === undefined || b === undefined || c === undefined) throw new NotAsSaid('the lab has fewer than three clusters');
  for (const cluster of [state.hub, a, b, c]) console.log(`  ${cluster.name.padEnd(4)} ${cluster.host}:${cluster.port}`);
  await Promise.all([a, b, c].map((cluster) => query(cluster, 'orders', schema)));
  await query(a, 'orders', rows);
  console.log(`Six tables tied by foreign keys stand on all three; a has ${count(await contents(a))} rows, b and c have none.`);

  section('What is wanted, as a file to commit');
  console.log(bold(`$ cd ${dir}\n$ cat topologies/orders.yaml`));
  process.stdout.write(await readFile(labPaths(dir).topology, 'utf8'));

  section('The plan: what it would do, in which order, with which locks');
  const before = await everything(state);
  const plan = await goatherd(['reconcile', '--dry-run', '--config', 'goatherd.yaml']);
  process.stdout.write(plan.stdout);
  check(plan.code === 0, `the plan ended with ${plan.code}`);
  check((await everything(state)) === before, 'the dry run left something behind');
  held('planned; no database, schema or trigger came of it');

  section('The same without --dry-run: it prints the plan (left out here), acts, and waits until all is so');
  const run = await goatherd(['reconcile', '--config', 'goatherd.yaml']);
  check(run.code === 0, `reconcile ended with ${run.code}:\n${run.stdout}`);
  held(run.stdout.trimEnd().split('\n').at(-1) ?? '');

  section('Is everything there?');
  const found = await Promise.all([a, b, c].map(contents));
  const [onA, onB, onC] = found;
  if (onA === undefined || onB === undefined || onC === undefined) throw new NotAsSaid('a database could not be read');
  printTable([
    ['rows', 'a', 'b', 'c', 'checksum'],
    ...TABLES.map((name) => [
      name,
      ...found.map(({ tables }) => String(tables.get(name)?.rows)),
      new Set(found.map(({ tables }) => tables.get(name)?.hash)).size === 1 ? 'equal' : 'DIFFERS',
    ]),
  ]);
  check(equal(onA, onB) && equal(onA, onC), 'a, b and c differ after the copy');
  held(`${count(onC)} rows and 5 sequences on c, equal to those on a and b`);

  section('Changes on a');
  await query(a, 'orders', change);
  await arrives(a, c, 'inserts, updates, a changed key and deletes in five tables');
  await query(a, 'orders', truncate);
  await arrives(a, c, 'TRUNCATE cart');
  // Bucardo alone fails here: it cannot truncate what a foreign key references, says Good, and then meets a duplicate key for ever.
  await query(a, 'orders', truncateTied);
  await arrives(a, c, 'TRUNCATE of three tables tied by foreign keys, and new rows with old keys');

  section('And now? Nothing is left to do');
  const next = await goatherd(['reconcile', '--dry-run', '--detailed-exitcode', '--config', 'goatherd.yaml']);
  process.stdout.write(next.stdout);
  check(next.code === 0 && next.stdout.trimEnd().split('\n').length === 1, `the next plan is not empty (exit ${next.code})`);
  held('the next plan is empty: one line, exit 0');
  await removeC(a, b);
}

/** c leaves: its line goes from the file, the plan asks for an approval, and a -> b runs on. */
async function removeC(a: ClusterState, b: ClusterState): Promise<void> {
  section('c leaves: its line goes from the file');
  const file = labPaths(dir).topology;
  const text = await readFile(file, 'utf8');
  const shorter = text.replace(/^links:.*$/m, 'links: [ a -> b ]').replace(/^ {2}c:.*\n/m, '');
  await writeFile(file, shorter);
  const refused = await goatherd(['reconcile', '--dry-run', '--detailed-exitcode', '--config', 'goatherd.yaml']);
  process.stdout.write(refused.stdout);
  const id = /--approve ([0-9a-f]{4}-[0-9a-f]{4})/.exec(refused.stdout)?.[1];
  check(refused.code === 20 && id !== undefined, `a removal without approval ended with ${refused.code}`);
  held('the removal is planned in full, and blocked until it is approved');
  const removed = await goatherd(['reconcile', '--config', 'goatherd.yaml', '--approve', id ?? '']);
  check(removed.code === 0, `the removal ended with ${removed.code}:\n${removed.stdout}`);
  const left = await query(
    b,
    'orders',
    "SELECT nspname AS name FROM pg_namespace WHERE nspname = 'bucardo' UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE 'bucardo%'",
  );
  check(left.length === 0, `${left.length} objects of Bucardo are left on b`);
  held(`${removed.stdout.trimEnd().split('\n').at(-1) ?? ''} Nothing of Bucardo is left on b; c keeps its rows`);
  await query(a, 'orders', 'UPDATE product SET price = price + 1');
  await arrives(a, b, 'every price changed on a');
  const last = await goatherd(['reconcile', '--dry-run', '--detailed-exitcode', '--config', 'goatherd.yaml']);
  process.stdout.write(last.stdout);
  check(last.code === 0 && last.stdout.trimEnd().split('\n').length === 1, `the last plan is not empty (exit ${last.code})`);
}

/** Ends the lab, whatever happened before. */
async function takeDown(): Promise<boolean> {
  if (!existsSync(labPaths(dir).state)) return true;
  console.log();
  const down = await goatherd(['lab', 'down', '--dir', dir], tmpdir());
  return down.code === 0 && !existsSync(dir);
}

/** The first signal ends the demo after the command that runs; a terminal sends Ctrl-C to that command, too. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopping.abort(new NotAsSaid(`stopped by ${signal}`));
    if (signal !== 'SIGINT') child?.kill('SIGTERM');
  });
}
// Where the reader went away, the lab still has to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stopping.abort(new NotAsSaid('nobody reads the output')));

let problem: unknown;
try {
  await show();
} catch (error) {
  problem = stopping.signal.aborted ? stopping.signal.reason : error;
}
const gone = await takeDown().catch((error: unknown) => {
  problem ??= error;
  return false;
});
if (gone && problem === undefined) shown.push('all of it has ended and its folder is gone');

console.log(`\n${bold(`Shown in ${Math.round((Date.now() - startedAt) / 1000)} s:`)}`);
for (const text of shown) console.log(`  ok      ${text}`);
if (problem !== undefined) console.log(`  FAILED  ${problem instanceof NotAsSaid ? problem.message : (problem as Error).stack}`);
if (!gone) console.log(`  FAILED  the lab in ${dir} is still there; end it with: script/goatherd lab down --dir ${dir}`);
process.exitCode = problem === undefined && gone ? 0 : 1;
