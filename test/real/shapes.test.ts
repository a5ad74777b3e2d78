import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconciled } from './support/reconciled.ts';
import { expectSameData } from './support/same-data.ts';
import { loadStock, STOCK_CHANGES } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

interface Shape {
  readonly shape: string;
  readonly clusters: readonly string[];
  readonly links: readonly string[];
  readonly keys?: Readonly<Record<string, unknown>>;
  /** Control databases that it makes. */
  readonly instances: readonly string[];
}

const fanOut = { clusters: ['a', 'b', 'c'], links: ['a -> b', 'a -> c'] };
const tree = { clusters: ['a', 'b', 'c', 'd'], links: ['a -> b', 'b -> c', 'b -> d'] };
/** CI's sample; fan-outs with an instance for each link are in other files of this folder. */
const sample: readonly Shape[] = [
  {
    shape: 'a chain of four databases',
    clusters: ['a', 'b', 'c', 'd'],
    links: ['a -> b', 'b -> c', 'c -> d'],
    instances: ['orders_a_b', 'orders_b_c', 'orders_c_d'],
  },
  {
    shape: 'a tree that branches below B, one instance, kicks',
    ...tree,
    keys: { bucardo: { instance: 'all' }, disable_kicking: false },
    instances: ['orders_all'],
  },
];
const rest: readonly Shape[] = [
  { shape: 'a fan-out, an instance for each link', ...fanOut, instances: ['orders_a_b', 'orders_a_c'] },
  { shape: 'a fan-out in one instance', ...fanOut, keys: { bucardo: { instance: 'all' } }, instances: ['orders_all'] },
  {
    shape: 'a fan-out in one instance with kicks',
    ...fanOut,
    keys: { bucardo: { instance: 'all' }, disable_kicking: false },
    instances: ['orders_all'],
  },
  { shape: 'a tree that branches below B', ...tree, instances: ['orders_a_b', 'orders_b_c', 'orders_b_d'] },
  {
    shape: 'a chain of four databases in one instance',
    clusters: ['a', 'b', 'c', 'd'],
    links: ['a -> b', 'b -> c', 'c -> d'],
    keys: { bucardo: { instance: 'all' } },
    instances: ['orders_all'],
  },
];
const shapes = process.env['GOATHERD_TEST_ALL'] === '1' ? [...sample, ...rest] : sample;

describe.each(shapes)('$shape', ({ clusters, links, keys = {}, instances }) => {
  const lab = useLab({ clusters }, async (started) => {
    await loadStock(started);
    await declare(started, { links, ...keys });
  });
  const others = clusters.slice(1);

  test('converges in one run; every row is everywhere, and nothing is left to do', async () => {
    const plan = await planOf(lab());
    expect(plan.links.map((link) => link.address)).toEqual(links.map((link) => `orders/${link.replace(' -> ', '-')}`));
    const document = await reconciled(lab());
    expect(document.runs).toMatchObject([{ outcome: 'converged' }]);
    await expectSameData(lab(), 'a', ...others);
    expect(await controlDatabases(lab())).toEqual(instances.map((name) => `bucardo_${name}`));
    // The proof of arrival notes one key, at the source: what stands below was brought there. It may be purged by now.
    for (const name of clusters.filter(
      (one) => links.some((link) => link.endsWith(` ${one}`)) && links.some((link) => link.startsWith(`${one} `)),
    ))
      expect(await noted(lab(), name)).toBeLessThanOrEqual(1);
    await expectNothingLeft(lab());
  });

  test('changes of every kind arrive everywhere', async () => {
    for (const sql of STOCK_CHANGES) {
      const before = await expectSameData(lab(), 'a', ...others);
      await query(clusterOf(lab(), 'a'), lab().dbname, sql);
      expect(await expectSameData(lab(), 'a', ...others)).not.toEqual(before);
    }
    const plan = await expectNothingLeft(lab());
    expect(plan.diagnostics.filter((one) => one.severity !== 'note')).toEqual([]);
  });
});

/** Rows in the delta tables of the stock. */
async function noted(lab: Lab, name: string): Promise<number> {
  const counts = ['items', 'moves', 'notes'].map((table) => `(SELECT count(*) FROM bucardo.delta_public_${table})`);
  const rows = await query(clusterOf(lab, name), lab.dbname, `SELECT (${counts.join(' + ')})::int AS n`);
  return Number(rows[0]?.['n']);
}

async function controlDatabases(lab: Lab): Promise<readonly unknown[]> {
  const rows = await query(lab.hub, 'postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'bucardo\\_%' ORDER BY 1");
  return rows.map((row) => row['datname']);
}
