/** Edits of a topology file and of the schema that it replicates, each by numbers: what stands decides what they come to. */
import { type FileLink, nameAt, NAMES, plainLink, type TopologyFile } from './file.ts';
import { addTable } from '../world/world-build.ts';
import { connectionOf, databaseOf, type World } from '../world/world.ts';

export const EDITS = [
  'add link',
  'remove link',
  'remove all',
  'copy_data',
  'copy_generation',
  'kicks',
  'interval',
  'state',
  'tables',
  'cascade',
  'protect',
  'settings',
  'new table',
  'suspend',
  'resume',
  'detach',
  'instance',
  'rename database',
  'rename link',
  'outage',
  'return',
  'warn',
] as const;

export interface Edit {
  readonly kind: (typeof EDITS)[number];
  readonly at: number;
  readonly to: number;
}

const INSTANCES = [null, 'pool', 'other'] as const;
const GLOBS = [null, '{include: [public.t1]}', '{include: [public.t1, public.t2]}', '{exclude: [public.t2]}'] as const;

/** Changes the file in place, or the world where it is no edit of the file. */
export function edit(file: TopologyFile, world: World, { kind, at, to }: Edit): void {
  const link = file.links[at % Math.max(1, file.links.length)];
  switch (kind) {
    case 'add link':
      return addLink(file, at, to);
    case 'new table':
      return addTable(world, `t${3 + (at % 2)}`);
    case 'remove all':
      file.links = [];
      return;
    case 'cascade': {
      const name = NAMES[at % NAMES.length] ?? 'a';
      file.cascadeOff = file.cascadeOff.includes(name) ? file.cascadeOff.filter((one) => one !== name) : [...file.cascadeOff, name];
      return;
    }
    case 'rename database':
    case 'rename link':
      return rename(file, world, kind === 'rename link', at);
    case 'outage':
    case 'return':
      return outage(world, kind === 'outage' ? (NAMES[at % NAMES.length] ?? 'a') : null);
    case 'suspend':
    case 'resume':
      return suspend(world, kind === 'suspend', at);
    default:
      if (link !== undefined) editLink(file, link, kind, to);
  }
}

function editLink(file: TopologyFile, link: FileLink, kind: Edit['kind'], to: number): void {
  switch (kind) {
    case 'remove link':
      file.links = file.links.filter((one) => one !== link);
      return;
    case 'copy_data':
      link.copyData = (['empty', 'always', 'never'] as const)[to % 3] ?? 'empty';
      return;
    case 'copy_generation':
      link.generation += 1;
      return;
    case 'kicks':
      link.kicks = !link.kicks;
      return;
    case 'interval':
      link.interval = 1 + (to % 3);
      return;
    case 'state':
      link.state = link.state === 'stopped' ? 'running' : 'stopped';
      return;
    case 'warn':
      link.warns = !link.warns;
      return;
    case 'detach':
      link.state = link.state === 'detached' ? 'running' : 'detached';
      return;
    case 'instance': {
      const instance = INSTANCES[to % INSTANCES.length] ?? null;
      const others = file.links.filter((one) => one !== link && instance !== null && one.instance === instance);
      link.instance = instance;
      // Links of one instance have to agree.
      link.logLevel = others[0] === undefined ? link.logLevel : others[0].logLevel;
      return;
    }
    case 'tables':
      link.tables = GLOBS[to % GLOBS.length] ?? null;
      return;
    case 'protect':
      link.protect = !link.protect;
      return;
    case 'settings': {
      // Links of one instance have to agree.
      const level = ['verbose', 'debug', null][to % 3] ?? null;
      for (const one of file.links) if (one === link || (one.instance !== null && one.instance === link.instance)) one.logLevel = level;
      return;
    }
    default:
  }
}

/** From any database to one that nothing enters; in the shared instance now and then. */
function addLink(file: TopologyFile, at: number, to: number): void {
  const from = NAMES[at % NAMES.length] ?? 'a';
  const free = NAMES.filter((name) => name !== from && name !== 'a' && file.links.every((one) => one.to !== name));
  const target = free[to % Math.max(1, free.length)];
  if (target === undefined) return;
  const shared = at % 3 === 0 ? file.links.find((one) => one.instance !== null) : undefined;
  file.links.push({
    ...plainLink(from, target),
    instance: shared?.instance ?? null,
    logLevel: shared?.logLevel ?? null,
    copyData: (['empty', 'empty', 'always', 'never'] as const)[to % 4] ?? 'empty',
  });
}

/** `goatherd stop` and `start` on a link: a person's word in the ledger, and the daemon down. */
function suspend(world: World, on: boolean, at: number): void {
  const addresses = Object.keys(world.ledger.links).toSorted();
  const address = addresses[at % Math.max(1, addresses.length)];
  if (address === undefined) return;
  const instance = world.ledger.links[address]?.names.instance ?? '';
  if (!on) return resume(world, address);
  const shared = Object.values(world.ledger.links).some((one) => one.address !== address && one.names.instance === instance);
  if (shared) return;
  world.ledger.suspensions[address] = { by: 'eve', reason: 'index on c', since: world.now };
  const sync = world.instances[instance]?.control?.syncs.find((one) => one.name === world.ledger.links[address]?.names.sync);
  if (sync !== undefined) sync.status = 'inactive';
  const known = world.instances[instance];
  if (known !== undefined) Object.assign(known, { daemon: null, putDown: true });
}

/** The verb that ends a stop sets the sync active again; the run that follows starts the daemon. */
export function resume(world: World, address: string): void {
  if (world.ledger.suspensions[address] === undefined) return;
  Reflect.deleteProperty(world.ledger.suspensions, address);
  const { instance = '', sync: name } = world.ledger.links[address]?.names ?? {};
  const sync = world.instances[instance]?.control?.syncs.find((one) => one.name === name);
  if (sync !== undefined && (world.ledger.links[address]?.receipt ?? null) !== null) sync.status = 'active';
}

/**
 * Another name for a database: `renamed_from` at its entry, or, where an entry has taken its place, at each of its links. What an older edit
 * renamed and the ledger knows by its new name needs that no more.
 */
function rename(file: TopologyFile, world: World, byLink: boolean, at: number): void {
  const place = NAMES[at % NAMES.length] ?? 'a';
  const known = Object.keys(world.ledger.links).map((address) => address.split('/')[1] ?? '');
  const stands = (name: string): boolean => known.some((id) => id.split('-').includes(name));
  for (const [other, { name }] of Object.entries(file.databases)) if (stands(name)) file.databases[other] = { name, renamedFrom: null };
  const idOf = (link: FileLink): string => `${nameAt(file, link.from)}-${nameAt(file, link.to)}`;
  for (const link of file.links) if (known.includes(idOf(link))) link.renamedFrom = null;

  const before = nameAt(file, place);
  const touching = file.links.filter((link) => link.from === place || link.to === place);
  const ids = new Map(touching.map((link) => [link, idOf(link)]));
  // A link that leaves has the old entry still, and two entries for one database are an error; so they are where a rename is not said.
  const leaving = known.some((id) => id.split('-').includes(before) && ![...ids.values()].includes(id));
  const renamed = (file.databases[place]?.renamedFrom ?? null) !== null;
  if (byLink && (leaving || renamed || touching.some((link) => link.renamedFrom !== null))) return;
  const name = `${place}${Object.keys(world.databases).filter((one) => one.startsWith(place)).length}`;
  world.databases[name] = databaseOf(world, place);
  world.connections[name] = connectionOf(world, place);
  if (!byLink) {
    file.databases[place] = { name, renamedFrom: stands(before) ? before : (file.databases[place]?.renamedFrom ?? null) };
    return;
  }
  file.databases[place] = { name, renamedFrom: null };
  for (const link of touching) {
    const id = ids.get(link) ?? '';
    link.renamedFrom = known.includes(id) ? id : null;
  }
}

/** One database answers to nobody, goatherd or Bucardo, until all do again; its own users go on. */
function outage(world: World, place: string | null): void {
  for (const [name, database] of Object.entries(world.databases)) if (place === null || name === place) database.reachable = place === null;
}
