/** Steps that change a database of the user's (src/act: helpers, triggers, activation). */
import {
  DELTA_TRIGGER,
  deltaNamesTable,
  deltaTable,
  kickName,
  SCHEMA_MARK,
  targetName,
  truncateName,
} from '../../../../src/bucardo/names.ts';
import {
  DELTA_DEFAULT_PRINTED,
  deltaFunctionMd5,
  GLOBAL_TABLES,
  RECORDER,
  RECORDER_MD5,
  recorderArguments,
} from '../../../../src/bucardo/objects.ts';
import type { ObservedTrigger, TableBucardo } from '../../../../src/observe/table-model.ts';
import type { TableWork, Work } from '../../../../src/plan/work-model.ts';
import { passOnEmptied } from './world-step-copy.ts';
import { truncate } from './world-users.ts';
import { databaseOf, dataOf, type Mutable, noHelpers, placeOf, statement, tableOf, violate, type World } from './world.ts';
import { type Known, linkAt, type Outcome } from './world-steps.ts';

type Of<K extends Work['kind']> = Extract<Work, { kind: K }>;

const INDEXES = ['dex1', 'dex2', 'dex3', 'goat'];
/** pg_trigger.tgtype. */
const TYPES = { delta: 29, record: 32, keys: 34, kick: 60 } as const;

export function helpersStep(world: World, work: Of<'helpers'>): Outcome {
  const link = linkAt(world, work.link);
  const { facts } = databaseOf(world, work.database);
  if (work.tables.some((table) => table.missing.includes('delta columns')))
    violate(world, 'delta tables of another key were left to this step');
  if (work.global) {
    statement(world);
    facts.bucardo = {
      mark: SCHEMA_MARK,
      functions: { ...facts.bucardo?.functions, ...world.hub.bucardo.functions },
      globalTables: [...GLOBAL_TABLES],
      recorderMd5: RECORDER_MD5,
      deltaNames: facts.bucardo?.deltaNames ?? [],
      suspects: facts.bucardo?.suspects ?? [],
      openTruncates: {},
      kickFunctions: [...new Set([...(facts.bucardo?.kickFunctions ?? []), link.sync])].toSorted(),
    };
  }
  const { bucardo } = facts;
  if (bucardo === null) throw new Error(`no schema bucardo on ${work.database}`);
  // Fifty tables are one transaction; here each is one, so that a crash between two is seen too.
  for (const table of work.tables) {
    statement(world);
    const own = bucardoOf(world, work.database, table);
    own.deltaColumns ??= deltaColumns(table);
    if (own.deltaDefault === null || table.missing.includes('delta default')) own.deltaDefault = DELTA_DEFAULT_PRINTED;
    own.track = true;
    own.stage = true;
    own.indexes = [...INDEXES];
    own.functionMd5 = deltaFunctionMd5(table);
    own.targets = [...new Set([...own.targets, targetName(link.sync)])].toSorted();
    const name = `${link.sync}|${deltaNamesTable(table.schema, table.table)}`;
    bucardo.deltaNames = [...new Set([...bucardo.deltaNames, name])].toSorted();
  }
  return 'done';
}

const deltaColumns = (table: TableWork): string[] => [
  ...table.keyColumns.map((column, index) => `${column} ${table.keyDefinitions[index] ?? ''}`),
  'txntime timestamp with time zone',
];

function bucardoOf(world: World, database: string, table: TableWork): Mutable<TableBucardo> {
  const facts = tableOf(world, database, `${table.schema}.${table.table}`);
  if (facts === undefined) throw new Error(`no table ${table.schema}.${table.table} on ${database}`);
  facts.bucardo ??= {
    triggers: [],
    maker: table.maker,
    ...noHelpers(),
    targets: [],
  };
  return facts.bucardo;
}

/** The changes in a delta table keep their rows, whose names are their keys here; recorders are told the new columns and keep their mode. */
export function rekeyStep(world: World, work: Of<'rekey'>): Outcome {
  for (const { name } of touching(world, work.database))
    violate(world, `${name} ran while delta tables of ${work.database} were made anew`);
  for (const table of work.tables) {
    statement(world);
    const own = bucardoOf(world, work.database, table);
    own.deltaColumns = deltaColumns(table);
    own.functionMd5 = deltaFunctionMd5(table);
    for (const trigger of own.triggers)
      if (trigger.functionName === RECORDER) trigger.args = [...recorderArguments(table, trigger.args[2] ?? '')];
    for (const delta of dataOf(world, work.database, `${table.schema}.${table.table}`).deltas) delta.tracked.length = 0;
  }
  return 'done';
}

const touching = (world: World, database: string): readonly { readonly name: string }[] =>
  Object.values(world.instances)
    .flatMap((instance) => instance.daemon?.syncs ?? [])
    .filter((sync) => [sync.from, sync.to].includes(placeOf(world, database)));

/** CREATE OR REPLACE TRIGGER: a trigger that is replaced fires as an ordinary one again. */
export function triggersStep(world: World, work: Of<'triggers'>): Outcome {
  const { sync } = linkAt(world, work.link);
  for (const table of work.tables) {
    statement(world);
    const own = bucardoOf(world, work.database, table);
    if (own.functionMd5 === null) violate(world, `triggers of ${table.table} on ${work.database} before their function`);
    const put = (name: string, functionName: string, type: number, args: string[]): void => {
      const trigger: Mutable<ObservedTrigger> = { name, enabled: 'O', functionName, type, args };
      own.triggers = [...own.triggers.filter((one) => one.name !== name), trigger].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    };
    if (table.missing.includes('delta')) put(DELTA_TRIGGER, deltaTable(table.maker), TYPES.delta, []);
    if (table.missing.includes('truncate')) {
      if (table.truncate === 'keys') put(truncateName(sync), RECORDER, TYPES.keys, [...recorderArguments(table, sync)]);
      else put(truncateName(sync), 'bucardo_note_truncation', TYPES.record, [sync]);
    }
    if (table.missing.includes('kick')) put(kickName(sync), kickName(sync), TYPES.kick, []);
  }
  return 'done';
}

export function alwaysStep(world: World, work: Of<'always'>): Outcome {
  const link = linkAt(world, work.link);
  // Above one that has its copy they come at once: whatever is copied, or emptied, above it is passed on.
  const known = world.ledger.links[work.link];
  const replicates = known === undefined || known.receipt !== null;
  for (const upper of world.topology.links.filter((one) => one.to === link.from && !replicates && work.mode === 'A')) {
    // One that has come to its end brings nothing any more.
    if (upper.former === true && world.ledger.links[upper.address] === undefined) continue;
    if ((world.ledger.links[upper.address]?.receipt ?? null) === null)
      violate(world, `rule 8: ALWAYS triggers of ${work.link} before the copy of ${upper.address}`);
  }
  for (const address of work.tables) {
    statement(world);
    for (const name of work.triggers) {
      const trigger = tableOf(world, work.database, address)?.bucardo?.triggers.find((one) => one.name === name);
      if (trigger === undefined) violate(world, `${name} of ${address} on ${work.database} was to be ALWAYS before it stood`);
      else trigger.enabled = work.mode;
    }
  }
  return 'done';
}

export function truncatesStep(world: World, work: Of<'truncate_records'>): Outcome {
  const { sync } = linkAt(world, work.link);
  statement(world);
  world.memory.set(`truncates ${sync}`, world.now);
  for (const record of databaseOf(world, work.database).truncates) if (record.sync === sync) record.open = false;
  return 'done';
}

export function emptyStep(world: World, work: Of<'empty_tables'>, stepId: string, known: Known): Outcome {
  const link = linkAt(world, work.link);
  const sync = world.instances[link.instance]?.daemon?.syncs.find((one) => one.name === link.sync);
  if (sync !== undefined) violate(world, `rule 6: ${work.database} was emptied while ${work.link} ran`);
  statement(world);
  passOnEmptied(world, known, link, work.tables);
  // In replica role: what fires is ENABLE ALWAYS.
  for (const table of work.tables) truncate(world, work.database, table, 'replica');
  statement(world);
  world.memory.set(`emptied ${work.link}`, world.now);
  const row = world.ledger.links[work.link];
  if (row !== undefined)
    row.request = {
      mode: 'always',
      tables: [...work.tables],
      skipped: [],
      emptiedAt: world.now,
      askedAt: null,
      generation: link.copyGeneration,
    };
  statement(world);
  world.ledger.approvals = world.ledger.approvals.filter((one) => one.step !== stepId);
  return 'done';
}
