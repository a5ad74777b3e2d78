/** Steps that take down what stood for a link (src/act/steps/leaving/removal.ts). */
import { deltaNamesTable, DELTA_TRIGGER, targetName, truncateName } from '../../../../src/bucardo/names.ts';
import { registeredElsewhere } from '../../../../src/act/siblings.ts';
import type { Work } from '../../../../src/plan/work-model.ts';
import type { TableBucardo } from '../../../../src/observe/table-model.ts';
import type { Link } from '../../../../src/topology/model.ts';
import { kick } from './world-daemon.ts';
import { markControl } from './world-marks.ts';
import {
  controlOf,
  databaseOf,
  dataOf,
  instanceOf,
  type Mutable,
  noHelpers,
  placeOf,
  statement,
  tableOf,
  violate,
  type World,
} from './world.ts';
import { tablesOf } from './world-step-copy.ts';
import { linkAt, type Outcome } from './world-steps.ts';

type Of<K extends Work['kind']> = Extract<Work, { kind: K }>;

/** Every change that stood at one moment has its track row, and every TRUNCATE its mark. */
export function waitDrainedStep(world: World, work: Of<'wait_drained'>): Outcome {
  const link = linkAt(world, work.link);
  const key = `drained ${work.link}`;
  if (!world.memory.has(key)) world.memory.set(key, world.now);
  const moment = world.memory.get(key) ?? 0;
  const database = databaseOf(world, link.from);
  const members = tablesOf(world, work.link);
  const open =
    database.truncates.some((one) => one.open && one.sync === link.sync && one.at <= moment) ||
    database.facts.tables
      // What is no member, or not yet, is not on its way.
      .filter((table) => members.includes(table.address) && table.bucardo?.targets.includes(targetName(link.sync)))
      .some((table) => dataOf(world, link.from, table.address).deltas.some((one) => one.at <= moment && !hasReached(one.tracked, link)));
  if (!open) {
    world.memory.delete(key);
    return 'done';
  }
  if (instanceOf(world, link.instance).daemon?.syncs.some((one) => one.name === link.sync) !== true) return 'moved';
  kick(world, link);
  return 'pending';
}

const hasReached = (tracked: readonly string[], link: Link): boolean => tracked.includes(targetName(link.sync));

/** Rule 11: what a daemon reads or writes stands until that daemon no longer does. */
function checkQuiet(world: World, link: Link, table: string, what: string): void {
  const own = instanceOf(world, link.instance).daemon?.syncs.find((one) => one.name === link.sync);
  if (own?.tables.includes(table) === true) violate(world, `rule 11: ${what} of ${table} on ${link.from} went while ${link.id} ran`);
}

/** The same of triggers, whoever they belong to: all links that leave a database read what its delta triggers note. Kick triggers no run reads. */
function checkUnread(world: World, database: string, table: string, triggers: readonly string[]): void {
  for (const { daemon } of Object.values(world.instances))
    for (const sync of daemon?.syncs ?? [])
      if (
        sync.from === placeOf(world, database) &&
        sync.tables.includes(table) &&
        (triggers.includes(DELTA_TRIGGER) || triggers.includes(truncateName(sync.name)))
      )
        violate(world, `rule 11: triggers of ${table} on ${database} went while ${sync.name} ran`);
}

function checkNoMakedelta(world: World, database: string, table: string, what: string): void {
  for (const { daemon } of Object.values(world.instances))
    for (const sync of daemon?.syncs ?? [])
      if (sync.to === placeOf(world, database) && sync.makedelta.includes(table))
        violate(world, `rule 11: ${what} of ${table} on ${database} went while ${sync.name} wrote deltas there`);
}

/** Disabled first, which blocks no reader, then dropped: each trigger a statement of its own. */
export function dropTriggersStep(world: World, work: Of<'drop_triggers'>): Outcome {
  for (const { address, triggers } of work.tables) {
    checkUnread(world, work.database, address, triggers);
    if (triggers.includes(DELTA_TRIGGER)) checkNoMakedelta(world, work.database, address, 'the delta trigger');
    statement(world);
    const facts = tableOf(world, work.database, address)?.bucardo ?? null;
    for (const trigger of facts?.triggers ?? []) if (triggers.includes(trigger.name)) trigger.enabled = 'D';
  }
  for (const { address, triggers } of work.tables) {
    statement(world);
    const facts = tableOf(world, work.database, address)?.bucardo ?? null;
    if (facts !== null) facts.triggers = facts.triggers.filter((one) => !triggers.includes(one.name));
    tidy(world, work.database, address);
  }
  return 'done';
}

export function dropHelpersStep(world: World, work: Of<'drop_helpers'>): Outcome {
  const link = linkAt(world, work.link);
  const database = databaseOf(world, work.database);
  const { facts } = database;
  const only = work.only === null ? null : new Set(work.only.map((one) => `${one.schema}.${one.table}`));
  const names = new Set(work.only?.map((one) => `${link.sync}|${deltaNamesTable(one.schema, one.table)}`));
  statement(world);
  for (const table of facts.tables) {
    if (table.bucardo === null || (only !== null && !only.has(table.address))) continue;
    table.bucardo.targets = table.bucardo.targets.filter((target) => target !== targetName(link.sync));
    const { deltas } = dataOf(world, work.database, table.address);
    for (const delta of deltas) delta.tracked.splice(0, Infinity, ...delta.tracked.filter((one) => one !== targetName(link.sync)));
  }
  if (facts.bucardo !== null) {
    facts.bucardo.deltaNames = facts.bucardo.deltaNames.filter((name) =>
      only === null ? !name.startsWith(`${link.sync}|`) : !names.has(name),
    );
    if (only === null) facts.bucardo.suspects = facts.bucardo.suspects.filter((one) => one.sync !== link.sync);
  }
  database.truncates = database.truncates.filter((one) => one.sync !== link.sync || (only !== null && !only.has(one.table)));
  statement(world);
  for (const table of facts.tables) {
    const { bucardo } = table;
    if (bucardo === null || !work.makers.includes(bucardo.maker)) continue;
    checkQuiet(world, link, table.address, 'helper tables');
    checkNoMakedelta(world, work.database, table.address, 'helper tables');
    if (bucardo.targets.length > 0)
      violate(world, `helper tables of ${table.address} on ${work.database} went, and ${bucardo.targets.join()} needs them`);
    if (bucardo.triggers.some((one) => one.name === DELTA_TRIGGER))
      violate(world, `rule 11: helper tables of ${table.address} on ${work.database} went before its triggers: writes to it fail`);
    Object.assign(bucardo, noHelpers());
    dataOf(world, work.database, table.address).deltas = [];
  }
  statement(world);
  if (facts.bucardo !== null) facts.bucardo.kickFunctions = facts.bucardo.kickFunctions.filter((one) => only !== null || one !== link.sync);
  if (work.schema) {
    if (facts.bucardo !== null && facts.bucardo.deltaNames.length > 0)
      violate(world, `rule 12: schema bucardo of ${work.database} went, and ${facts.bucardo.deltaNames.join(', ')} needs it`);
    facts.bucardo = null;
    for (const table of facts.tables) if (table.bucardo !== null) Object.assign(table.bucardo, noHelpers(), { targets: [] });
  }
  for (const table of facts.tables) tidy(world, work.database, table.address);
  return 'done';
}

/** A table of which nothing of Bucardo's stands is seen as one that has nothing. */
function tidy(world: World, database: string, address: string): void {
  const table = tableOf(world, database, address);
  if (table === undefined || table.bucardo === null) return;
  const bucardo: Mutable<TableBucardo> = table.bucardo;
  const stands =
    bucardo.triggers.length > 0 || bucardo.targets.length > 0 || bucardo.deltaColumns !== null || bucardo.track || bucardo.stage;
  if (!stands && bucardo.functionMd5 === null) table.bucardo = null;
}

export function dropControlStep(world: World, work: Of<'drop_control'>): Outcome {
  const link = linkAt(world, work.link);
  const instance = instanceOf(world, work.instance);
  if (instance.daemon?.syncs.some((sync) => work.whole || sync.name === link.sync) === true)
    violate(world, `rule 11: the control database of ${work.link} went while its daemon ran`);
  statement(world);
  if (work.whole) {
    if (!(world.hub.databases[link.control]?.startsWith('goatherd') ?? true))
      violate(world, `rule 12: ${link.control} was dropped and is not ours`);
    Reflect.deleteProperty(world.hub.databases, link.control);
    instance.control = null;
    return 'done';
  }
  const control = controlOf(world, work.instance);
  control.syncs = control.syncs.filter((sync) => sync.name !== link.sync);
  Reflect.deleteProperty(control.runs, link.sync);
  Reflect.deleteProperty(control.herds, link.relgroup);
  control.dbmap = control.dbmap.filter((one) => one.group !== link.dbgroup);
  dropUnusedGoats(world, link, work.instance, (goat) => goat.db === link.aliases.from);
  control.dbs = control.dbs.filter(
    (db) => ![link.aliases.from, link.aliases.to].includes(db.name) || control.dbmap.some((one) => one.db === db.name),
  );
  statement(world);
  markControl(world, work.instance, work.link);
  return 'done';
}

function dropUnusedGoats(world: World, link: Link, instance: string, among: (goat: { db: string; address: string }) => boolean): void {
  const control = controlOf(world, instance);
  const members = new Set(Object.values(control.herds).flat());
  const syncs = control.syncs.map((sync) => sync.name);
  const stays = registeredElsewhere({ known: world.ledger, topology: world.topology }, link, link.control, link.aliases.from, syncs);
  control.goats = control.goats.filter((goat) => members.has(goat.id) || !among(goat) || stays(goat.address, goat.type));
}

/** Tables that no longer match leave the relgroup, and the receipt: a later return is a new arrival. */
export function leaveStep(world: World, work: Of<'leave'>): Outcome {
  const link = linkAt(world, work.link);
  const control = controlOf(world, work.instance);
  const gone = new Set(work.addresses);
  statement(world);
  const ids = new Set(control.goats.filter((goat) => goat.db === link.aliases.from && gone.has(goat.address)).map((goat) => goat.id));
  control.herds[link.relgroup] = (control.herds[link.relgroup] ?? []).filter((id) => !ids.has(id));
  dropUnusedGoats(world, link, work.instance, (goat) => goat.db === link.aliases.from && gone.has(goat.address));
  control.changedAt = world.now;
  statement(world);
  const receipt = world.ledger.links[work.link]?.receipt ?? null;
  if (receipt !== null) {
    receipt.copied = receipt.copied.filter((table) => !gone.has(table));
    receipt.skipped = receipt.skipped.filter((table) => !gone.has(table));
  }
  world.copies = world.copies.filter((copy) => !work.addresses.some((table) => copy === `${link.sync} ${table}`));
  return 'done';
}

export function forgetStep(world: World, work: Of<'forget'>): Outcome {
  const link = linkAt(world, work.link);
  statement(world);
  Reflect.deleteProperty(world.ledger.links, work.link);
  Reflect.deleteProperty(world.ledger.suspensions, work.link);
  world.starved.delete(work.link);
  // A later link of the same name is another one, with a copy of its own.
  world.copies = world.copies.filter((copy) => !copy.startsWith(`${link.sync} `));
  return 'done';
}
