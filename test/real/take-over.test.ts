import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { controllerFiles, startController } from './support/start-controller.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/** Runs a program as on another host: its own name, its own processes. */
const ELSEWHERE = [
  'unshare',
  '--uts',
  '--pid',
  '--fork',
  '--mount-proc',
  '--kill-child',
  'sh',
  '-c',
  'hostname elsewhere && exec "$@"',
  'sh',
];
const { exitCode } = await execa('unshare', ['--uts', '--pid', '--fork', '--mount-proc', 'hostname', 'elsewhere'], { reject: false });

describe.skipIf(exitCode !== 0)('a controller on another host', () => {
  const lab = useLab({}, loadStock);

  test('takes the daemons over, those of the first host do not come back, and that host has them again when the other one goes', async () => {
    const here = await controllerFiles(lab());
    const first = startController(here);
    await first.says(/orders Ready=True/);
    const mastersOf = async (instance: string): Promise<readonly string[]> =>
      (
        await query(
          lab().hub,
          'postgres',
          `SELECT application_name AS name FROM pg_stat_activity WHERE datname = 'bucardo_${instance}' AND application_name LIKE 'bucardo MCP %'`,
        )
      ).map((row) => String(row['name']));
    const before = await mastersOf('orders_a_b');
    expect(before).toHaveLength(1);

    const directory = join(lab().dir, 'elsewhere');
    await mkdir(directory);
    const config = join(directory, 'goatherd.yaml');
    const text = await readFile(here.configFile, 'utf8');
    await writeFile(
      config,
      text.replace(/^log_dir: .*$/m, `log_dir: ${directory}/log`).replace(/^pid_dir: .*$/m, `pid_dir: ${directory}/run`),
    );
    const second = startController({ ...here, configFile: config }, { wrapper: ELSEWHERE });
    await second.says(/standing by/);
    first.kill('SIGKILL');
    await second.says(/acting: this controller holds the lock/);
    await second.says(/orders Ready=True/);

    for (const instance of ['orders_a_b', 'orders_b_c']) {
      expect(
        await query(lab().hub, `bucardo_${instance}`, "SELECT setting FROM bucardo.bucardo_config WHERE name = 'host_safety_check'"),
      ).toEqual([{ setting: 'elsewhere' }]);
      expect(await mastersOf(instance)).toHaveLength(1);
    }
    expect(await mastersOf('orders_a_b')).not.toEqual(before);
    await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO items(id, name) VALUES (777777, 'taken over')");
    await eventually(async () => (await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT 1 FROM items WHERE id = 777777')).length === 1);
    // What a master of the first host does when it starts itself anew, 15 s after its databases went away.
    const respawn = await execa(
      'bucardo',
      [
        '--no-bucardorc',
        '--dbname',
        'bucardo_orders_a_b',
        '--dbhost',
        lab().hub.host,
        '--dbport',
        String(lab().hub.port),
        '--dbuser',
        'goatherd',
        '--quiet',
        'start',
        'again',
      ],
      { reject: false, cwd: join(lab().pidDir, 'orders_a_b'), env: { PGPASSWORD: lab().hub.password ?? '' } },
    );
    expect(respawn.exitCode).not.toBe(0);
    const elsewhere = await mastersOf('orders_a_b');
    expect(elsewhere).toHaveLength(1);

    // The first host comes back: it stands by, and touches nothing.
    const back = startController(here);
    await back.says(/standing by: goatherd controller on elsewhere/);
    await back.says(/ready: orders/);
    expect(await mastersOf('orders_a_b')).toEqual(elsewhere);
    // The other host goes, with all that runs on it: its wrapper lets no other signal through, and what it started ends with it.
    second.kill('SIGKILL');
    await second.ended;
    await back.says(/acting: this controller holds the lock/);
    await back.says(/CONVERGED/);
    for (const instance of ['orders_a_b', 'orders_b_c']) {
      expect(
        await query(lab().hub, `bucardo_${instance}`, "SELECT setting FROM bucardo.bucardo_config WHERE name = 'host_safety_check'"),
      ).toEqual([{ setting: hostname() }]);
      expect(await mastersOf(instance)).toHaveLength(1);
    }
    await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO items(id, name) VALUES (777778, 'taken back')");
    await eventually(
      async () => (await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT 1 FROM items WHERE id = 777778')).length === 1,
      {},
    );
    back.kill('SIGTERM');
    expect(await back.ended).toEqual({ exitCode: 0, signal: null });
  });
});
