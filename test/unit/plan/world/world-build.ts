/** Worlds to begin with: databases as a topology file names them, with tables of one schema, and nothing of goatherd's yet. */
import { createHash } from 'node:crypto';
import { EMPTY_LEDGER } from '../../../../src/ledger/model.ts';
import type { ObservedTable } from '../../../../src/observe/table-model.ts';
import { defaultHostConfig } from '../../../../src/topology/host/host-config.ts';
import type { Topology } from '../../../../src/topology/model.ts';
import { readTopology } from '../../../../src/topology/resolve.ts';
import { type Mutable, serial, type World, type WorldDatabase } from './world.ts';

export interface TableSpec {
  readonly name: string;
  /** Columns of the primary key; none: the table has no key. */
  readonly key?: readonly string[];
  /** Tables whose foreign keys reference it. */
  readonly referencedBy?: readonly string[];
}

export interface WorldSpec {
  readonly topology: string;
  readonly tables?: readonly TableSpec[];
  /** Rows of each database: `{a: {t1: ['r1']}}`. */
  readonly rows?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly unreachable?: readonly string[];
  /** Databases that stand, besides those that the topology names. */
  readonly more?: readonly string[];
  readonly copyTicks?: number;
}

/** Planted in every connection: no output may ever hold it. */
export const SECRET = 'hunter2-planted-secret';

const VERSION = 150_020;
const STARTS_AT = 1_000_000;

export function topologyOf(text: string): Topology {
  const { topology, problems } = readTopology('topologies/orders.yaml', text);
  if (topology === undefined) throw new Error(problems.map((problem) => problem.message).join('; '));
  return topology;
}

/** `orders` with databases a, b, c … and these links, each as `a -> b` or a flow mapping; `more` are keys of the topology. */
export function orders(links: readonly string[], more: readonly string[] = [], names: readonly string[] = ['a', 'b', 'c']): string {
  const databases = names.map(
    (name) => `  ${name}: {host: pg-${name}.internal, dbname: orders, password: {env: PASSWORD_OF_${name.toUpperCase()}}}`,
  );
  return [
    'topology: orders',
    'databases:',
    ...databases,
    ...more,
    links.length === 0 ? 'links: []' : 'links:',
    ...links.map((link) => `  - ${link}`),
    '',
  ].join('\n');
}

const TABLES: readonly TableSpec[] = [
  { name: 'customer', key: ['id'], referencedBy: ['public.invoice'] },
  { name: 'invoice', key: ['id'] },
];

const ROWS = { a: { customer: ['c1', 'c2'], invoice: ['i1', 'i2', 'i3'] } };

export function worldOf(spec: WorldSpec): World {
  const topology = topologyOf(spec.topology);
  const tables = spec.tables ?? TABLES;
  const rows: NonNullable<WorldSpec['rows']> = spec.rows ?? ROWS;
  const names = [...new Set([...topology.databases.map((database) => database.name), ...(spec.more ?? [])])];
  const passwordHash = createHash('sha256').update(SECRET).digest('hex');
  const world: World = {
    now: STARTS_AT,
    serial: 100,
    declared: topology,
    topology,
    config: defaultHostConfig,
    connections: Object.fromEntries(
      names.map((name) => [
        name,
        { host: `pg-${name}.internal`, port: '5432', dbname: 'orders', user: 'goatherd', service: '', dbconn: '', passwordHash },
      ]),
    ),
    databases: Object.fromEntries(
      names.map((name, index) => [
        name,
        database(tables, rows[name] ?? {}, 20_000 + 1000 * index, spec.unreachable?.includes(name) !== true),
      ]),
    ),
    hub: {
      reachable: true,
      code: '',
      message: '',
      version: VERSION,
      superuser: true,
      createDatabase: true,
      plperlu: true,
      databases: { postgres: null, payroll: 'not ours' },
      bucardo: {
        version: '5.6.0',
        schemaFile: '/usr/share/bucardo/bucardo.schema',
        problem: null,
        functions: { 'bucardo_note_truncation()': 'aa', 'bucardo_tablename_maker(text)': 'bb' },
      },
      directories: [],
    },
    instances: {},
    ledger: structuredClone(EMPTY_LEDGER) as Mutable<typeof EMPTY_LEDGER>,
    memory: new Map(),
    starved: new Set(),
    asked: [],
    kicks: 0,
    copyTicks: spec.copyTicks ?? 2,
    violations: [],
    copies: [],
    passedOn: new Set(),
    tampered: new Set(),
    unseen: new Set(),
    statements: 0,
    crashAt: null,
  };
  return world;
}

function database(
  tables: readonly TableSpec[],
  rows: Readonly<Record<string, readonly string[]>>,
  oid: number,
  reachable: boolean,
): WorldDatabase {
  return {
    reachable,
    truncates: [],
    data: new Map(tables.map((table) => [`public.${table.name}`, { rows: new Set(rows[table.name]), deltas: [] }])),
    facts: {
      reachable: true,
      version: VERSION,
      database: 'orders',
      user: 'goatherd',
      encoding: 'UTF8',
      inRecovery: false,
      identity: `7301/${oid}`,
      sameAs: [],
      maxLocksPerTransaction: 64,
      rights: { superuser: true, replicationRole: true, createInDatabase: true },
      tables: tables.map((table, index) => tableFacts(table, oid + index)).toSorted((one, other) => (one.address < other.address ? -1 : 1)),
      sequences: tables
        .filter((table) => table.key !== undefined)
        .map((table) => ({
          schema: 'public',
          name: `${table.name}_id_seq`,
          address: `public.${table.name}_id_seq`,
          usedBy: `public.${table.name}`,
          usage: true,
        }))
        .toSorted((one, other) => (one.address < other.address ? -1 : 1)),
      publicationsForAllTables: [],
      bucardo: null,
      longTransactions: [],
      schemaOwner: null,
    },
  };
}

/** A migration makes a table on every database: empty. */
export function addTable(world: World, name: string): void {
  for (const { facts, data } of Object.values(world.databases)) {
    if (facts.tables.some((table) => table.name === name)) continue;
    facts.tables = [...facts.tables, tableFacts({ name, key: ['id'] }, serial(world) + 50_000)];
    data.set(`public.${name}`, { rows: new Set(), deltas: [] });
  }
}

const column = (name: string, type: string, notNull: boolean): string => [name, type, '', notNull ? 't' : '', '', '', ''].join('\u001f');

function tableFacts(table: TableSpec, oid: number): Mutable<ObservedTable> {
  const columns = table.key ?? [];
  return {
    oid,
    schema: 'public',
    name: table.name,
    address: `public.${table.name}`,
    kind: 'table',
    persistence: 'p',
    parent: null,
    key:
      table.key === undefined
        ? null
        : {
            index: `${table.name}_pkey`,
            primary: true,
            columns: [...columns],
            types: columns.map(() => 'bigint'),
            definitions: columns.map(() => 'bigint'),
            nullable: false,
            deferrable: false,
          },
    columns: [...columns.map((name) => column(name, 'bigint', true)), column('note', 'text', false)],
    referencedBy: [...(table.referencedBy ?? [])],
    rowSecurity: false,
    alwaysTriggers: [],
    rights: { select: true, write: true, truncate: true, trigger: true, own: true },
    bytes: 0,
    hasRows: null,
    bucardo: null,
  };
}
