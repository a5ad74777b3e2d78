import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { hold } from './support/hold.ts';
import { bucardoTriggers } from './support/one-of-each.ts';
import { type Proxy, startProxy } from './support/proxy.ts';
import { query } from './support/query.ts';
import {
  controllerFiles,
  type ControllerFiles,
  hostFile,
  type LogLine,
  startController,
  type StartedController,
} from './support/start-controller.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/** Notes on A when each trigger is made. */
const WITNESS = `
  CREATE SCHEMA witness;
  CREATE TABLE witness.made (name text, at timestamptz);
  CREATE FUNCTION witness.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO witness.made SELECT object_identity, clock_timestamp() FROM pg_event_trigger_ddl_commands(); END $$;
  CREATE EVENT TRIGGER witness ON ddl_command_end WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION witness.note();`;

const saidAt = ({ time }: LogLine): number => Date.parse(String(time));

describe('the acting one of two controllers loses its line to the hub in the middle of a step', () => {
  const lab = useLab({ clusters: ['a', 'b'] }, async (started) => {
    await loadStock(started);
    await query(clusterOf(started, 'a'), started.dbname, WITNESS);
    // The step is that of triggers: nothing is copied, and no daemon runs.
    await declare(started, { state: 'stopped', tables: { exclude: ['witness.*'] } });
  });
  let proxy: Proxy;
  let files: ControllerFiles;
  let first: StartedController;
  let second: StartedController;
  const triggersOfItems = async (): Promise<number> =>
    (await bucardoTriggers(lab(), 'a')).filter((trigger) => trigger.startsWith('items ')).length;

  beforeAll(async () => {
    proxy = await startProxy(lab().hub);
    files = await controllerFiles(lab());
    const { hub } = parse(await readFile(lab().configFile, 'utf8')) as { hub: Readonly<Record<string, unknown>> };
    const configFile = await hostFile(lab(), 'cut', {
      hub: { ...hub, port: proxy.port },
      controller: { look_every: '1s', deep_look_every: '10s' },
      listen: '127.0.0.1:0',
    });
    first = startController({ ...files, configFile });
  });

  afterAll(async () => {
    first.kill('SIGTERM');
    await first.ended;
    await proxy.close();
  });

  test('it stops before the other one begins, and does nothing after', async () => {
    const table = await hold(lab(), 'a', 'LOCK TABLE items IN ROW EXCLUSIVE MODE');
    await first.says(/acting: this controller holds the lock/);
    await eventually(async () => (await bucardoTriggers(lab(), 'a')).some((trigger) => trigger.startsWith('notes ')));
    second = startController(files);
    await second.says(/standing by: goatherd controller on .* acts/);
    expect(await triggersOfItems()).toBe(0);

    proxy.forget();
    await first.says(/nothing is acted on until it is had again/);
    // From now on whoever thinks that it acts has what it waited for.
    await table.release();
    const acting = await second.says(/acting: this controller holds the lock/);
    await second.says(/CONVERGED/);
    expect(await triggersOfItems()).toBe(2);
    const made = await query(clusterOf(lab(), 'a'), lab().dbname, "SELECT at FROM witness.made WHERE name LIKE '% on public.items'");
    expect(made).toHaveLength(2);
    for (const { at } of made) expect((at as Date).getTime()).toBeGreaterThanOrEqual(saidAt(acting));
    const steps = first.lines.filter((line) => line['event'] === 'step_done' || line['event'] === 'gate_open');
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) expect(saidAt(step)).toBeLessThan(saidAt(acting));
    const runs = await query(lab().hub, 'goatherd', 'SELECT started_at FROM goatherd.history');
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs) expect(Number(run['started_at'])).toBeGreaterThanOrEqual(saidAt(acting));
  });

  test('when its line is whole again it stands by, and acts when the other one ends', async () => {
    const from = first.lines.length;
    proxy.mend();
    await first.says(/standing by: goatherd controller on .* acts/, { from });
    second.kill('SIGTERM');
    expect(await second.ended).toEqual({ exitCode: 0, signal: null });
    await first.says(/acting: this controller holds the lock/, { from });
    await writeFile(files.topologyFile, `${await readFile(files.topologyFile, 'utf8')}\nkick_interval: 2s\n`);
    await first.says(/CONVERGED/, { from });
    expect(await query(lab().hub, 'bucardo_orders_a_b', 'SELECT extract(epoch FROM checktime)::int AS seconds FROM bucardo.sync')).toEqual([
      { seconds: 2 },
    ]);
  });
});
