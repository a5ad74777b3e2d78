/** What other hands do to what goatherd made, each by numbers: what stands decides what they come to. */
import { kickName, truncateName } from '../../../../src/bucardo/names.ts';
import { EMPTY_LEDGER } from '../../../../src/ledger/model.ts';
import type { ControlObservation } from '../../../../src/observe/control-model.ts';
import type { TableBucardo } from '../../../../src/observe/table-model.ts';
import { type Mutable, placeOf, serial, type World, type WorldInstance } from '../world/world.ts';

type Table = Mutable<TableBucardo>;
type Control = Mutable<ControlObservation>;

/** One table's objects, changed. */
const ON_TABLES: Readonly<Record<string, (table: Table, pick: number) => void>> = {
  'drop a trigger': (table, pick) => {
    table.triggers.splice(pick % Math.max(1, table.triggers.length), 1);
  },
  'disable a trigger': (table, pick) => {
    const trigger = table.triggers[pick % Math.max(1, table.triggers.length)];
    if (trigger !== undefined) trigger.enabled = 'D';
  },
  'make a trigger ordinary': (table) => {
    for (const trigger of table.triggers) trigger.enabled = 'O';
  },
  'drop the track table': (table) => {
    table.track = false;
  },
  'drop the stage table': (table) => {
    table.stage = false;
  },
  'drop an index': (table, pick) => {
    table.indexes.splice(pick % Math.max(1, table.indexes.length), 1);
  },
  'change the delta function': (table) => {
    table.functionMd5 = 'ff';
  },
  "put Bucardo's default back": (table) => {
    table.deltaDefault = 'now()';
  },
  'lose a target': (table, pick) => {
    table.targets.splice(pick % Math.max(1, table.targets.length), 1);
  },
  'drop the delta table': (table) => {
    table.deltaColumns = null;
    table.deltaDefault = null;
    table.indexes = [];
  },
};

/** One control database, changed by hand: no daemon is told. */
const ON_CONTROL: Readonly<Record<string, (control: Control, pick: number) => void>> = {
  'take makedelta off': (control, pick) => {
    const goats = control.goats.filter((goat) => goat.makedelta !== null);
    const goat = goats[pick % Math.max(1, goats.length)];
    if (goat !== undefined) goat.makedelta = null;
  },
  'set makedelta': (control, pick) => {
    const goats = control.goats.filter((goat) => goat.type === 'table');
    const goat = goats[pick % Math.max(1, goats.length)];
    if (goat !== undefined) goat.makedelta = control.dbs[pick % Math.max(1, control.dbs.length)]?.name ?? null;
  },
  'make a sync inactive': (control, pick) => {
    const sync = control.syncs[pick % Math.max(1, control.syncs.length)];
    if (sync !== undefined) sync.status = 'inactive';
  },
  'ask for a copy': (control, pick) => {
    const sync = control.syncs[pick % Math.max(1, control.syncs.length)];
    if (sync !== undefined) sync.onetimecopy = 1 + (pick % 2);
  },
  'flip autokick': (control, pick) => {
    const sync = control.syncs[pick % Math.max(1, control.syncs.length)];
    if (sync !== undefined) sync.autokick = !sync.autokick;
  },
  'change a checktime': (control, pick) => {
    const sync = control.syncs[pick % Math.max(1, control.syncs.length)];
    if (sync !== undefined) sync.checktimeSeconds = null;
  },
  'change a connection': (control, pick) => {
    const db = control.dbs[pick % Math.max(1, control.dbs.length)];
    if (db !== undefined) db.host = 'elsewhere';
  },
  'rotate a password by hand': (control, pick) => {
    const db = control.dbs[pick % Math.max(1, control.dbs.length)];
    if (db !== undefined) db.passwordHash = 'another';
  },
  'lose a member': (control, pick) => {
    const herds = Object.values(control.herds).filter((herd) => herd.length > 0);
    const herd = herds[pick % Math.max(1, herds.length)];
    herd?.splice(pick % herd.length, 1);
  },
  'lose a dbgroup': (control) => {
    control.dbmap.splice(0, 1);
  },
  'change a key': (control, pick) => {
    const goats = control.goats.filter((goat) => goat.type === 'table');
    const goat = goats[pick % Math.max(1, goats.length)];
    if (goat !== undefined) goat.pkey = 'note';
  },
  'change a setting': (control, pick) => {
    const names = ['bucardo_vac', 'quick_delta_check', 'ctl_checkonkids_time', 'reason_file'];
    control.settings[names[pick % names.length] ?? ''] = 'x';
  },
  'end the pruning': (control) => {
    control.pruning = false;
  },
};

/** One instance's processes. */
const ON_DAEMONS: Readonly<Record<string, (world: World, instance: WorldInstance) => void>> = {
  'end a daemon': (_world, instance) => {
    instance.daemon = null;
  },
  'kill a master': (world, instance) => {
    if (instance.daemon !== null) instance.orphans = [instance.daemon.pid, serial(world)];
    instance.daemon = null;
    instance.died = true;
  },
};

/** A source's own objects, and what is kept on the hub. */
const ON_ALL: Readonly<Record<string, (world: World, pick: number) => void>> = {
  'change a function': (world, pick) => {
    const found = sources(world);
    const bucardo = found[pick % Math.max(1, found.length)]?.facts.bucardo ?? null;
    if (bucardo !== null) bucardo.functions['bucardo_note_truncation()'] = 'other';
  },
  'lose names of delta tables': (world, pick) => {
    const found = sources(world);
    found[pick % Math.max(1, found.length)]?.facts.bucardo?.deltaNames.splice(0, 1);
  },
  'bring kick triggers back': (world, pick) => {
    const links = Object.values(world.ledger.links);
    const link = links[pick % Math.max(1, links.length)];
    const from = link?.definition?.from;
    for (const table of from === undefined ? [] : (world.databases[from]?.facts.tables ?? [])) {
      const stands = link !== undefined && table.bucardo?.triggers.some((one) => one.name === truncateName(link.names.sync)) === true;
      if (!stands || table.bucardo === null || table.bucardo.triggers.some((one) => one.name === kickName(link.names.sync))) continue;
      table.bucardo.triggers.push({
        name: kickName(link.names.sync),
        enabled: 'O',
        functionName: kickName(link.names.sync),
        type: 60,
        args: [],
      });
    }
  },
  'lose the ledger': (world) => {
    // Of what was detached nothing tells any more that it owes a copy: it lacks what was written meanwhile, and is rightly doubted. Nor does
    // anything tell that it has brought nothing, so that nothing is missing below.
    const rows = Object.values(world.ledger.links);
    for (const detached of rows.filter(({ recopy }) => recopy?.cause === 'detached'))
      for (const { address, definition } of rows)
        if (address === detached.address || definition?.from === detached.definition?.to) world.starved.add(address);
    world.ledger = structuredClone(EMPTY_LEDGER) as typeof world.ledger;
  },
  'drop a control database': (world, pick) => {
    const [name, instance] = instances(world)[pick % Math.max(1, instances(world).length)] ?? [];
    if (name === undefined || instance === undefined) return;
    instance.control = null;
    instance.daemon = null;
    Reflect.deleteProperty(world.hub.databases, world.topology.links.find((one) => one.instance === name)?.control ?? `bucardo_${name}`);
  },
};

export const DRIFTS: readonly string[] = [
  ...Object.keys(ON_TABLES),
  ...Object.keys(ON_CONTROL),
  ...Object.keys(ON_DAEMONS),
  ...Object.keys(ON_ALL),
];

export interface Drift {
  readonly kind: string;
  readonly at: number;
  readonly pick: number;
}

/** Does it, and notes of which tables something was taken away. */
export function drift(world: World, { kind, at, pick }: Drift): void {
  const onTable = ON_TABLES[kind];
  if (onTable !== undefined) {
    const place = tableAt(world, at);
    if (place === undefined) return;
    const { database, address, bucardo } = place;
    world.tampered.add(address);
    const stood = bucardo.deltaColumns !== null;
    const disabled = bucardo.triggers.some((trigger) => trigger.enabled === 'D');
    onTable(bucardo, pick);
    // Disabled and enabled again while nobody could look: what was written in between is lost, and nothing tells of it.
    if (disabled && bucardo.triggers.every((trigger) => trigger.enabled !== 'D') && world.databases[database]?.reachable === false)
      world.unseen.add(address);
    if (stood && bucardo.deltaColumns === null)
      for (const [name, data] of world.databases[database]?.data ?? []) if (name === address) data.deltas = [];
    return;
  }
  const [, instance] = instances(world)[at % Math.max(1, instances(world).length)] ?? [];
  const onControl = ON_CONTROL[kind];
  if (onControl !== undefined) {
    if (instance?.control === undefined || instance.control === null) return;
    for (const goat of instance.control.goats) if (kind.includes('makedelta')) world.tampered.add(goat.address);
    return onControl(instance.control, pick);
  }
  if (instance !== undefined) ON_DAEMONS[kind]?.(world, instance);
  if (kind === 'drop a control database') for (const goat of instance?.control?.goats ?? []) world.tampered.add(goat.address);
  ON_ALL[kind]?.(world, pick);
}

/** The table that a number means to a drift: of those that have Bucardo's objects, on all databases. */
export function tableAt(
  world: World,
  at: number,
): { readonly database: string; readonly address: string; readonly bucardo: Table } | undefined {
  const places = Object.entries(world.databases).flatMap(([database, { facts }]) =>
    facts.bucardo === null || placeOf(world, database) !== database
      ? []
      : facts.tables.flatMap(({ address, bucardo }) => (bucardo === null ? [] : [{ database, address, bucardo }])),
  );
  return places[at % Math.max(1, places.length)];
}

/** The instance that a number means to a drift, by name: of those that have a control database. */
export function instanceAt(world: World, at: number): string | undefined {
  return instances(world)[at % Math.max(1, instances(world).length)]?.[0];
}

const sources = (world: World) => Object.values(world.databases).filter((one) => one.facts.bucardo !== null);

const instances = (world: World): [string, WorldInstance][] =>
  Object.entries(world.instances)
    .filter(([, instance]) => instance.control !== null)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
