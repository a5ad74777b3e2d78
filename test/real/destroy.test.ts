import { beforeAll, describe, expect, test } from 'vitest';
import { checksums } from './support/checksums.ts';
import { declare } from './support/declare.ts';
import { leftovers } from './support/leftovers.ts';
import { query } from './support/query.ts';
import { reconcile, reconciled } from './support/reconciled.ts';
import { type GoatherdRun, runGoatherd } from './support/run-goatherd.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const lab = useLab({}, loadStock);
const destroy = (...more: readonly string[]): Promise<GoatherdRun> =>
  runGoatherd(['reconcile', '--config', lab().configFile, '--destroy', 'orders', ...more]);
const chain = ['a -> b', 'b -> c'];
const fanOut = ['a -> b', 'a -> c'];
const shared = { instance: 'all' };

describe('nothing is destroyed', () => {
  beforeAll(async () => {
    await declare(lab(), { links: chain });
    await reconciled(lab());
  });

  test('a topology that the ledger does not know is refused, and those that it knows are named', async () => {
    const run = await runGoatherd(['reconcile', '--config', lab().configFile, '--destroy', 'order']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('known: orders');
    const withPath = await destroy(lab().topologyFile);
    expect(withPath).toMatchObject({ exitCode: 64, stdout: '' });
  });

  test('without an approval nothing is done, and the id and the words that approve it are said', async () => {
    const before = await leftovers(lab());
    const run = await destroy();
    expect(run).toMatchObject({ exitCode: 20 });
    expect(run.stdout).toMatch(/goatherd reconcile --destroy orders --approve [0-9a-f]{4}-[0-9a-f]{4}\n/);
    expect(run.stdout).not.toContain('removed: [');
    expect(await leftovers(lab())).toEqual(before);
    expect(before).toEqual(expect.arrayContaining(['a: schema bucardo', 'ledger: link orders/a-b']));
  });

  test('protected, it is refused whatever approves it, until a file without `protect` has been applied', async () => {
    await declare(lab(), { protect: true });
    await reconciled(lab());
    const refused = await destroy('--dry-run');
    expect(refused.stdout).toContain('blocked: protected');
    expect(refused.stdout).not.toContain('--approve');
    await declare(lab(), { protect: null });
    await reconciled(lab());
  });
});

// One lab for all: what was destroyed is made again in another shape, with the rows of the last one in place.
const shapes = [
  { shape: 'A -> B -> C, an instance for each link', links: chain, bucardo: null },
  { shape: 'a fan-out in one instance', links: fanOut, bucardo: shared },
  { shape: 'A -> B -> C in one instance', links: chain, bucardo: shared },
  { shape: 'a fan-out, an instance for each link', links: fanOut, bucardo: null },
];

describe.each(process.env['GOATHERD_TEST_ALL'] === '1' ? shapes : shapes.slice(0, 2))('$shape', ({ links, bucardo }) => {
  beforeAll(async () => {
    await declare(lab(), { links, bucardo });
    await reconciled(lab());
  });

  test('approved, everything goes in order, and every table of the users stays as it is', async () => {
    const tables = async () =>
      Promise.all(
        ['a', 'b', 'c'].map(async (name) => [
          await checksums(clusterOf(lab(), name), lab().dbname),
          await query(
            clusterOf(lab(), name),
            lab().dbname,
            "SELECT oid::int, relname, relkind, relfilenode::int FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
          ),
        ]),
      );
    const before = await tables();
    const id = /--approve (\S+)/.exec((await destroy('--dry-run')).stdout)?.[1] ?? '';
    const run = await destroy('--approve', id);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(await tables()).toEqual(before);
    expect(await leftovers(lab())).toEqual([]);
    const again = await destroy();
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.stderr).toContain('it knows none');
  });

  test('the plan of its file is then that of a new topology', async () => {
    const run = await reconcile(lab(), '--dry-run');
    expect(run.stdout).toContain('2 links to create');
  });
});
