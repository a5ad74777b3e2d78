/** Copies that are repeated (src/act: copy-again). */
import { recopyBegun, recopyEnded, tableCopied, type CopyState } from '../../../../src/ledger/recopy.ts';
import type { Work } from '../../../../src/plan/work-model.ts';
import type { Link } from '../../../../src/topology/model.ts';
import { databaseOf, dataOf, instanceOf, type Mutable, statement, violate, type World } from './world.ts';
import { linkAt, type Outcome } from './world-steps.ts';

type Of<K extends Work['kind']> = Extract<Work, { kind: K }>;

export function recopyStep(world: World, work: Of<'recopy'>): Outcome {
  const { cause, generation, tables, skipped } = work;
  save(world, work.link, (state) => recopyBegun(state, { cause, generation, tables, skipped }, world.now));
  return 'done';
}

/** Each table in a transaction of its own; the ledger knows after each what is left. */
export function copyAgainStep(world: World, work: Of<'copy_tables'>): Outcome {
  const link = linkAt(world, work.link);
  checkStill(world, link, work.tables);
  for (const table of work.tables) {
    statement(world);
    for (const record of databaseOf(world, link.from).truncates)
      if (record.sync === link.sync && record.table === table) record.open = false;
    statement(world);
    dataOf(world, link.to, table).rows = new Set(dataOf(world, link.from, table).rows);
    save(world, work.link, (state) => tableCopied(state, table));
  }
  save(world, work.link, (state) => recopyEnded(state, world.now));
  return 'done';
}

/** Rule 7: the link and all below it that carry these tables stand still, and know that they have to copy them, too. */
function checkStill(world: World, link: Link, tables: readonly string[]): void {
  const running = instanceOf(world, link.instance).daemon?.syncs.find((one) => one.name === link.sync);
  if (running !== undefined) violate(world, `rule 7: ${tables.join(', ')} were copied again while ${link.address} ran`);
  const owed = world.ledger.links[link.address]?.recopy?.tables ?? [];
  const missing = tables.filter((table) => !owed.includes(table));
  if (missing.length > 0) violate(world, `rule 7: ${link.address} does not know that ${missing.join(', ')} are copied again`);
  // One that is declared stopped copies when it runs again, and those below it then.
  if (link.state !== 'running' || world.topology.databases.find((one) => one.name === link.to)?.cascade !== true) return;
  for (const below of world.topology.links.filter((one) => one.from === link.to)) {
    if ((world.ledger.links[below.address]?.receipt ?? null) === null) continue;
    const herd = world.instances[below.instance]?.control?.herds[below.relgroup] ?? [];
    const members = world.instances[below.instance]?.control?.goats.filter((goat) => herd.includes(goat.id)).map((goat) => goat.address);
    // One that is on its way out has been drained, and gets nothing more.
    if (below.former === true && instanceOf(world, below.instance).daemon?.syncs.every((one) => one.name !== below.sync) !== false)
      continue;
    const carried = tables.filter((table) => members?.includes(table));
    if (carried.length > 0) checkStill(world, below, carried);
  }
}

/** Changes what the ledger says of a link's copies. */
export function save(world: World, address: string, change: (state: CopyState) => CopyState): void {
  statement(world);
  const row = world.ledger.links[address];
  if (row === undefined) throw new Error(`the ledger does not know ${address}`);
  const { receipt, recopy, suspects } = change(structuredClone({ receipt: row.receipt, recopy: row.recopy, suspects: row.suspects }));
  Object.assign(row, { receipt, recopy, suspects } as Mutable<CopyState>);
}
