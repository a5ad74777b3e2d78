import { expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled, said } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { contentsOf } from './support/same-data.ts';
import { eventually } from './support/eventually.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const TABLES = `
  CREATE SCHEMA shop; CREATE SCHEMA loose;
  CREATE TABLE shop.orders (id serial PRIMARY KEY, net numeric(10,2) NOT NULL, tax numeric(10,2) NOT NULL,
    gross numeric(10,2) GENERATED ALWAYS AS (net + tax) STORED, note text);
  CREATE TABLE shop.order_log (id serial PRIMARY KEY, note text);
  CREATE TABLE shop.events (at date NOT NULL, id int NOT NULL, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
  CREATE TABLE shop.events_2025 PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TABLE shop.events_2026 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE TABLE public.kept (id int PRIMARY KEY, note text);
  CREATE TABLE public.other (id int PRIMARY KEY, note text);
  CREATE TABLE loose.keyed (id int PRIMARY KEY, note text);
  CREATE TABLE loose.keyless (id int, note text);
  CREATE TABLE loose.parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
  CREATE TABLE loose.parts_1 PARTITION OF loose.parts FOR VALUES FROM (0) TO (10);`;
const ROWS = `
  INSERT INTO shop.orders (net, tax, note) SELECT n, n * 0.2, 'order' FROM generate_series(1, 30) n;
  INSERT INTO shop.order_log (note) VALUES ('stays here'); INSERT INTO shop.events VALUES ('2025-05-05', 1), ('2026-05-05', 2);
  INSERT INTO public.kept VALUES (1, 'kept'); INSERT INTO public.other VALUES (1, 'stays here');
  INSERT INTO loose.keyed VALUES (1, 'keyed'); INSERT INTO loose.keyless VALUES (1, 'keyless');`;

const carried = [
  'table public.kept',
  'table shop.events_2025',
  'table shop.events_2026',
  'table shop.orders',
  'sequence shop.orders_id_seq',
];
const left = ['table public.other', 'table shop.order_log', 'sequence shop.order_log_id_seq'];

const LOOSE = ['loose.key*', 'loose.parts_1'];
const linksWith = (loose: { readonly include: readonly string[]; readonly exclude?: readonly string[] }) => [
  { from: 'a', to: 'b', tables: { include: ['shop.*', 'public.k*', 'none.*'], exclude: ['shop.*_log'] } },
  { from: 'a', to: 'c', tables: loose },
];

const lab = useLab({}, async (started) => {
  for (const name of ['a', 'b', 'c']) await query(clusterOf(started, name), started.dbname, TABLES);
  await query(clusterOf(started, 'a'), started.dbname, ROWS);
  await declare(started, { links: linksWith({ include: LOOSE }) });
});

const onA = (sql: string): Promise<unknown> => query(clusterOf(lab(), 'a'), lab().dbname, sql);

/** Waits until these relations hold the same on A and there. */
async function same(name: string, relations: readonly string[]): Promise<void> {
  const of = async (database: string): Promise<readonly unknown[]> => {
    const held = await contentsOf(lab(), database);
    return relations.map((relation) => `${relation}: ${held[relation]}`);
  };
  const wanted = await of('a');
  await eventually(async () => (await of(name)).join('\n'), { until: (now) => now === wanted.join('\n') });
}

test('a table without a key blocks its own link, and the other one converges', async () => {
  const plan = await planOf(lab());
  expect(said(plan, 'NoKey')).toEqual(['orders/a-c: loose.keyless']);
  expect(said(plan, 'PatternMatchesNothing')).toEqual(['orders/a-b: none.*']);
  expect(plan.links).toMatchObject([
    { address: 'orders/a-b', tables: 4, sequences: 1 },
    { address: 'orders/a-c', state: 'blocked' },
  ]);
  expect(plan.steps.filter((step) => step.address === 'orders/a-c' && step.blocked === null)).toEqual([]);

  const run = await reconcile(lab());
  expect(run.exitCode).toBe(20);
  expect(run.stdout).toContain('loose.keyless');
  await same('b', carried);
  expect(await query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT 1 FROM loose.keyed UNION ALL SELECT 1 FROM loose.keyless')).toEqual([]);
  expect(
    await query(
      clusterOf(lab(), 'a'),
      lab().dbname,
      `SELECT tgrelid::regclass FROM pg_trigger WHERE tgrelid IN
    ('loose.keyed'::regclass, 'loose.keyless'::regclass, 'shop.order_log'::regclass, 'public.other'::regclass) AND NOT tgisinternal`,
    ),
  ).toEqual([]);
});

test('included tables carry their generated columns, partitions and sequences; excluded ones stay alone', async () => {
  await onA(`INSERT INTO shop.orders (net, tax) VALUES (100, 7); UPDATE shop.orders SET net = net * 2 WHERE id <= 5; DELETE FROM shop.orders WHERE id = 30;
    INSERT INTO shop.events VALUES ('2026-06-06', 3); UPDATE shop.events SET at = '2025-07-07' WHERE id = 2; UPDATE public.kept SET note = 'changed';
    INSERT INTO shop.order_log (note) VALUES ('stays here, too'); UPDATE public.other SET note = 'changed'`);
  await same('b', carried);
  const gross = await query(clusterOf(lab(), 'b'), lab().dbname, 'SELECT count(*)::int AS n FROM shop.orders WHERE gross = net + tax');
  expect(gross).toEqual([{ n: 30 }]);
  const held = await contentsOf(lab(), 'b');
  expect(left.map((relation) => held[relation])).toEqual(['0 rows, hash 0', '0 rows, hash 0', '1 false']);
});

test('with a key the link goes on where it was blocked', async () => {
  for (const name of ['a', 'c']) await query(clusterOf(lab(), name), lab().dbname, 'ALTER TABLE loose.keyless ADD PRIMARY KEY (id)');
  await reconciled(lab());
  await same('c', ['table loose.keyed', 'table loose.keyless']);
  await onA("UPDATE loose.keyless SET note = 'has a key now'");
  await same('c', ['table loose.keyed', 'table loose.keyless']);
  await expectNothingLeft(lab());
});

test('a partition that no pattern names is drift with its line until it is excluded or named, and the link stays Ready', async () => {
  for (const name of ['a', 'c'])
    await query(clusterOf(lab(), name), lab().dbname, 'CREATE TABLE loose.parts_2 PARTITION OF loose.parts FOR VALUES FROM (10) TO (20)');
  const plan = await planOf(lab(), 2, '--detailed-exitcode');
  const line = '- "loose.parts_2" (or - "loose.parts")';
  expect(plan).toMatchObject({
    verdict: 'drift',
    steps: [],
    counts: { drift: 1 },
    changes: [
      {
        address: 'orders/a-c',
        action: 'drift',
        treatment: 'warn',
        fields: [{ path: 'loose.parts_2', before: 'not replicated', after: line }],
      },
    ],
  });
  expect(await reconcile(lab())).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('1 fact has drifted and is left as it is.'),
  });
  const status = await runGoatherd(['status', '--config', lab().configFile, lab().topologyFile]);
  expect(status.stdout).toMatch(/^orders {3}READY {3}/);
  expect(status.stdout.replaceAll(/\s+/g, ' ')).toContain(line);

  await declare(lab(), { links: linksWith({ include: LOOSE, exclude: ['loose.parts_2'] }) });
  await reconciled(lab());
  await expectNothingLeft(lab());

  await onA('INSERT INTO loose.parts VALUES (1), (11)');
  await declare(lab(), { links: linksWith({ include: [...LOOSE, 'loose.parts_2'] }) });
  await reconciled(lab());
  await onA('INSERT INTO loose.parts VALUES (2), (12)');
  await same('c', ['table loose.parts_1', 'table loose.parts_2']);
  await expectNothingLeft(lab());
});
