import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { isBucardo } from '../../src/lab/processes.ts';
import { masterPidFile } from '../../src/observe/observe-daemon.ts';
import { eventually } from './support/eventually.ts';
import { query, withSession } from './support/query.ts';
import { controllerFiles, hostFile, startController, type StartedController } from './support/start-controller.ts';
import { loadStock } from './support/stock.ts';
import { useLab } from './support/use-lab.ts';

/** Of an instance that several links may share. */
const CONTROL = 'bucardo_orders_one';

/** What Bucardo itself says makes the controller look, and is no more than a hint. Its own looks are ten minutes apart here. */
describe("Bucardo's notifications", () => {
  const lab = useLab({ clusters: ['a', 'b', 'c'] }, loadStock);
  let controller: StartedController;
  const masterPid = (): number => masterPidFile(lab().pidDir, 'orders_one')?.pid ?? 0;
  const notify = (channel: string): Promise<unknown> => query(lab().hub, CONTROL, `NOTIFY "${channel}"`);

  /** As a person would, with `bucardo stop`; the daemon is heard to say so. */
  async function stopByHand(): Promise<void> {
    const pid = masterPid();
    expect(await isBucardo(pid)).toBe(true);
    await withSession(lab().hub, CONTROL, async (client) => {
      const heard: string[] = [];
      client.on('notification', ({ channel }) => heard.push(channel));
      await client.query('LISTEN bucardo_stopped');
      await client.query('NOTIFY bucardo_mcp_fullstop');
      await eventually(async () => !(await isBucardo(pid)));
      // A kid that lives then says that it ends; a daemon that began a moment ago has none.
      await eventually(async () => (await client.query('SELECT 1')).rowCount === 1 && heard.includes('bucardo_stopped'));
    });
  }

  const anotherRuns = (before: number): Promise<unknown> =>
    eventually(async () => masterPid() !== before && (await isBucardo(masterPid())), { timeoutMs: 120_000 });

  test('that it stopped is followed at once; without a session that hears it the next look finds it all the same', async () => {
    const { directory, topologyFile } = await controllerFiles(lab());
    const own = parse(await readFile(lab().topologyFile, 'utf8')) as Readonly<Record<string, unknown>>;
    const declare = (...links: readonly string[]): Promise<void> =>
      writeFile(topologyFile, stringify({ ...own, bucardo: { instance: 'one' }, links }));
    await declare('a -> b');
    const configFile = await hostFile(lab(), 'patient', {
      controller: { look_every: '10m', deep_look_every: '10m' },
      listen: '127.0.0.1:0',
    });
    controller = startController({ directory, configFile });
    await controller.says(/CONVERGED/, { timeoutMs: 120_000 });
    await eventually(async () => (await listeners()) > 0);

    let before = masterPid();
    let from = controller.lines.length;
    await stopByHand();
    // By now it is gone for certain, however slow this machine is.
    await notify('bucardo_stopped');
    await anotherRuns(before);
    await controller.says(/CONVERGED/, { from, timeoutMs: 120_000 });

    // A look that the run's end asked for opens another one.
    await eventually(async () => {
      await query(
        lab().hub,
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'goatherd controller'`,
      );
      return (await listeners()) === 0;
    });
    before = masterPid();
    await stopByHand();
    from = controller.lines.length;
    controller.kill('SIGHUP');
    await anotherRuns(before);
    await controller.says(/CONVERGED/, { from, timeoutMs: 120_000 });

    // Who looked listens again.
    await eventually(async () => (await listeners()) > 0);
    before = masterPid();
    from = controller.lines.length;
    await stopByHand();
    await notify('bucardo_stopped');
    await anotherRuns(before);
    await controller.says(/CONVERGED/, { from, timeoutMs: 120_000 });

    // A link that joins the instance is listened to as soon as it is declared.
    from = controller.lines.length;
    await declare('a -> b', 'b -> c');
    const { time } = await controller.says(/CONVERGED/, { from, timeoutMs: 120_000 });
    // A look that a run's end asks for hears nothing.
    await eventually(async () => (await lastLoop()) > Date.parse(String(time)));
    await query(lab().hub, CONTROL, "UPDATE bucardo.sync SET checktime = '7s' WHERE name = 'orders_b_c'");
    await notify('bucardo_syncerror_orders_b_c');
    await eventually(
      async () => (await query(lab().hub, CONTROL, "SELECT FROM bucardo.sync WHERE name = 'orders_b_c' AND checktime = '1s'")).length === 1,
    );
    controller.kill('SIGTERM');
    expect(await controller.ended).toEqual({ exitCode: 0, signal: null });
  });

  /** When a look ended last, epoch milliseconds. */
  async function lastLoop(): Promise<number> {
    const { message } = await controller.says(/the page is at /);
    const metrics = await (await fetch(`${/http:\/\/\S+/.exec(message)?.[0] ?? ''}metrics`)).text();
    return 1_000 * Number(/^goatherd_last_loop_timestamp_seconds (\S+)$/m.exec(metrics)?.[1]);
  }

  /** The controller's sessions in the control database: there are no more of them than its looks need. */
  async function listeners(): Promise<number> {
    const rows = await query(
      lab().hub,
      'postgres',
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = '${CONTROL}' AND application_name = 'goatherd controller'`,
    );
    return Number(rows[0]?.['n']);
  }
});
