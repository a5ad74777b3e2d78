import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { type BlackHole, blackHole } from './support/black-hole.ts';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { hold } from './support/hold.ts';
import { withLab } from './support/lab.ts';
import { query } from './support/query.ts';
import { controllerFiles, startController } from './support/start-controller.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf } from './support/use-lab.ts';

const WHOLE = process.env['GOATHERD_TEST_ALL'] === '1';
/** Several times what Bucardo's processes need to see that a line is dead. */
const PATIENCE = { timeoutMs: 400_000, everyMs: 250 };

/** B is reached by an address that can vanish. Nothing but what libpq is told in `dbconn` ends the kids that wait on it. */
test.runIf(WHOLE)(
  'kids on a line that died without a word give up, and rows arrive when it is back',
  { timeout: 900_000 },
  async ({ skip }) => {
    const hole = await blackHole();
    if (hole === null) return skip('it takes root, and `ip` with bridges');
    try {
      await withLab({ settings: { listen_addresses: `127.0.0.1,${hole.address}` } }, (lab) => outlive(lab, hole));
    } finally {
      await hole.remove();
    }
  },
);

async function outlive(lab: Lab, hole: BlackHole): Promise<void> {
  await loadStock(lab);
  const b = clusterOf(lab, 'b');
  await appendFile(join(b.dataDir, 'pg_hba.conf'), `host all all ${hole.address}/32 trust\n`);
  await query(b, 'postgres', 'SELECT pg_reload_conf()');
  await declare(lab, { databases: { b: { host: hole.address } }, links: ['a -> b', 'b -> c'] });
  const controller = startController(await controllerFiles(lab), { timeoutMs: 0 });
  try {
    await controller.says(/CONVERGED/);
    const holder = await hold(lab, 'b', 'LOCK TABLE notes');
    await query(clusterOf(lab, 'a'), lab.dbname, "INSERT INTO notes VALUES (7001, 'while the line dies')");
    // The one kid waits for an answer of B, the other asks B for changes every second.
    await eventually(async () => (await query(b, lab.dbname, WAITING)).length > 0);
    const kids = await Promise.all(['orders_a_b', 'orders_b_c'].map((instance) => kidOf(lab, instance)));
    await hole.open();
    const opened = performance.now();
    await Promise.all(
      kids.map(async (pid, at) => {
        await eventually(() => !existsSync(`/proc/${pid}`), PATIENCE);
        say(`the kid of ${['a -> b', 'b -> c'][at]} gave up after`, opened);
      }),
    );
    await hole.close();
    await holder.release();
    const closed = performance.now();
    await eventually(
      async () => (await query(clusterOf(lab, 'c'), lab.dbname, 'SELECT FROM notes WHERE id = 7001')).length === 1,
      PATIENCE,
    );
    say('the row arrived, after the line was back, in', closed);
    expect(controller.lines.filter(({ message }) => message.includes('does nothing for'))).toEqual([]);
  } finally {
    controller.kill('SIGTERM');
    await controller.ended;
  }
}

const WAITING = "SELECT FROM pg_stat_activity WHERE application_name LIKE 'bucardo %' AND wait_event_type = 'Lock'";

async function kidOf(lab: Lab, instance: string): Promise<number> {
  const file = join(lab.pidDir, instance, `bucardo.kid.sync.${instance}.pid`);
  return eventually(async () => Number((await readFile(file, 'utf8')).split('\n')[0]));
}

function say(what: string, since: number): void {
  process.stdout.write(`${what} ${((performance.now() - since) / 1000).toFixed(0)} s\n`);
}
