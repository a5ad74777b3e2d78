/** Bucardo's daemons: what they read when they start, what their runs do, and what they get wrong (FACTS 4 to 6). */
import { targetName, truncateName } from '../../../../src/bucardo/names.ts';
import type { Link } from '../../../../src/topology/model.ts';
import { databaseOf, dataOf, instanceOf, controlOf, serial, tableOf, violate, type ActiveSync, type Run, type World } from './world.ts';
import { record, truncate } from './world-users.ts';

/** `bucardo start`: activates what is active in the control database and can be reached, and reads flags and makedelta once. */
export function startDaemon(world: World, name: string): void {
  const instance = instanceOf(world, name);
  if (instance.daemon !== null || instance.orphans.length > 0) violate(world, `a second daemon of ${name} was started`);
  const control = controlOf(world, name);
  const syncs = control.syncs
    .filter((sync) => sync.status === 'active')
    .flatMap((sync): ActiveSync[] => {
      const source = control.dbmap.find((one) => one.group === sync.dbs && one.role === 'source')?.db ?? '';
      const target = control.dbmap.find((one) => one.group === sync.dbs && one.role === 'target')?.db ?? '';
      const [from, to] = [reached(world, name, source), reached(world, name, target)];
      if (world.databases[from]?.reachable !== true || world.databases[to]?.reachable !== true) return [];
      const herd = control.herds[sync.herd] ?? [];
      const goats = control.goats.filter((goat) => goat.type === 'table' && herd.includes(goat.id));
      const makedelta = goats.filter((goat) => goat.makedelta?.split(',').includes(target)).map((goat) => goat.address);
      // A daemon that died is started for its other links: what a link that may not be touched lacks, Bucardo makes then.
      if (!(instance.died === true && isUntouchable(world, sync.name)))
        for (const goat of goats) checkActivation(world, sync.name, from, goat.address);
      for (const table of makedelta) checkBelow(world, to, table);
      return [
        {
          name: sync.name,
          from,
          to,
          tables: goats.map((goat) => goat.address),
          makedelta,
          flag: sync.onetimecopy,
          run: null,
          kicked: false,
          first: true,
        },
      ];
    });
  for (const [other, { daemon }] of Object.entries(world.instances))
    for (const sync of daemon?.syncs ?? [])
      if (other !== name && syncs.some((one) => one.name === sync.name))
        violate(world, `rule 20: ${sync.name} runs in ${other} and in ${name}`);
  instance.daemon = { pid: serial(world), startedAt: world.now, syncs };
  instance.putDown = false;
  instance.died = false;
  for (const sync of syncs)
    for (const entry of world.passedOn) {
      const [name, table = ''] = entry.split(' ');
      if (name === sync.name && !sync.makedelta.includes(table)) world.passedOn.delete(entry);
    }
  world.now += 10;
}

/** The place that an instance calls by this name: Bucardo's names for databases are its own. */
function reached(world: World, instance: string, alias: string): string {
  const host = controlOf(world, instance).dbs.find((db) => db.name === alias)?.host;
  return Object.keys(world.connections).find((name) => world.connections[name]?.host === host) ?? alias;
}

/** Whether a sync is of other hands, or of a link that a person suspended. */
function isUntouchable(world: World, sync: string): boolean {
  const row = Object.values(world.ledger.links).find((one) => one.names.sync === sync);
  return row === undefined || world.ledger.suspensions[row.address] !== undefined;
}

/** Rule 10: Bucardo's own validation would make what is missing, untimed. */
function checkActivation(world: World, sync: string, database: string, table: string): void {
  const facts = tableOf(world, database, table)?.bucardo ?? null;
  const names = facts?.triggers.map((trigger) => trigger.name) ?? [];
  if (!names.includes('bucardo_delta') || !names.includes(truncateName(sync)))
    violate(world, `rule 10: ${sync} was activated while a trigger of ${table} on ${database} was missing`);
  if (facts === null || facts.deltaColumns === null || !facts.track || !facts.stage || facts.functionMd5 === null)
    violate(world, `rule 10: ${sync} was activated while a helper table of ${table} on ${database} was missing`);
}

/** Rule 1: what makedelta writes to has to stand. */
function checkBelow(world: World, database: string, table: string): void {
  const facts = tableOf(world, database, table)?.bucardo ?? null;
  if (world.tampered.has(table)) return;
  if ((facts?.deltaColumns ?? null) === null || facts?.triggers.some((one) => one.name === 'bucardo_delta') !== true)
    violate(world, `rule 1: makedelta of ${table} for ${database} took effect before its triggers stood there`);
}

/** Asks a daemon and what older ones left behind to stop; runs are rolled back. */
export function stopDaemon(world: World, name: string): void {
  const instance = instanceOf(world, name);
  for (const sync of instance.daemon?.syncs ?? []) {
    const link = world.topology.links.find((one) => one.sync === sync.name);
    const wanted = link?.state === 'running' && (world.ledger.links[link.address]?.receipt ?? null) === null;
    if (sync.run?.kind === 'copy' && wanted) violate(world, `rule 3: ${name} was stopped while ${sync.name} copied`);
  }
  instance.daemon = null;
  instance.orphans = [];
  instance.putDown = true;
}

/** `NOTIFY kick_sync_…`: every other one is lost, as a kick is a hint (rule 4). */
export function kick(world: World, link: Link): void {
  world.kicks += 1;
  const sync = world.instances[link.instance]?.daemon?.syncs.find((one) => one.name === link.sync);
  if (sync !== undefined && world.kicks % 2 === 0) sync.kicked = true;
}

/** Bucardo's own purge counts track rows, and takes two of one target for two targets (FACTS 9.4). */
function purge(world: World, name: string): void {
  const { daemon, control } = instanceOf(world, name);
  if (daemon === null || control?.settings['bucardo_vac'] !== '1') return;
  for (const from of new Set(daemon.syncs.map((sync) => sync.from))) {
    const { facts, data, reachable } = databaseOf(world, from);
    if (!reachable) continue;
    for (const table of facts.tables) {
      const targets = table.bucardo?.targets.length ?? 0;
      const known = data.get(table.address);
      if (known !== undefined && targets > 0)
        known.deltas = known.deltas.filter((delta) => delta.tracked.length !== targets || delta.at > world.now - PURGES_AFTER_MS);
    }
  }
}

const PURGES_AFTER_MS = 8000;

/** A second passes: every daemon goes on. */
export function tick(world: World): void {
  world.now += 1000;
  for (const [name, instance] of Object.entries(world.instances)) {
    for (const sync of instance.daemon?.syncs ?? []) {
      if (databaseOf(world, sync.from).reachable && databaseOf(world, sync.to).reachable) advance(world, name, sync);
    }
    purge(world, name);
  }
}

function advance(world: World, instance: string, sync: ActiveSync): void {
  const { run } = sync;
  const broken = missingFor(world, sync);
  if (broken !== null && run?.committed !== true) {
    const { runs } = controlOf(world, instance);
    sync.run = null;
    const bad = { startedAt: world.now, endedAt: world.now, error: `relation "bucardo.delta_${broken}" does not exist` };
    runs[sync.name] = { running: null, lastGood: runs[sync.name]?.lastGood ?? null, lastBad: bad };
    if (!world.tampered.has(broken)) violate(world, `a run of ${sync.name} failed: the helper tables of ${broken} are missing`);
    return;
  }
  if (run === null) {
    // A poll runs no copy: that waits for a kick (FACTS 1.1, checktime).
    if (sync.flag !== 0 && !sync.kicked) return;
    sync.kicked = false;
    sync.run = begin(world, sync);
  } else if (run.committed) {
    // Only now the flag goes down; the kid ends.
    const row = controlOf(world, instance).syncs.find((one) => one.name === sync.name);
    if (row !== undefined) row.onetimecopy = 0;
    sync.flag = 0;
    sync.run = null;
  } else if (run.left > 0) {
    run.left -= 1;
  } else {
    commit(world, sync, run);
    const good = { startedAt: run.startedAt, endedAt: world.now };
    const { runs } = controlOf(world, instance);
    runs[sync.name] = { running: null, lastGood: good, lastBad: runs[sync.name]?.lastBad ?? null };
    sync.first = false;
    for (const table of sync.makedelta) world.passedOn.add(`${sync.name} ${table}`);
    if (run.kind === 'copy') run.committed = true;
    else sync.run = null;
  }
}

/** A table of which a run would miss the helper tables: on its source, or below where it writes deltas. */
function missingFor(world: World, sync: ActiveSync): string | null {
  const lacks = (database: string, table: string): boolean => {
    const facts = tableOf(world, database, table)?.bucardo ?? null;
    return facts === null || facts.deltaColumns === null || !facts.track;
  };
  const own = sync.tables.find((table) => lacks(sync.from, table));
  const below = sync.makedelta.find((table) => (tableOf(world, sync.to, table)?.bucardo?.deltaColumns ?? null) === null);
  return own ?? below ?? null;
}

function begin(world: World, sync: ActiveSync): Run {
  const target = targetName(sync.name);
  const copy = sync.flag !== 0;
  const changed = new Map(
    copy ? [] : sync.tables.map((table) => [table, dataOf(world, sync.from, table).deltas.filter((one) => !one.tracked.includes(target))]),
  );
  return {
    startedAt: world.now,
    kind: copy ? 'copy' : 'changes',
    rows: new Map(sync.tables.map((table) => [table, new Set(dataOf(world, sync.from, table).rows)])),
    changed,
    truncated: copy ? [] : databaseOf(world, sync.from).truncates.filter((one) => one.open && one.sync === sync.name),
    left: copy ? world.copyTicks : 0,
    committed: false,
  };
}

function commit(world: World, sync: ActiveSync, run: Run): void {
  const target = targetName(sync.name);
  for (const { table } of run.truncated) truncate(world, sync.to, table, 'replica');
  for (const one of run.truncated) one.open = false;
  for (const table of sync.tables) {
    const below = dataOf(world, sync.to, table);
    const rows = run.rows.get(table) ?? new Set<string>();
    if (run.kind === 'copy') {
      // Mode 2 leaves a table alone whose target holds rows, and says Good; a copy writes no deltas below (FACTS 0.5).
      if (rows.size === 0 || (sync.flag === 2 && below.rows.size > 0)) continue;
      if (sync.flag === 1) below.rows.clear();
      for (const row of rows) below.rows.add(row);
      world.copies.push(`${sync.name} ${table}`);
    } else {
      const changed = run.changed.get(table) ?? [];
      for (const { row } of changed) {
        if (rows.has(row)) below.rows.add(row);
        else below.rows.delete(row);
      }
      if (changed.length > 0 && sync.makedelta.includes(table)) {
        record(world, sync.to, table, [...new Set(changed.map((one) => one.row))]);
      }
      for (const one of changed) one.tracked.push(target, ...(sync.first ? [target] : []));
    }
  }
}
