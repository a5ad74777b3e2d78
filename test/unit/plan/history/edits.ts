/** Edits of a topology file and of the schema that it replicates, each by numbers: what stands decides what they come to. */
import { type FileLink, NAMES, plainLink, type TopologyFile } from './file.ts';
import { addTable } from '../world-build.ts';
import type { World } from '../world.ts';

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
] as const;

export interface Edit {
  readonly kind: (typeof EDITS)[number];
  readonly at: number;
  readonly to: number;
}

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
      link.stopped = !link.stopped;
      return;
    case 'tables':
      link.tables = GLOBS[to % GLOBS.length] ?? null;
      return;
    case 'protect':
      link.protect = !link.protect;
      return;
    case 'settings': {
      // Links of one instance have to agree.
      const level = ['verbose', 'debug', null][to % 3] ?? null;
      for (const one of file.links) if (one === link || (one.pool && link.pool)) one.logLevel = level;
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
  const pool = file.links.some((one) => one.pool) && at % 3 === 0;
  const logLevel = pool ? (file.links.find((one) => one.pool)?.logLevel ?? null) : null;
  file.links.push({
    ...plainLink(from, target),
    pool,
    logLevel,
    copyData: (['empty', 'empty', 'always', 'never'] as const)[to % 4] ?? 'empty',
  });
}

/** `goatherd stop` and `start` on a link: a person's word in the ledger, and the daemon down. */
function suspend(world: World, on: boolean, at: number): void {
  const addresses = Object.keys(world.ledger.links).toSorted();
  const address = addresses[at % Math.max(1, addresses.length)];
  if (address === undefined) return;
  if (!on) {
    Reflect.deleteProperty(world.ledger.suspensions, address);
    return;
  }
  const instance = world.ledger.links[address]?.names.instance ?? '';
  const shared = Object.values(world.ledger.links).some((one) => one.address !== address && one.names.instance === instance);
  if (shared) return;
  world.ledger.suspensions[address] = { by: 'eve', reason: 'index on c', since: world.now };
  const sync = world.instances[instance]?.control?.syncs.find((one) => one.name === world.ledger.links[address]?.names.sync);
  if (sync !== undefined) sync.status = 'inactive';
  if (world.instances[instance] !== undefined) world.instances[instance].daemon = null;
}
