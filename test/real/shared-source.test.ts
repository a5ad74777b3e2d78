import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { leftovers } from './support/leftovers.ts';
import { query } from './support/query.ts';
import { reconcile, reconciled } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { onEach, SHAPED, steadyWrites } from './support/steady.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/** A source that two topologies share, while it is written to. */
const lab = useLab({}, async (started) => {
  await loadStock(started);
  await onEach(started, ['a', 'b', 'c'], SHAPED);
  await onEach(started, ['c'], "INSERT INTO notes VALUES (1, 'own')");
  await declare(started, { links: ['a -> b'] });
  await reconciled(started);
});
const writes = steadyWrites(lab);
afterAll(() => writes.pause().catch(() => undefined));

test('two topologies share a source: neither purges nor removes what the other needs', async () => {
  const text = await readFile(lab().topologyFile, 'utf8');
  const other = join(dirname(lab().topologyFile), 'others.yaml');
  await writeFile(
    other,
    text
      .replace('topology: orders', 'topology: others')
      .replace(/^ +b: .*\n/m, '')
      .replace(/^links:[^]*$/m, 'links: [{from: a, to: c, copy_data: always, tables: {include: [public.notes, public.shaped]}}]\n'),
  );
  await writeFile(lab().topologyFile, text.replace(/^ +c: .*\n/m, ''));
  const both = (...args: readonly string[]) => runGoatherd(['reconcile', '--config', lab().configFile, ...args, dirname(other)]);
  const id = /--approve ([0-9a-f]{4}-[0-9a-f]{4})/.exec((await both('--dry-run')).stdout)?.[1] ?? '';
  writes.start();
  expect(await both('--approve', id)).toMatchObject({ exitCode: 0 });
  // The first topology's daemon is told by the next run that its source has two targets now.
  expect(await both()).toMatchObject({ exitCode: 0 });
  const vac = (instance: string) => query(lab().hub, instance, "SELECT setting FROM bucardo.bucardo_config WHERE name = 'bucardo_vac'");
  expect([await vac('bucardo_orders_a_b'), await vac('bucardo_others_a_c')]).toEqual([[{ setting: '0' }], [{ setting: '0' }]]);
  await writes.pause();
  await expectSameData(lab(), 'a', 'b');
  const notes = (name: string) =>
    query(clusterOf(lab(), name), lab().dbname, 'SELECT count(*) AS n, sum(hashtext(t::text)) AS h FROM notes t');
  const onA = await notes('a');
  await eventually(async () => JSON.stringify(await notes('c')) === JSON.stringify(onA));

  // What waits for b stays while others goes.
  await runGoatherd(['stop', 'orders/a-b', '--reason', 'test', '--config', lab().configFile, '--path', dirname(other)]);
  await onEach(lab(), ['a'], "INSERT INTO notes VALUES (77, 'waits for b') ON CONFLICT (id) DO UPDATE SET note = excluded.note");
  await writeFile(
    other,
    text
      .replace('topology: orders', 'topology: others')
      .replace(/^ +b: .*\n/m, '')
      .replace(/^links:[^]*$/m, 'links: []\n'),
  );
  const gone = /--approve ([0-9a-f]{4}-[0-9a-f]{4})/.exec((await both('--dry-run')).stdout)?.[1] ?? '';
  const removal = await both('--approve', gone);
  expect(removal.stdout + removal.stderr).not.toContain('failed');
  expect((await leftovers(lab())).filter((line) => /others/.test(line))).toEqual([]);
  expect(await query(clusterOf(lab(), 'b'), lab().dbname, "SELECT 1 FROM notes WHERE note = 'waits for b'")).toEqual([]);
  await runGoatherd(['start', 'orders/a-b', '--config', lab().configFile, '--path', dirname(other)]);
  await expectSameData(lab(), 'a', 'b');
  await both();
  expect(await vac('bucardo_orders_a_b')).toEqual([{ setting: '1' }]);
  const text2 = await reconcile(lab(), '--dry-run', '--detailed-exitcode');
  expect(text2).toMatchObject({ exitCode: 0 });
});
