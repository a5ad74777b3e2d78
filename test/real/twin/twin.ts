/** A lab and the model of the world side by side: the same is done to both, and then they are held against each other. */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { Lab } from '../../../src/lab/lab.ts';
import { diskFiles } from '../../../src/lib/files.ts';
import { observe } from '../../../src/observe/observe.ts';
import { observeLedger } from '../../../src/observe/observe-ledger.ts';
import { withFormer } from '../../../src/plan/view/remembered/former.ts';
import { Access } from '../../../src/postgres/access.ts';
import { loadHostConfig, loadTopologies } from '../../../src/topology/load.ts';
import { type Drift, drift } from '../../unit/plan/history/drifts.ts';
import { edit, type Edit } from '../../unit/plan/history/edits.ts';
import { declared, firstFile, nameAt, textOf, type TopologyFile } from '../../unit/plan/history/file.ts';
import { worldOf } from '../../unit/plan/world/world-build.ts';
import { tick } from '../../unit/plan/world/world-daemon.ts';
import { look } from '../../unit/plan/world/world-observe.ts';
import { planFor, reconcile as reconcileModel, reconcileWithCrash } from '../../unit/plan/world/world-run.ts';
import { insert } from '../../unit/plan/world/world-users.ts';
import { declare as declareModel, placeOf, type World } from '../../unit/plan/world/world.ts';
import { editFile, type File } from '../support/declare.ts';
import { query } from '../support/query.ts';
import { type PlanJson, planOf, reconciled } from '../support/reconciled.ts';
import { expectSameData } from '../support/same-data.ts';
import { startReconcile } from '../support/start-reconcile.ts';
import { clusterOf } from '../support/use-lab.ts';
import { factsOf } from './facts.ts';
import { driftByHand } from './hands.ts';

/** What is done in one round, in this order; then goatherd runs until nothing is left to do. */
export interface TwinRound {
  readonly name: string;
  readonly edits?: readonly Edit[];
  readonly drifts?: readonly Drift[];
  /** Rows that A gets, as `t1 7`: table and key. */
  readonly rows?: readonly string[];
  /** The run is killed when it begins this step, and then run again; `line` is what it says of it. */
  readonly kill?: { readonly step: string; readonly line: RegExp };
}

export interface Twin {
  readonly lab: Lab;
  readonly world: World;
  readonly file: TopologyFile;
  /** How each database is reached, by place. */
  readonly entries: File['databases'];
}

const TABLES = [
  { name: 't1', key: ['id'], referencedBy: ['public.t2'] },
  { name: 't2', key: ['id', 'line'] },
];
const SCHEMA = `
  CREATE TABLE t1 (id bigint PRIMARY KEY, note text);
  CREATE TABLE t2 (id bigint REFERENCES t1, line bigint, note text, PRIMARY KEY (id, line));
  CREATE SEQUENCE t1_id_seq OWNED BY t1.id; CREATE SEQUENCE t2_id_seq OWNED BY t2.id;`;
const FIRST_ROWS = ['t1 1', 't1 2', 't2 1', 't2 2'];

/** A lab of a, b and c that nobody has reconciled yet, with its model: a -> b -> c. */
export async function makeTwin(lab: Lab): Promise<Twin> {
  const file = firstFile();
  const world = worldOf({ topology: textOf(file), tables: TABLES, rows: {}, more: ['a', 'b', 'c'] });
  world.config = (await sources(lab)).config;
  for (const cluster of Object.values(lab.clusters)) await query(cluster, lab.dbname, SCHEMA);
  const { databases: entries } = parse(await readFile(lab.topologyFile, 'utf8')) as File;
  const twin = { lab, world, file, entries };
  await write(twin, FIRST_ROWS);
  return twin;
}

/** Plays a round on both, and fails with every difference. */
export async function playRound(twin: Twin, round: TwinRound): Promise<void> {
  const { lab, world, file } = twin;
  for (const one of round.edits ?? []) {
    if (one.kind === 'new table') await newTable(lab, `t${3 + (one.at % 2)}`);
    edit(file, world, one);
  }
  const topology = declared(file);
  if (topology === null) throw new Error(`no topology: ${textOf(file)}`);
  declareModel(world, topology);
  await writeFileOf(twin);
  for (const one of round.drifts ?? []) {
    await driftByHand(lab, world, one);
    drift(world, one);
  }
  await write(twin, round.rows ?? []);
  const before = planFor(world);
  const real = await planOf(lab);
  expect(stepsOf(real), `${round.name}: the plan`).toEqual(
    before.steps.map((step) => ({ id: step.id, destructive: step.destructive, blocked: step.blocked !== null })),
  );
  const carriedOut = await carryOut(twin, round, real);
  await settle(twin);
  await compare(twin, `${round.name}: afterwards (carried out: ${carriedOut.join(', ')})`);
}

/** The lab's file says what the model's says: its databases stand where the lab has them. */
async function writeFileOf({ lab, file, entries }: Twin): Promise<void> {
  const text = parse(textOf(file)) as File;
  await editFile(lab, (real) => {
    real.links = text.links;
    real.databases = Object.fromEntries(
      Object.entries(entries).map(([place, entry]) => {
        const name = nameAt(file, place);
        const former = text.databases[name]?.['renamed_from'];
        return [name, { ...entry, ...(former === undefined ? {} : { renamed_from: former }) }];
      }),
    );
  });
}

const stepsOf = (plan: PlanJson): unknown =>
  plan.steps.map((step) => ({ id: step.id, destructive: step.destructive, blocked: step.blocked !== null }));

/** Runs goatherd and the model to their ends; gives the steps that the model carried out. */
async function carryOut({ lab, world }: Twin, round: TwinRound, plan: PlanJson): Promise<readonly string[]> {
  const approvals = plan.approvals.required.flatMap((required) => ['--approve', required.id]);
  const { kill } = round;
  if (kill !== undefined) {
    const cut = await startReconcile(lab, { killAtFirst: (line) => kill.line.test(line), args: approvals }).ended;
    expect(cut.exitCode, `${round.name}: was to be killed\n${cut.stderr}`).toBe(137);
  }
  const document = await reconciled(lab, 0, ...approvals);
  const tried = new Set<string>();
  let killed = false;
  const options = {
    choose: () => 0,
    approvals: 'all' as const,
    onStep: ({ id }: { readonly id: string }) => {
      tried.add(id);
      if (id !== kill?.step || killed) return;
      killed = true;
      world.crashAt = world.statements;
    },
  };
  const { fault } = kill === undefined ? reconcileModel(world, options) : reconcileWithCrash(world, Infinity, 2, options);
  expect([fault, ...world.violations], `${round.name}: the model`).toEqual([null]);
  const done = document.runs?.[0]?.steps.filter((step) => step.state === 'done').map((step) => step.id) ?? [];
  if (kill === undefined) expect(new Set(done), `${round.name}: what was carried out`).toEqual(tried);
  return [...tried];
}

/** Waits until what was written has come to every database that is linked. */
async function settle({ lab, world }: Twin): Promise<void> {
  for (let second = 0; second < 20; second += 1) tick(world);
  const linked = ['b', 'c'].filter((place) => world.declared.links.some((link) => placeOf(world, link.to) === place));
  await expectSameData(lab, 'a', ...linked);
}

async function compare(twin: Twin, what: string): Promise<void> {
  const { lab, world } = twin;
  declareModel(world, world.declared);
  const model = { ...factsOf(world.topology, look(world), world.config), rows: modelRows(world) };
  const { config, topology } = await sources(lab);
  const access = new Access(config, topology, { applicationName: 'goatherd-test', statementTimeoutMs: 60_000 });
  try {
    const real = { ...factsOf(topology, await observe(access, topology), config), rows: await realRows(lab) };
    expect({ what, ...real }).toEqual({ what, ...model });
    expect({ what, steps: real.plan.steps }).toEqual({ what, steps: [] });
  } finally {
    await access.end();
  }
}

async function sources(lab: Lab) {
  const [{ config }, { topologies }] = await Promise.all([
    loadHostConfig({ option: lab.configFile, environment: undefined }, diskFiles),
    loadTopologies([lab.topologyFile], diskFiles),
  ]);
  const [topology] = topologies;
  if (config === undefined || topology === undefined) throw new Error(await readFile(lab.topologyFile, 'utf8'));
  return { config, topology: withFormer(topology, await observeLedger(config)) };
}

async function newTable(lab: Lab, name: string): Promise<void> {
  for (const cluster of Object.values(lab.clusters))
    await query(cluster, lab.dbname, `CREATE TABLE IF NOT EXISTS ${name} (id bigint PRIMARY KEY, note text)`);
}

async function write({ lab, world }: Twin, rows: readonly string[]): Promise<void> {
  for (const one of rows) {
    const [table = '', key = ''] = one.split(' ');
    await query(
      clusterOf(lab, 'a'),
      lab.dbname,
      `INSERT INTO ${table} (id${table === 't2' ? ', line' : ''}) VALUES (${key}${table === 't2' ? ', 1' : ''})`,
    );
    insert(world, 'a', `public.${table}`, key);
  }
}

function modelRows(world: World) {
  return Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [
      name,
      Object.fromEntries(
        [...(world.databases[name]?.data ?? [])].map(([table, { rows }]): [string, readonly string[]] => [table, [...rows].toSorted()]),
      ),
    ]),
  );
}

async function realRows(lab: Lab) {
  const of = async (name: string): Promise<[string, Readonly<Record<string, readonly string[]>>]> => {
    const cluster = clusterOf(lab, name);
    const tables = await query(cluster, lab.dbname, "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'");
    const rows = tables.map(async (table): Promise<[string, readonly string[]]> => {
      const keys = await query(cluster, lab.dbname, `SELECT id::text AS id FROM ${String(table['name'])}`);
      return [`public.${String(table['name'])}`, keys.map((row) => String(row['id'])).toSorted()];
    });
    return [name, Object.fromEntries(await Promise.all(rows))];
  };
  return Object.fromEntries(await Promise.all(['a', 'b', 'c'].map(of)));
}
