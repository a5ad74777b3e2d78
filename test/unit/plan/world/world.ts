/**
 * A model of what goatherd acts on: databases with their rows and Bucardo objects, control databases, daemons, the ledger. Facts have the
 * shape in which they are observed; what nobody can observe (rows, deltas, what a daemon has read) stands beside them.
 */
import type { Ledger } from '../../../../src/ledger/model.ts';
import type { ControlObservation, WantedDb } from '../../../../src/observe/control-model.ts';
import type { HubObservation, ObservedDatabase } from '../../../../src/observe/model.ts';
import type { TableBucardo } from '../../../../src/observe/table-model.ts';
import { withFormer } from '../../../../src/plan/view/remembered/former.ts';
import type { HostConfig, Topology } from '../../../../src/topology/model.ts';
import { marksSeen } from './world-marks.ts';

export type Mutable<T> = T extends readonly (infer U)[] ? Mutable<U>[] : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

/** One change in a delta table, and the targets that have it. */
export interface Delta {
  readonly row: string;
  readonly at: number;
  readonly tracked: string[];
}

/** What a table holds: names of rows, and what its trigger recorded. */
export interface TableData {
  rows: Set<string>;
  deltas: Delta[];
}

export interface TruncateRecord {
  readonly table: string;
  readonly sync: string;
  readonly at: number;
  open: boolean;
}

export interface WorldDatabase {
  facts: Mutable<ObservedDatabase>;
  reachable: boolean;
  data: Map<string, TableData>;
  truncates: TruncateRecord[];
}

/** A run of a kid: what it read when it began. It commits when `left` is spent. */
export interface Run {
  readonly startedAt: number;
  readonly kind: 'copy' | 'changes';
  readonly rows: Map<string, Set<string>>;
  readonly changed: Map<string, Delta[]>;
  readonly truncated: TruncateRecord[];
  left: number;
  /** The data is committed, the flag is not cleared yet (FACTS 5.2). */
  committed: boolean;
}

/** A sync as a daemon knows it: read when the daemon started, and never again (FACTS 4.6). */
export interface ActiveSync {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly tables: readonly string[];
  /** Tables whose changes it writes to the target's delta tables. */
  readonly makedelta: readonly string[];
  flag: number;
  run: Run | null;
  /** Whether a kick is waiting: one that copies runs at nothing else (FACTS 4.6). */
  kicked: boolean;
  /** A kid's first run: it may write its track rows twice where an older kid's run overlapped (FACTS 9.4). */
  first: boolean;
}

export interface Daemon {
  readonly pid: number;
  readonly startedAt: number;
  readonly syncs: ActiveSync[];
}

export interface WorldInstance {
  control: Mutable<ControlObservation> | null;
  daemon: Daemon | null;
  /** Processes that an older daemon left behind. */
  orphans: number[];
  /** Goatherd stopped it and has not started it since. */
  /** Whether its daemon was killed, and none has been started since. */
  died?: boolean;
  putDown: boolean;
}

export interface World {
  now: number;
  /** Counts goats, pids. */
  serial: number;
  /** What the file says. */
  declared: Topology;
  /** The same with the links that the ledger knows and the file no longer names: what a run works on. */
  topology: Topology;
  config: HostConfig;
  connections: Record<string, WantedDb>;
  databases: Record<string, WorldDatabase>;
  hub: Mutable<HubObservation>;
  instances: Record<string, WorldInstance>;
  ledger: Mutable<Ledger>;
  /** What the executor remembers while its process lives. */
  memory: Map<string, number>;
  /** Links whose source did not record all for them: what it received and did not pass on, as declared (`cascade: false`), or while they were detached. */
  starved: Set<string>;
  /** Ids that the plan before asked for. */
  asked: readonly string[];
  /** Kicks sent so far. */
  kicks: number;
  /** Ticks that a copy takes. */
  copyTicks: number;
  /** What a rule forbids, and happened all the same. */
  violations: string[];
  /** `sync table` of each copy that filled a table. */
  copies: string[];
  /** `sync table` for which a run that wrote deltas for the database below has ended well. */
  passedOn: Set<string>;
  /** Tables of which somebody has taken something away that records changes: only they may be `Suspect`. */
  tampered: Set<string>;
  /** Tables that somebody took something away from and put it back, while their database answered nobody. */
  unseen: Set<string>;
  /** Statements carried out so far. */
  statements: number;
  /** The process is killed before this statement; null for never. */
  crashAt: number | null;
}

/** Another file: what the ledger still knows of the old one stays part of the topology (rule 13). */
export function declare(world: World, topology: Topology): void {
  world.declared = topology;
  world.topology = withFormer(topology, ledgerSeen(world));
}

/** The ledger as it is read, with what the marks on control databases say of links that it does not know. */
export function ledgerSeen(world: World): Ledger {
  return { ...world.ledger, marked: marksSeen(world) };
}

/** The process is killed: what was carried out stands, what it remembered is gone. */
export class Crash extends Error {}

/** Marks the place of one statement that commits by itself. Time passes, and here the process may be killed. */
export function statement(world: World): void {
  if (world.crashAt !== null && world.statements >= world.crashAt) {
    world.crashAt = null;
    throw new Crash('killed');
  }
  world.statements += 1;
  world.now += 10;
}

export function violate(world: World, text: string): void {
  if (!world.violations.includes(text)) world.violations.push(text);
}

export function databaseOf(world: World, name: string): WorldDatabase {
  const database = world.databases[name];
  if (database === undefined) throw new Error(`no database ${name}`);
  return database;
}

/** A database may have several names, one after the other: the first of them. */
export function placeOf(world: World, name: string): string {
  return Object.keys(world.databases).find((one) => world.databases[one] === world.databases[name]) ?? name;
}

export function connectionOf(world: World, name: string): WantedDb {
  const connection = world.connections[name];
  if (connection === undefined) throw new Error(`no connection of ${name}`);
  return connection;
}

export function dataOf(world: World, database: string, table: string): TableData {
  const { data } = databaseOf(world, database);
  const known = data.get(table) ?? { rows: new Set<string>(), deltas: [] };
  data.set(table, known);
  return known;
}

/** What is seen of a table of which none of Bucardo's helper objects stands; new each time, for steps write into it. */
export const noHelpers = () =>
  ({ deltaColumns: null, deltaDefault: null, track: false, stage: false, indexes: [], functionMd5: null }) satisfies Partial<TableBucardo>;

export function tableOf(world: World, database: string, table: string): Mutable<ObservedDatabase>['tables'][number] | undefined {
  return databaseOf(world, database).facts.tables.find((one) => one.address === table);
}

export function instanceOf(world: World, name: string): WorldInstance {
  return (world.instances[name] ??= { control: null, daemon: null, orphans: [], putDown: false });
}

export function controlOf(world: World, name: string): Mutable<ControlObservation> {
  const { control } = instanceOf(world, name);
  if (control === null) throw new Error(`no control database ${name}`);
  return control;
}

export function serial(world: World): number {
  world.serial += 1;
  return world.serial;
}
