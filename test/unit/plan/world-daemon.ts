/** Bucardo's daemons: what they read when they start, what their runs do, and what they get wrong (FACTS 4 to 6). */
import { targetName, truncateName } from '../../../src/bucardo/names.ts';
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
      const from = control.dbmap.find((one) => one.group === sync.dbs && one.role === 'source')?.db ?? '';
      const to = control.dbmap.find((one) => one.group === sync.dbs && one.role === 'target')?.db ?? '';
      if (world.databases[from]?.reachable !== true || world.databases[to]?.reachable !== true) return [];
      const herd = control.herds[sync.herd] ?? [];
      const goats = control.goats.filter((goat) => goat.type === 'table' && herd.includes(goat.id));
      const makedelta = goats.filter((goat) => goat.makedelta?.split(',').includes(to)).map((goat) => goat.address);
      for (const goat of goats) checkActivation(world, sync.name, from, goat.address);
      for (const table of makedelta) checkBelow(world, to, table);
      return [{ name: sync.name, from, to, tables: goats.map((goat) => goat.address), makedelta, flag: sync.onetimecopy, run: null }];
    });
  instance.daemon = { pid: serial(world), startedAt: world.now, syncs };
  world.now += 10;
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
}

/** A second passes: every daemon goes on. */
export function tick(world: World): void {
  world.now += 1000;
  for (const [name, instance] of Object.entries(world.instances)) {
    for (const sync of instance.daemon?.syncs ?? []) {
      if (databaseOf(world, sync.from).reachable && databaseOf(world, sync.to).reachable) advance(world, name, sync);
    }
  }
}

function advance(world: World, instance: string, sync: ActiveSync): void {
  const { run } = sync;
  if (run === null) {
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
    for (const table of sync.makedelta) world.passedOn.add(`${sync.name} ${table}`);
    if (run.kind === 'copy') run.committed = true;
    else sync.run = null;
  }
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
      for (const one of changed) one.tracked.push(target);
    }
  }
}
