import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Topology } from '../../../src/topology/model.ts';
import { readTopology } from '../../../src/topology/resolve.ts';

const duration = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom('s', ' s', 'm', ' m', 'h'))
  .map(([count, unit]) => `${count}${unit}`);
const patterns = fc.uniqueArray(fc.constantFrom('public.*', 'sales.order_?', '*.log', 'sales.*', 'Mixed.Case Name'), {
  minLength: 1,
  maxLength: 3,
});
const selection = fc.record({ include: patterns, exclude: fc.constantFrom([], ['public.draft_*']) }, { requiredKeys: [] });
const shared = fc.record(
  {
    copy_data: fc.constantFrom('empty', 'always', 'never'),
    kick_interval: duration,
    tables: selection,
    sequences: fc.oneof(fc.constant('auto'), selection),
    locks: fc.record({ timeout: fc.constantFrom('1ms', '500 ms', '2s'), budget: fc.constantFrom('1m', '2h') }, { requiredKeys: [] }),
    state: fc.constantFrom('running', 'stopped'),
    bucardo: fc.record({
      settings: fc.record(
        { log_level: fc.constantFrom('terse', 'debug'), kid_sleep: fc.constantFrom(0.5, 1), log_showpid: fc.constantFrom(0, 1) },
        { requiredKeys: [] },
      ),
    }),
  },
  { requiredKeys: [] },
);
const secret = fc.constantFrom({ env: 'PG_PASSWORD' }, { file: '/etc/goatherd/password' });
const connection = fc.record(
  {
    port: fc.integer({ min: 1, max: 65_535 }),
    user: fc.constantFrom('goatherd', 'Some One'),
    password: secret,
    sslmode: fc.constantFrom('require', 'verify-full'),
    schema_owner: fc.record({ user: fc.constant('owner'), password: secret }, { requiredKeys: ['user'] }),
    cascade: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** A tree of up to six databases, each fed by an earlier one: no cycle, no table with two sources. */
const topologyFile = fc
  .tuple(
    fc.array(fc.tuple(connection, fc.nat(), fc.option(shared, { nil: undefined })), { minLength: 2, maxLength: 6 }),
    shared,
    fc.constantFrom('orders', 'o_2'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([nodes, common, topology, kick, byService]) => {
    const name = (index: number): string => `db${index}`;
    const databases = Object.fromEntries(
      nodes.map(([keys], index) => [
        name(index),
        byService ? { ...keys, service: `s${index}` } : { ...keys, host: `pg-${index}.internal`, dbname: 'orders' },
      ]),
    );
    const links = nodes.slice(1).map(([, parent, keys], index) => {
      const [from, to] = [name(parent % (index + 1)), name(index + 1)];
      return keys === undefined ? `${from} -> ${to}` : { from, to, ...keys };
    });
    // Kick triggers ask for a shared instance, and a shared instance for equal settings.
    const { bucardo, ...rest } = common;
    const oneInstance = { disable_kicking: false, bucardo: { ...bucardo, instance: 'shared' } };
    const equal = links.map((link) => (typeof link === 'string' ? link : withoutBucardo(link)));
    return kick ? { topology, databases, links: equal, ...rest, ...oneInstance } : { topology, databases, links, ...common };
  });

function withoutBucardo({ bucardo: _left, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest;
}

/** The same file with the keys of every mapping in another order; lists keep theirs. */
function shuffled(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => shuffled(one, order));
  if (typeof value !== 'object' || value === null) return value;
  const mapping = value as Record<string, unknown>;
  return Object.fromEntries(order(Object.keys(mapping)).map((key) => [key, shuffled(mapping[key], order)]));
}

function withoutPlaces(topology: Topology | undefined): unknown {
  return JSON.parse(JSON.stringify(topology, (key, value: unknown) => (key === 'at' ? undefined : value)));
}

describe('every valid file', () => {
  test('resolves, each link after those that feed it, in any order of keys', () => {
    fc.assert(
      fc.property(topologyFile, fc.infiniteStream(fc.nat()), (file, numbers) => {
        const { topology, problems } = readTopology('f.yaml', stringify(file));
        expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(topology?.links.length).toBe(file.links.length);
        topology?.links.forEach(({ from }, index) => {
          expect(topology.links.slice(index).some(({ to }) => to === from)).toBe(false);
        });
        const order = (keys: string[]): string[] =>
          keys
            .map((key) => ({ key, rank: numbers.next().value ?? 0 }))
            .toSorted((one, other) => one.rank - other.rank)
            .map(({ key }) => key);
        const other = readTopology('f.yaml', stringify(shuffled(file, order)));
        // As text, so that the order of keys in the result counts too.
        expect(JSON.stringify(withoutPlaces(other.topology))).toBe(JSON.stringify(withoutPlaces(topology)));
      }),
      { numRuns: 300 },
    );
  });
});

const base = `topology: orders
databases:
  a: &a {host: pg-a.internal, port: 5433, dbname: orders, password: {env: PG_A}}
  b: {host: pg-b.internal, dbname: orders, schema_owner: {user: owner, password: {file: /p}}, cascade: true}
  c: {service: "c", sslmode: require}
links:
  - a -> b
  - {from: b, to: c, tables: {include: ["public.*"]}, state: stopped, locks: {timeout: 500ms}}
kick_interval: 5s # whole seconds
bucardo: {settings: {log_level: debug}}
`;

/** What every answer must be: whole, or refused with a place inside the file. */
function checkAnswer(text: string): void {
  const { topology, problems } = readTopology('f.yaml', text);
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(topology === undefined).toBe(errors.length > 0);
  const lines = text.split('\n');
  for (const { at, message, hint, source } of problems) {
    expect(at.line).toBeGreaterThanOrEqual(1);
    expect(at.line).toBeLessThanOrEqual(lines.length);
    expect(at.column).toBeGreaterThanOrEqual(1);
    expect(at.column).toBeLessThanOrEqual((lines[at.line - 1] ?? '').length + 1);
    expect(`${message} ${hint ?? ''}`).not.toMatch(/undefined|\[object|function/);
    expect(source).toBeDefined();
  }
  const places = problems.map(({ at }) => at.line * 1e6 + at.column);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  for (const link of topology?.links ?? []) {
    expect(link.sync).toMatch(/^[a-z][a-z0-9_]{0,34}$/);
    expect(link.instance).toMatch(/^[a-z][a-z0-9_]{0,34}$/);
    expect(Number.isInteger(link.kickIntervalSeconds) && link.kickIntervalSeconds >= 1).toBe(true);
    expect(link.locks.timeoutMs).toBeGreaterThanOrEqual(1);
    for (const end of [link.from, link.to]) expect(topology?.databases.some(({ name }) => name === end)).toBe(true);
  }
}

describe('any other file', () => {
  test('the base of the mutations is valid', () => {
    expect(readTopology('f.yaml', base).problems).toEqual([]);
  });

  test('characters taken out, put in and swapped never throw and are never half accepted', () => {
    const bits = fc.oneof(
      fc.constantFrom(
        '\t',
        '\n',
        '  ',
        '{',
        '}',
        '[',
        ']',
        ':',
        ': ',
        '- ',
        ',',
        '"',
        "'",
        '*',
        '*a',
        '&a ',
        '!x ',
        '#',
        '|',
        '>',
        '?',
        '---\n',
        '%',
        '\0',
        '\u2028',
        '0',
        'null',
        '~',
        '->',
      ),
      fc.string({ maxLength: 3 }),
    );
    const edit = fc.tuple(fc.nat(base.length), fc.nat(8), bits);
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        checkAnswer(edits.reduce((text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length), base));
      }),
      { numRuns: 1000 },
    );
  });

  test('values of another kind, keys lost and keys renamed', () => {
    const strange: unknown[] = [
      null,
      true,
      0,
      -1,
      1.5,
      2 ** 60,
      Infinity,
      NaN,
      '',
      'x',
      '5s',
      '*',
      [],
      {},
      [[]],
      ['a -> b'],
      { a: 1 },
      { from: 'a' },
      '\u0007',
    ];
    const paths = (value: unknown): (string | number)[][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => [[key], ...paths(inner).map((path) => [key, ...path])])
        : [];
    const file = JSON.parse(
      JSON.stringify({
        topology: 'orders',
        databases: { a: { host: 'x', dbname: 'x', port: 1, password: { env: 'X' } }, b: { service: 's', schema_owner: { user: 'o' } } },
        links: ['a -> b', { from: 'a', to: 'b', tables: { include: ['a.b'] } }],
        sequences: { exclude: ['a.b'] },
        locks: { timeout: '1s' },
        bucardo: { instance: 'x', settings: { kid_sleep: 1 } },
      }),
    ) as unknown;
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(...paths(file)),
            fc.constantFrom('set', 'drop', 'rename'),
            fc.constantFrom(...strange),
            fc.constantFrom('x', 'from', 'topology', 'piddir', '__proto__', 'constructor', 'a/b~c'),
          ),
          { minLength: 1, maxLength: 4 },
        ),
        (changes) => {
          const copy = structuredClone(file);
          for (const [path, how, value, name] of changes) {
            let parent = copy as Record<string, unknown> | undefined;
            for (const key of path.slice(0, -1)) parent = parent?.[key] as Record<string, unknown> | undefined;
            if (typeof parent !== 'object' || parent === null) continue;
            const last = String(path.at(-1));
            const put = how === 'rename' ? parent[last] : structuredClone(value);
            if (how !== 'set' && !Array.isArray(parent)) delete parent[last];
            if (how !== 'drop')
              Object.defineProperty(parent, how === 'rename' && !Array.isArray(parent) ? name : last, {
                value: put,
                enumerable: true,
                configurable: true,
                writable: true,
              });
          }
          checkAnswer(stringify(copy, { aliasDuplicateObjects: false }));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('any text at all', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => readTopology('f.yaml', text).topology === undefined));
  });

  test.each([
    ['brackets', `${base}tables: ${'['.repeat(30_000)}`],
    ['mappings in a line', `${base}tables: ${'{a: '.repeat(30_000)}`],
    ['dashes', `${base}tables: ${'- '.repeat(30_000)}`],
    ['indentation', Array.from({ length: 1200 }, (_unused, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['a nest that can be read', `${base}tables: ${'['.repeat(300)}${']'.repeat(300)}\n`],
  ])('%s nested deeply are refused, not a crash', (_what, text) => {
    checkAnswer(text);
    expect(readTopology('f.yaml', text).topology).toBeUndefined();
  });
});
