import { describe, expect, test } from 'vitest';
import { isBucardo } from '../../src/lab/processes.ts';
import { masterPidFile } from '../../src/observe/observe-daemon.ts';
import { eventually } from './support/eventually.ts';
import { query, withSession } from './support/query.ts';
import { controllerFiles, hostFile, startController, type StartedController } from './support/start-controller.ts';
import { loadStock } from './support/stock.ts';
import { useLab } from './support/use-lab.ts';

const CONTROL = 'bucardo_orders_a_b';

/** What Bucardo itself says makes the controller look, and is no more than a hint. Its own looks are ten minutes apart here. */
describe("Bucardo's notifications", () => {
  const lab = useLab({ clusters: ['a', 'b'] }, loadStock);
  let controller: StartedController;
  const masterPid = (): number => masterPidFile(lab().pidDir, 'orders_a_b')?.pid ?? 0;
  const notify = (channel: string): Promise<unknown> => query(lab().hub, CONTROL, `NOTIFY "${channel}"`);

  /** As a person would, with `bucardo stop`; gives the channels on which the daemon spoke. */
  async function stopByHand(): Promise<readonly string[]> {
    const pid = masterPid();
    expect(await isBucardo(pid)).toBe(true);
    return withSession(lab().hub, CONTROL, async (client) => {
      const heard: string[] = [];
      client.on('notification', ({ channel }) => heard.push(channel));
      await client.query('LISTEN bucardo_stopped; LISTEN bucardo_kid_pid_stop');
      await client.query('NOTIFY bucardo_mcp_fullstop');
      await eventually(async () => !(await isBucardo(pid)));
      await eventually(async () => (await client.query('SELECT 1')).rowCount === 1 && heard.includes('bucardo_stopped'));
      return heard;
    });
  }

  const anotherRuns = (before: number): Promise<unknown> =>
    eventually(async () => masterPid() !== before && (await isBucardo(masterPid())), { timeoutMs: 120_000 });

  test('that it stopped is followed at once; without a session that hears it the next look finds it all the same', async () => {
    const { directory } = await controllerFiles(lab());
    const configFile = await hostFile(lab(), 'patient', {
      controller: { look_every: '10m', deep_look_every: '10m' },
      listen: '127.0.0.1:0',
    });
    controller = startController({ directory, configFile });
    await controller.says(/CONVERGED/, { timeoutMs: 120_000 });
    await eventually(async () => (await listeners()) > 0);

    let before = masterPid();
    let from = controller.lines.length;
    expect(await stopByHand()).toContain('bucardo_kid_pid_stop');
    // By now it is gone for certain, however slow this machine is.
    await notify('bucardo_stopped');
    await anotherRuns(before);
    await controller.says(/CONVERGED/, { from, timeoutMs: 120_000 });

    await query(
      lab().hub,
      'postgres',
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'goatherd controller'`,
    );
    await eventually(async () => (await listeners()) === 0);
    before = masterPid();
    await stopByHand();
    from = controller.lines.length;
    controller.kill('SIGHUP');
    await anotherRuns(before);
    await controller.says(/CONVERGED/, { from, timeoutMs: 120_000 });

    // Who looked listens again.
    await eventually(async () => (await listeners()) > 0);
    before = masterPid();
    await stopByHand();
    await notify('bucardo_stopped');
    await anotherRuns(before);
    controller.kill('SIGTERM');
    expect(await controller.ended).toEqual({ exitCode: 0, signal: null });
  });

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
