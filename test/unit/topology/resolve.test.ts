import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderProblems } from '../../../src/report/problems.ts';
import type { Link, Topology } from '../../../src/topology/model.ts';
import { readTopology } from '../../../src/topology/resolve.ts';

const databases = `databases:
  a: {host: pg-a.internal, dbname: orders}
  b: {host: pg-b.internal, dbname: orders}
  c: {host: pg-c.internal, dbname: orders}
  d: {host: pg-d.internal, dbname: orders}
`;

function resolved(rest: string, before = `topology: orders\n${databases}`): Topology {
  const { topology, problems } = readTopology('orders.yaml', before + rest);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return topology!;
}

function link(topology: Topology, id: string): Link {
  return topology.links.find((one) => one.id === id)!;
}

describe('defaults', () => {
  test('the five-line file', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../topologies/orders.yaml'), 'utf8');
    const { topology, problems } = readTopology('topologies/orders.yaml', text);
    expect(problems).toEqual([]);
    expect(topology).toEqual({
      name: 'orders',
      file: 'topologies/orders.yaml',
      databases: ['a', 'b', 'c'].map((name, index) => ({
        name,
        connection: { host: `pg-${name}.internal`, port: 5432, dbname: 'orders', user: 'goatherd' },
        cascade: true,
        at: { file: 'topologies/orders.yaml', line: 4 + index, column: 3 },
      })),
      links: [
        ['a', 'b', 9],
        ['b', 'c', 17],
      ].map(([from, to, column]) => ({
        id: `${from}-${to}`,
        address: `orders/${from}-${to}`,
        from,
        to,
        copyData: 'empty',
        copyGeneration: 1,
        disableKicking: true,
        kickIntervalSeconds: 1,
        tables: { include: ['*.*'], exclude: [] },
        sequences: 'auto',
        locks: { timeoutMs: 500, budgetMs: 1_800_000 },
        state: 'running',
        settings: {},
        protect: false,
        drift: 'heal',
        instanceName: null,
        instance: `orders_${from}_${to}`,
        control: `bucardo_orders_${from}_${to}`,
        sync: `orders_${from}_${to}`,
        dbgroup: `orders_${from}_${to}`,
        relgroup: `orders_${from}_${to}`,
        aliases: { from, to },
        at: { file: 'topologies/orders.yaml', line: 7, column },
      })),
      removed: [],
    });
  });

  test('protection stands at the topology for every link that does not say otherwise', () => {
    const topology = resolved('protect: true\nlinks: [a -> b, {from: b, to: c, protect: false}]');
    expect(topology.links.map((one) => [one.id, one.protect])).toEqual([
      ['a-b', true],
      ['b-c', false],
    ]);
  });

  test('a removal that is approved in git drains unless it says otherwise', () => {
    const entries = 'removed: [{link: b -> c, plan: 52fe-9103}, {link: c->d, plan: 0000-ffff, reclaim: teardown, drain: false}]';
    expect(resolved(`links: [a -> b]\n${entries}`).removed).toMatchObject([
      { address: 'orders/b-c', plan: '52fe-9103', drain: true },
      { address: 'orders/c-d', plan: '0000-ffff', drain: false },
    ]);
  });

  test('a service fills in what the file does not say, so nothing is put in its way', () => {
    const topology = resolved('links: [a -> b]', 'topology: t\ndatabases: {a: {service: one}, b: {service: two, port: 5433}}\n');
    expect(topology.databases.map(({ connection }) => connection)).toEqual([{ service: 'one' }, { service: 'two', port: 5433 }]);
  });

  test('with kick triggers the poll is a safety net', () => {
    expect(link(resolved('disable_kicking: false\nlinks: [a -> b]'), 'a-b').kickIntervalSeconds).toBe(30);
    expect(link(resolved('disable_kicking: false\nkick_interval: 2 m\nlinks: [a -> b]'), 'a-b').kickIntervalSeconds).toBe(120);
  });

  test('the longest names are within what Bucardo bears (FACTS 2.2)', () => {
    const [one] = resolved(
      'links: [abcdefg1 -> abcdefg2]\n',
      'topology: a_name_of_16_chr\ndatabases:\n  abcdefg1: {service: x}\n  abcdefg2: {service: y}\n',
    ).links;
    expect(one!.sync).toBe('a_name_of_16_chr_abcdefg1_abcdefg2');
    expect(one!.sync.length).toBeLessThanOrEqual(35);
    const instance = resolved('bucardo: {instance: abcdefghijklmnop}\nlinks: [a -> b]', `topology: a_name_of_16_chr\n${databases}`);
    expect(instance.links[0]!.instance.length).toBeLessThanOrEqual(35);
  });
});

describe('inheritance', () => {
  const topology = resolved(`copy_data: never
kick_interval: 5s
tables: {include: ["public.*"], exclude: ["public.log"]}
sequences: {include: ["public.*"]}
locks: {timeout: 1s}
bucardo: {settings: {log_level: debug, kid_sleep: 0.25}}
links:
  - a -> b
  - from: b
    to: c
    copy_data: always
    tables: {exclude: []}
    sequences: auto
    locks: {budget: 1h}
    state: stopped
    bucardo: {settings: {log_level: terse, ctl_sleep: 1}, instance: own}
`);

  test('a link that says nothing has what the topology says', () => {
    expect(link(topology, 'a-b')).toMatchObject({
      copyData: 'never',
      kickIntervalSeconds: 5,
      tables: { include: ['public.*'], exclude: ['public.log'] },
      sequences: { include: ['public.*'], exclude: [] },
      locks: { timeoutMs: 1000, budgetMs: 1_800_000 },
      settings: { kid_sleep: '0.25', log_level: 'debug' },
      instance: 'orders_a_b',
    });
  });

  test('mappings are merged key by key, all else is replaced', () => {
    expect(link(topology, 'b-c')).toMatchObject({
      copyData: 'always',
      kickIntervalSeconds: 5,
      tables: { include: ['public.*'], exclude: [] },
      sequences: 'auto',
      locks: { timeoutMs: 1000, budgetMs: 3_600_000 },
      state: 'stopped',
      settings: { ctl_sleep: '1', kid_sleep: '0.25', log_level: 'terse' },
      instance: 'orders_own',
      sync: 'orders_b_c',
    });
  });

  test('one database may differ about passing on', () => {
    const own = databases.replace('dbname: orders}', 'dbname: orders, cascade: true}');
    const cascades = resolved('cascade: false\nlinks: [a -> b]', `topology: orders\n${own}`).databases;
    expect(cascades.map(({ name, cascade }) => [name, cascade])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
      ['d', false],
    ]);
  });
});

describe('order', () => {
  test.each([
    ['c -> d, b -> c, a -> b', 'a-b b-c c-d'],
    ['a -> d, a -> b, b -> c', 'a-d a-b b-c'],
    ['b -> d, a -> c, a -> b', 'a-c a-b b-d'],
  ])('[%s] upstream first, otherwise as written', (links, expected) => {
    const order = resolved(`links: [${links}]`).links.map(({ id }) => id);
    expect(order.join(' ')).toBe(expected);
  });
});

test('references to passwords are kept as references', () => {
  const {
    databases: [a],
  } = resolved(
    'links: [a -> b]',
    'topology: t\ndatabases: {a: {service: s, password: {env: A}, schema_owner: {user: o, password: {file: /p}}}, b: {service: t}}\n',
  );
  expect(a!.connection.password).toEqual({ env: 'A' });
  expect(a!.schemaOwner).toEqual({ user: 'o', password: { file: '/p' } });
});

test('an alias repeats a value, and a mistake in it is told once, where it is written', () => {
  const text = `topology: orders\ndatabases: {a: {service: a}, b: {service: b}, c: {service: c}}\nlinks:\n  - {from: a, to: b, tables: &t {include: [orders]}}\n  - {from: b, to: c, tables: *t}\n`;
  const { problems } = readTopology('x.yaml', text);
  expect(problems.map(({ code, at }) => [code, at.line, at.column])).toEqual([['BadPattern', 4, 44]]);
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('the key %s is unknown like any other', (key) => {
  for (const text of [`${key}: 1\n`, `bucardo: {settings: {${key}: 1}}\n`, `locks: {${key}: 1s}\n`]) {
    const { topology, problems } = readTopology('x.yaml', `topology: orders\n${databases}links: [a -> b, b -> c, c -> d]\n${text}`);
    expect(topology).toBeUndefined();
    expect(problems.map(({ code }) => code)).toEqual([text.startsWith('bucardo') ? 'UnknownSetting' : 'UnknownKey']);
  }
});

const examples = join(import.meta.dirname, '../../../examples');
test.each(readdirSync(examples).filter((name) => name.endsWith('.yaml')))(
  'examples/%s is valid, without a warning, and names its schema',
  (name) => {
    const text = readFileSync(join(examples, name), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../schemas/topology.schema.json');
    const { topology, problems } = readTopology(name, text);
    expect(problems).toEqual([]);
    expect(topology).toBeDefined();
  },
);

test.each([
  'hunter2',
  '"hunter2',
  "'hunter2",
  '!hunter2',
  '*hunter2',
  '&hunter2',
  '>hunter2',
  '|hunter2',
  '@hunter2',
  '%hunter2',
  '`hunter2',
  '"a" hunter2',
  '"\\qhunter2"',
  'hunter2: x',
  '- hunter2',
  '? hunter2',
  '{hunter2}',
  '{ens: hunter2}',
  '{env: [hunter2]}',
  '{env: "hunter2 and more"}',
  '{env: hunter-2-hunter2}',
  '[hunter2]',
  '\n      - hunter2',
  '\n      hunter2: 1',
  '\n    hunter2',
])('a password written down is not repeated: %j', (written) => {
  for (const rest of ['\n  b: {service: b}\nlinks: [a -> b]\n', '\n  b: {service: b}\n x\nlinks: [a -> b\n']) {
    const { topology, problems } = readTopology(
      'x.yaml',
      `topology: orders\ndatabases:\n  a:\n    service: a\n    password: ${written}${rest}`,
    );
    expect(topology).toBeUndefined();
    expect(renderProblems(problems)).not.toContain('hunter2');
  }
});
