import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Cluster } from '../../src/lab/cluster.ts';
import { freePorts } from '../../src/lab/free-ports.ts';
import { bucardoVersions } from './support/bucardo-objects.ts';
import { checksums } from './support/checksums.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconciled } from './support/reconciled.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const ROTATED = 'R0tated, and "quoted" it is\'nt';

const lab = useLab({ passwords: true }, async (started) => {
  await loadStock(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

/** How the tests reach each cluster now. */
const reached = new Map<string, Pick<Cluster, 'host' | 'port' | 'password'>>();
const at = (name: string): Pick<Cluster, 'host' | 'port' | 'password'> => reached.get(name) ?? clusterOf(lab(), name);

async function expectSame(): Promise<void> {
  const wanted = await checksums(at('a'), lab().dbname);
  for (const name of ['b', 'c'])
    await eventually(async () => JSON.stringify(await checksums(at(name), lab().dbname)) === JSON.stringify(wanted), {
      everyMs: 250,
    });
}

const versions = (): Promise<unknown> =>
  Promise.all(['a', 'b'].map((name) => bucardoVersions({ ...clusterOf(lab(), name), ...at(name) }, lab().dbname)));

/** Sessions that Bucardo holds on a cluster, by when they began. */
async function begunBefore(name: string, moment: unknown): Promise<number> {
  const [row] = await query(
    at(name),
    lab().dbname,
    "SELECT count(*)::int AS old FROM pg_stat_activity WHERE application_name LIKE 'bucardo %' AND datname = current_database() AND backend_start < $1",
    [moment],
  );
  return Number(row?.['old']);
}

test('a password is rotated: the plan says so without it, the daemons begin anew with it, and nothing is rebuilt', async () => {
  const before = await versions();
  const file = parse(await readFile(lab().topologyFile, 'utf8')) as { databases: Record<string, { password: { file: string } }> };
  const [now] = await query(at('b'), lab().dbname, 'SELECT clock_timestamp() AS now');
  await query(at('b'), lab().dbname, `ALTER ROLE goatherd PASSWORD '${ROTATED.replaceAll("'", "''")}'`);
  await writeFile(file.databases['b']?.password.file ?? '', `${ROTATED}\n`);
  reached.set('b', { ...clusterOf(lab(), 'b'), password: ROTATED });
  await query(at('a'), lab().dbname, "INSERT INTO notes VALUES (6001, 'while it is rotated')");
  const plan = await planOf(lab(), 2, '--detailed-exitcode');
  expect(plan.steps.filter((step) => step.kind === 'register').map((step) => step.what)).toEqual([
    'register connection of b',
    'register connection of b',
  ]);
  expect(JSON.stringify(plan)).toContain('another password');
  expect(JSON.stringify(plan)).not.toContain(ROTATED.slice(0, 7));
  await reconciled(lab());
  await expectSame();
  // A backend notices a moment after its client that it is alone.
  await eventually(async () => (await begunBefore('b', now?.['now'])) === 0);
  const hub = lab().hub;
  for (const control of ['bucardo_orders_a_b', 'bucardo_orders_b_c'])
    expect(await query(hub, control, "SELECT dbpass FROM bucardo.db WHERE name = 'b'")).toEqual([{ dbpass: ROTATED }]);
  expect(await versions()).toEqual(before);
  await expectNothingLeft(lab());
});

test('a server moves to another port with all that it holds: its rows are written anew and read back', async () => {
  const before = await versions();
  const cluster = clusterOf(lab(), 'b');
  const [port = 0] = await freePorts(1);
  await query(at('b'), 'postgres', `ALTER SYSTEM SET port = ${port}`);
  await cluster.restart();
  reached.set('b', { ...at('b'), port });
  await query(at('a'), lab().dbname, "INSERT INTO notes VALUES (6002, 'while nobody answers')");
  const away = await planOf(lab());
  expect(away.diagnostics.filter((one) => one.code === 'Unreachable').map((one) => one.address)).toEqual(['orders/b']);
  await declare(lab(), { databases: { b: { port } } });
  const plan = await planOf(lab(), 2, '--detailed-exitcode');
  expect(plan.diagnostics.filter((one) => one.code === 'DatabaseReplaced')).toEqual([]);
  expect(JSON.stringify(plan)).toContain(`port ${port}`);
  await reconciled(lab());
  await expectSame();
  expect(await versions()).toEqual(before);
  await expectNothingLeft(lab());
});
