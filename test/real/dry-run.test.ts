import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bucardoProcesses } from '../../src/lab/bucardo-daemons.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { signalProcess } from '../../src/lab/processes.ts';
import { readState } from '../../src/lab/state.ts';
import { schemaErrors } from '../unit/report/schemas.ts';
import { eventually } from './support/eventually.ts';
import { fingerprintOf } from './support/fingerprint.ts';
import { query } from './support/query.ts';
import { reconciled } from './support/reconciled.ts';
import { type GoatherdRun, runGoatherd } from './support/run-goatherd.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const TABLES = `
  CREATE SCHEMA shop;
  CREATE TABLE shop.customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
  CREATE TABLE shop.orders (id bigserial PRIMARY KEY, customer int NOT NULL REFERENCES shop.customers, total numeric(10,2));
  CREATE TABLE shop.notes (note text);`;
const ROWS = `
  INSERT INTO shop.customers (name) SELECT 'customer ' || n FROM generate_series(1, 50) n;
  INSERT INTO shop.orders (customer, total) SELECT id, id * 1.5 FROM shop.customers;`;

const OUTPUTS: readonly (readonly string[])[] = [[], ['--verbose', '--detailed-exitcode'], ['--output', 'json'], ['--output', 'markdown']];

// A transaction number that autovacuum took would look like a write of ours.
const lab = useLab({ settings: { autovacuum: false } }, async (started) => {
  for (const name of ['a', 'b', 'c']) await query(clusterOf(started, name), started.dbname, TABLES);
  await query(clusterOf(started, 'a'), started.dbname, ROWS);
});

/** Working directory, home and temporary folder of the runs: what goes to any of them is seen. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goatherd-test-'));
  for (const name of ['work', 'home', 'tmp']) await mkdir(join(folder, name));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function dryRun(started: Lab, ...args: readonly string[]): Promise<GoatherdRun> {
  return runGoatherd(
    ['reconcile', '--dry-run', '--config', started.configFile, ...args, started.topologyFile],
    { HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), XDG_STATE_HOME: undefined, XDG_CACHE_HOME: undefined },
    { cwd: join(folder, 'work') },
  );
}

/** Stops Bucardo's processes where they stand while `work` goes on, so that whatever moves meanwhile was moved by us. */
async function whileFrozen(started: Lab, work: () => Promise<void>): Promise<void> {
  const state = await readState(started.dir);
  const signal = (pids: readonly number[], name: NodeJS.Signals): void => pids.forEach((pid) => signalProcess(pid, name));
  const frozen = await eventually(async () => {
    const pids = await bucardoProcesses(state);
    signal(pids, 'SIGSTOP');
    // What a server was asked for before goes on there, and a process may have been made after the look.
    const whole = (await bucardoProcesses(state)).every((pid) => pids.includes(pid)) && !(await isBusy(started));
    if (!whole) signal(pids, 'SIGCONT');
    return whole ? pids : null;
  });
  try {
    await work();
  } finally {
    signal(frozen ?? [], 'SIGCONT');
  }
}

/** Whether a server carries out a statement of Bucardo's. */
async function isBusy(started: Lab): Promise<boolean> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'bucardo %' AND state = 'active'";
  const found = await Promise.all([started.hub, ...Object.values(started.clusters)].map((cluster) => query(cluster, 'postgres', sql)));
  return found.some((rows) => rows.length > 0);
}

/** What a run says about the clock and the machine. */
function withoutTimes(output: string): string {
  return output
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/"observed_ms": \d+/g, '"observed_ms": MS')
    .replaceAll(/\bin \d[\d.,]* m?s\b/g, 'in MS');
}

describe.each(['fresh', 'converged'] as const)('--dry-run on a %s topology', (state) => {
  const verdict = state === 'fresh' ? 'blocked' : 'in_sync';

  beforeAll(async () => {
    if (state === 'fresh') return;
    for (const name of ['a', 'b', 'c']) await query(clusterOf(lab(), name), lab().dbname, 'DROP TABLE shop.notes');
    await reconciled(lab());
  });

  test('changes nothing anywhere, and says the same to the byte each time', async () => {
    await whileFrozen(lab(), async () => {
      const before = await fingerprintOf(lab(), [folder]);
      for (const args of OUTPUTS) {
        const [one, other] = [await dryRun(lab(), ...args), await dryRun(lab(), ...args)];
        expect(one).toMatchObject({ exitCode: state === 'fresh' && args.includes('--detailed-exitcode') ? 20 : 0, stderr: '' });
        expect(withoutTimes(other.stdout)).toBe(withoutTimes(one.stdout));
        // A pull request that changes nothing gets no comment.
        expect(one.stdout === '').toBe(state === 'converged' && args.includes('markdown'));
      }
      expect(await fingerprintOf(lab(), [folder])).toEqual(before);
    });
  });

  test('writes the files that it was asked to, and no other', async () => {
    const [json, md, metrics] = [join(folder, 'work', 'plan.json'), join(folder, 'work', 'plan.md'), join(folder, 'work', 'goatherd.prom')];
    await whileFrozen(lab(), async () => {
      const before = await fingerprintOf(lab(), [join(folder, 'home'), join(folder, 'tmp')]);
      const run = await dryRun(lab(), '--json-into', json, '--md-into', md, '--metrics-into', metrics);
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await fingerprintOf(lab(), [join(folder, 'home'), join(folder, 'tmp')])).toEqual(before);
    });
    expect(await readdir(join(folder, 'work'))).toEqual(['goatherd.prom', 'plan.json', 'plan.md']);
    const document: unknown = JSON.parse(await readFile(json, 'utf8'));
    expect(schemaErrors(document)).toEqual([]);
    expect(document).toMatchObject({ plans: [{ topology: 'orders', verdict }] });
    expect(await readFile(md, 'utf8')).toContain(state === 'fresh' ? 'orders' : '');
    const seen = await readFile(metrics, 'utf8');
    const inSync = `goatherd_condition{topology="orders",link="",database="",type="InSync",status="True"} ${state === 'converged' ? 1 : 0}`;
    for (const line of ['goatherd_database_up{topology="orders",database="a"} 1', inSync]) expect(seen.split('\n')).toContain(line);
    await rm(json);
    await rm(md);
    await rm(metrics);
  });
});
