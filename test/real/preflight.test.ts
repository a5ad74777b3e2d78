import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Lab } from '../../src/lab/lab.ts';
import { BROKEN_TABLES } from './support/broken-tables.ts';
import { query } from './support/query.ts';
import { expectExit, type PlanJson } from './support/reconciled.ts';
import { type GoatherdRun, runGoatherd } from './support/run-goatherd.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

type Databases = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** `a` holds all databases of these tests; `z` becomes a standby. */
const lab = useLab({ clusters: ['a', 'z'] }, prepare);

async function prepare(started: Lab): Promise<void> {
  for (const name of ['healthy1', 'healthy2', 'broken1', 'broken2', 'below', 'rights1', 'rights2', 'rights3', 'alien'])
    await query(clusterOf(started, 'a'), 'postgres', `CREATE DATABASE ${name}`);
  for (const name of ['healthy1', 'healthy2', 'below'])
    await query(clusterOf(started, 'a'), name, 'CREATE TABLE good (id int PRIMARY KEY)');
}

const on = (database: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => {
  const { host, port } = clusterOf(lab(), 'a');
  return { host, port, dbname: database, ...more };
};
const sql = (database: string, text: string): ReturnType<typeof query> => query(clusterOf(lab(), 'a'), database, text);

let files = 0;

/** `reconcile --dry-run` of a topology of these databases and links. `host`: keys over those of the lab's goatherd.yaml. */
async function dryRun(
  databases: Databases,
  links: readonly unknown[],
  options: {
    readonly host?: object;
    readonly as?: { readonly uid: number; readonly gid: number };
    readonly topology?: object;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<{ readonly run: GoatherdRun; readonly plan: PlanJson }> {
  files += 1;
  const [topology, config] = [join(lab().dir, `preflight-${files}.yaml`), join(lab().dir, `goatherd-${files}.yaml`)];
  await writeFile(topology, stringify({ topology: 'orders', databases, links, ...options.topology }));
  const host = parse(await readFile(lab().configFile, 'utf8')) as object;
  await writeFile(config, stringify({ ...host, ...options.host }));
  const run = await runGoatherd(
    ['reconcile', '--dry-run', '--output', 'json', '--config', config, topology],
    options.env ?? {},
    options.as ?? {},
  );
  expectExit(run, 0);
  const plan = (JSON.parse(run.stdout) as { readonly plans: readonly PlanJson[] }).plans[0];
  if (plan === undefined) throw new Error('no plan');
  return { run, plan };
}

const healthy = (): Databases => ({ x: on('healthy1'), y: on('healthy2') });

/** What the plan says of one code, at one address. */
function said(plan: PlanJson, code: string, address: string): PlanJson['diagnostics'][number] {
  const one = plan.diagnostics.find((diagnostic) => diagnostic.code === code && diagnostic.address === address);
  if (one === undefined) throw new Error(`the plan says no ${code} of ${address}: ${JSON.stringify(plan.diagnostics)}`);
  expect(withoutHint([one])).toEqual([]);
  return one;
}

/** Codes that are said without what to do; a note may need nothing. */
function withoutHint(diagnostics: PlanJson['diagnostics']): readonly string[] {
  return diagnostics.filter((one) => one.severity !== 'note' && one.hint.length < 10).map((one) => one.code);
}

const states = (plan: PlanJson): Readonly<Record<string, string>> =>
  Object.fromEntries(plan.links.map((link) => [link.address, link.state]));
const codes = (plan: PlanJson): readonly string[] => [...new Set(plan.diagnostics.map((one) => one.code))].toSorted();

describe('preflight says all problems at once', () => {
  test('of tables: each with its code, the objects and what to do; only the links concerned are held', async () => {
    await sql('broken1', `${BROKEN_TABLES.map((one) => one.source).join(';\n')}; CREATE TABLE good (id int PRIMARY KEY)`);
    await sql('broken2', `${BROKEN_TABLES.map((one) => one.target).join(';\n')}; CREATE TABLE good (id int PRIMARY KEY)`);
    const databases = { ...healthy(), s: on('broken1'), d: on('broken2'), e: on('below') };
    const below = { from: 'd', to: 'e', tables: { include: ['public.good'] } };
    const { plan } = await dryRun(databases, ['s -> d', below, 'x -> y']);
    const found = plan.diagnostics.filter((one) => one.address === 'orders/s-d');
    expect(found.map(({ code, severity, objects }) => ({ code, severity, objects })).toSorted(byCode)).toEqual(
      BROKEN_TABLES.map(({ code, severity, objects }) => ({ code, severity, objects })).toSorted(byCode),
    );
    expect(withoutHint(found)).toEqual([]);
    expect(states(plan)).toEqual({ 'orders/s-d': 'blocked', 'orders/d-e': 'blocked', 'orders/x-y': 'pending' });
    const ofHealthy = plan.steps.filter((step) => step.address === 'orders/x-y');
    expect(ofHealthy.length).toBeGreaterThan(4);
    expect(ofHealthy.filter((step) => step.blocked !== null)).toEqual([]);
    expect(plan.steps.filter((step) => ['orders/s-d', 'orders/d-e'].includes(step.address) && step.blocked === null)).toEqual([]);
    expect(plan.steps.find((step) => step.address === 'orders/d-e')?.blocked).toContain('waits for s-d, which is blocked');
  });

  test('of rights: what the role lacks on the source, on the target, and where it passes on', async () => {
    await sql('postgres', 'CREATE ROLE plain LOGIN');
    for (const name of ['rights1', 'rights2', 'rights3'])
      await sql(name, 'CREATE TABLE t (id serial PRIMARY KEY); CREATE TABLE granted (id int PRIMARY KEY); GRANT ALL ON granted TO plain');
    const user = { user: 'plain' };
    const { plan } = await dryRun({ p: on('rights1', user), q: on('rights2', user), r: on('rights3', user) }, ['p -> q', 'q -> r']);
    for (const name of ['p', 'q']) {
      expect(said(plan, 'CreateSchema', `orders/${name}`)).toMatchObject({
        severity: 'error',
        hint: expect.stringMatching(/^GRANT CREATE ON DATABASE rights\d TO plain$/),
      });
    }
    for (const name of ['q', 'r'])
      expect(said(plan, 'ReplicationRole', `orders/${name}`).hint).toBe('GRANT SET ON PARAMETER session_replication_role TO plain');
    for (const link of ['p-q', 'q-r']) {
      expect(said(plan, 'RightsSource', `orders/${link}`)).toMatchObject({ severity: 'error', objects: ['public.t'] });
      expect(said(plan, 'RightsTarget', `orders/${link}`)).toMatchObject({ severity: 'error', objects: ['public.t'] });
      expect(said(plan, 'RightsTruncate', `orders/${link}`)).toMatchObject({ severity: 'warning', objects: ['public.t'] });
      expect(said(plan, 'RightsSequence', `orders/${link}`).objects).toEqual(['public.t_id_seq: on the source']);
    }
    expect(said(plan, 'RightsOwner', 'orders/q-r').objects).toEqual(['public.granted', 'public.t']);
    expect(codes(plan)).not.toContain('Unreachable');
    expect(states(plan)).toEqual({ 'orders/p-q': 'blocked', 'orders/q-r': 'blocked' });
  });

  test('of databases: publications, foreign Bucardo objects, unreachable ones, standbys, and one under two names', async () => {
    const z = clusterOf(lab(), 'z');
    await z.stop();
    const signal = join(z.dataDir, 'standby.signal');
    const { uid, gid } = await stat(z.dataDir);
    await writeFile(signal, '');
    await chown(signal, uid, gid);
    await z.start();
    await sql('alien', 'CREATE SCHEMA bucardo; CREATE PUBLICATION everything FOR ALL TABLES; CREATE TABLE good (id int PRIMARY KEY)');
    await query(lab().hub, 'postgres', 'CREATE DATABASE bucardo_orders_f_b');
    const unreachable = { host: '127.0.0.1', port: 1, dbname: 'nowhere' };
    const databases = {
      ...healthy(),
      f: on('alien'),
      b: on('below'),
      u: unreachable,
      t: on('rights1'),
      s: { host: z.host, port: z.port, dbname: 'orders' },
      one: on('rights2'),
      two: on('rights2', { host: clusterOf(lab(), 'a').socketDir }),
      h: { host: lab().hub.host, port: lab().hub.port, dbname: 'postgres' },
    };
    const { plan } = await dryRun(databases, ['f -> b', 'u -> t', 'x -> y', 'x -> s', 'one -> two', 'x -> h']);
    expect(said(plan, 'ForeignBucardo', 'orders/f')).toMatchObject({ severity: 'error' });
    expect(said(plan, 'PublicationForAllTables', 'orders/f').objects).toEqual(['everything']);
    expect(said(plan, 'ForeignControlDatabase', 'orders/f-b').objects).toEqual(['bucardo_orders_f_b']);
    expect(said(plan, 'Unreachable', 'orders/u').message).toContain('ECONNREFUSED');
    expect(said(plan, 'InRecovery', 'orders/s')).toMatchObject({ severity: 'error' });
    expect(said(plan, 'SameDatabase', 'orders/one').objects).toEqual(['two']);
    expect(said(plan, 'SameDatabase', 'orders/two').objects).toEqual(['one']);
    expect(said(plan, 'HubIsMember', 'orders/h')).toMatchObject({ severity: 'error' });
    expect(states(plan)).toEqual({
      'orders/f-b': 'blocked',
      'orders/u-t': 'blocked',
      'orders/x-y': 'pending',
      'orders/x-s': 'blocked',
      'orders/one-two': 'blocked',
      'orders/x-h': 'blocked',
    });
    expect(plan.steps.filter((step) => step.address === 'orders/x-y' && step.blocked !== null)).toEqual([]);
  });

  test('of targets that hold rows: skipped under empty, approval under always, nothing under never', async () => {
    await sql('rights3', 'INSERT INTO granted VALUES (1)');
    const databases = { p: on('rights1'), r: on('rights3') };
    const ask = (copyData: string): ReturnType<typeof dryRun> => dryRun(databases, ['p -> r'], { topology: { copy_data: copyData } });
    const { plan: empty } = await ask('empty');
    expect(said(empty, 'SkippedNotEmpty', 'orders/p-r')).toMatchObject({ severity: 'warning', objects: ['public.granted'] });
    expect(empty.steps.filter((step) => step.kind === 'empty_tables')).toEqual([]);
    const { plan: always, run } = await ask('always');
    const emptying = always.steps.find((step) => step.kind === 'empty_tables');
    expect(emptying).toMatchObject({ blocked: expect.stringMatching(/^approval [0-9a-f]{4}-[0-9a-f]{4} is missing$/) });
    expect(run.stdout).toContain('EMPTIES_TABLES');
    expect(always.steps.find((step) => step.kind === 'activate')?.blocked).not.toBe(null);
    expect(always.steps.find((step) => step.kind === 'triggers')?.blocked).toBe(null);
    const { plan: never } = await ask('never');
    expect(codes(never)).not.toContain('SkippedNotEmpty');
    expect(never.steps.map((step) => step.kind)).not.toContain('empty_tables');
  });

  test('of the host: hub, command, directories; everything else is still planned', async () => {
    const ask = async (host: object): Promise<PlanJson> => (await dryRun(healthy(), ['x -> y'], { host })).plan;
    const noHub = await ask({ hub: { host: '127.0.0.1', port: 1 } });
    expect(said(noHub, 'HubUnreachable', 'hub').message).toContain('ECONNREFUSED');
    expect(states(noHub)).toEqual({ 'orders/x-y': 'blocked' });
    expect(noHub.steps.map((step) => step.kind)).toContain('triggers');

    expect(said(await ask({ bucardo: join(lab().dir, 'no-such-bucardo') }), 'BucardoMissing', 'hub').message).toContain('no-such-bucardo');
    const other = join(lab().dir, 'other-bucardo');
    await writeFile(other, '#!/bin/sh\necho "bucardo version 5.5.0"\n');
    await chmod(other, 0o755);
    expect(said(await ask({ bucardo: other }), 'BucardoVersion', 'hub').message).toContain('5.5.0');
    // A host with Bucardo's command and without PostgreSQL's.
    const [same, empty] = [join(lab().dir, 'same-bucardo'), join(lab().dir, 'no-commands')];
    await writeFile(same, '#!/bin/sh\necho "bucardo version 5.6.0"\n', { mode: 0o755 });
    await mkdir(empty);
    const { plan: noPsql } = await dryRun(healthy(), ['x -> y'], { host: { bucardo: same }, env: { PATH: empty } });
    expect(said(noPsql, 'BucardoMissing', 'hub').message).toMatch(/^psql, .* could not be run \(ENOENT\): install postgresql-client$/);
    expect(states(noPsql)).toEqual({ 'orders/x-y': 'blocked' });

    const belowFile = join(lab().configFile, 'log');
    expect(said(await ask({ log_dir: belowFile }), 'DirectoryNotWritable', 'hub').objects).toEqual([expect.stringContaining(belowFile)]);

    await sql('postgres', 'CREATE ROLE creator LOGIN CREATEDB');
    await query(lab().hub, 'postgres', 'CREATE ROLE creator LOGIN CREATEDB');
    const { host, port } = lab().hub;
    expect(said(await ask({ hub: { host, port, user: 'creator' } }), 'HubRights', 'hub').hint).toContain('superuser');
  });

  test.skipIf(process.getuid?.() !== 0)('of directories that an ordinary user may not write (as root)', async () => {
    const closed = join(lab().dir, 'closed');
    await mkdir(closed, { mode: 0o755 });
    const { plan } = await dryRun(healthy(), ['x -> y'], {
      host: { log_dir: join(closed, 'log'), pid_dir: closed },
      as: { uid: 65534, gid: 65534 },
    });
    expect(said(plan, 'DirectoryNotWritable', 'hub').objects).toEqual([
      `${closed}/log cannot be made: ${closed} is not writable`,
      `${closed} is not writable`,
    ]);
  });
});

function byCode(one: { readonly code: string }, other: { readonly code: string }): number {
  return one.code < other.code ? -1 : 1;
}
