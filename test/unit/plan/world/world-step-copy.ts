/** Steps from the question for a copy to its receipt (src/act: activation, copy). */
import { truncateName } from '../../../../src/bucardo/names.ts';
import { recopyForgotten } from '../../../../src/ledger/recopy.ts';
import type { Work } from '../../../../src/plan/work-model.ts';
import { save } from './world-step-recopy.ts';
import { membersOf } from '../../../../src/act/members.ts';
import type { Link } from '../../../../src/topology/model.ts';
import { kick } from './world-daemon.ts';
import { record } from './world-users.ts';
import { controlOf, databaseOf, dataOf, instanceOf, type Mutable, statement, tableOf, violate, type World } from './world.ts';
import { type Known, linkAt, type Outcome } from './world-steps.ts';

type Of<K extends Work['kind']> = Extract<Work, { kind: K }>;

export function activateStep(world: World, work: Of<'activate'>, known: Known): Outcome {
  const link = linkAt(world, work.link);
  const control = controlOf(world, work.instance);
  const before = known.ledger.links[work.link]?.request ?? null;
  const fills = work.copy && work.mode === 'empty' && before?.mode !== work.mode;
  if (fills && work.tables.some((table) => dataOf(world, link.to, table).rows.size > 0)) return 'moved';
  if (work.copy) checkQuestion(world, work.link);
  const askedAt = world.now;
  if (work.copy || work.mode === 'never') {
    statement(world);
    const row = world.ledger.links[work.link];
    if (row !== undefined) {
      row.request = structuredClone(
        before !== null && before.askedAt !== null
          ? { ...before, askedAt }
          : {
              mode: work.mode,
              tables: work.tables,
              skipped: work.skipped,
              emptiedAt: before?.emptiedAt ?? world.memory.get(`emptied ${work.link}`) ?? null,
              askedAt,
              generation: link.copyGeneration,
            },
      ) as Mutable<NonNullable<typeof before>>;
    }
  }
  statement(world);
  const sync = control.syncs.find((one) => one.name === link.sync);
  if (sync === undefined) throw new Error(`no sync ${link.sync}`);
  sync.status = 'active';
  if (work.copy) sync.onetimecopy = 2;
  control.changedAt = world.now;
  if (world.ledger.links[work.link]?.recopy?.tables.length === 0) save(world, work.link, recopyForgotten);
  return 'done';
}

/** Rules 1 and 8: what has to be true when a link below another one is asked to copy. */
function checkQuestion(world: World, address: string): void {
  const link = linkAt(world, address);
  if ((world.ledger.links[address]?.receipt ?? null) !== null)
    violate(world, `rule 6: ${address} was asked for a copy though it has its receipt`);
  const cascades = world.topology.databases.find((one) => one.name === link.from)?.cascade === true;
  const tables = tablesOf(world, address);
  for (const upper of world.topology.links.filter((one) => one.to === link.from)) {
    // One that leaves brings nothing more: it has come to its end before.
    if (upper.former === true && !world.instances[upper.instance]?.daemon?.syncs.some((sync) => sync.name === upper.sync)) continue;
    if ((world.ledger.links[upper.address]?.receipt ?? null) === null)
      violate(world, `rule 1: ${address} was asked for its copy before the copy of ${upper.address} was complete`);
    if (!cascades || upper.state !== 'running') continue;
    for (const table of tablesOf(world, upper.address)) {
      if (tables.includes(table) && !world.passedOn.has(`${upper.sync} ${table}`))
        violate(world, `rule 1: ${address} was asked for its copy before a run of ${upper.address} with makedelta of ${table}`);
    }
  }
  if (world.topology.links.every((one) => one.to !== link.from || one.former === true)) return;
  // Users may truncate between the two steps: what was there when the records were marked is what counts.
  const markedAt = world.memory.get(`truncates ${link.sync}`) ?? Number.POSITIVE_INFINITY;
  if (databaseOf(world, link.from).truncates.some((one) => one.open && one.sync === link.sync && one.at < markedAt))
    violate(world, `rule 8: ${address} was asked for its copy while truncate records of it were open`);
  if (!cascades) return;
  for (const table of tables) {
    const trigger = tableOf(world, link.from, table)?.bucardo?.triggers.find((one) => one.name === truncateName(link.sync));
    if (trigger?.enabled !== 'A') violate(world, `rule 8: ${address} was asked for its copy before ${table}'s truncate trigger was ALWAYS`);
  }
}

/** Tables that join a link which replicates already: each in a transaction of its own, what an earlier try left there removed first. */
export function copyTablesStep(world: World, work: Of<'copy_tables'>, known: Known): Outcome {
  const link = linkAt(world, work.link);
  const row = world.ledger.links[work.link];
  if (row === undefined) throw new Error(`the ledger does not know ${work.link}`);
  const began = new Set(known.ledger.links[work.link]?.copying);
  statement(world);
  row.copying = [...new Set([...began, ...work.tables])];
  let rows = 0;
  for (const table of work.tables) {
    statement(world);
    for (const record of databaseOf(world, link.from).truncates)
      if (record.sync === link.sync && record.table === table) record.open = false;
    statement(world);
    const below = dataOf(world, link.to, table).rows;
    if (work.emptied.includes(table) || began.has(table)) {
      passOnEmptied(world, known, link, [table]);
      below.clear();
    } else if (below.size > 0) violate(world, `${table} of ${link.to} held rows that were not ours when ${work.link} copied it`);
    for (const name of dataOf(world, link.from, table).rows) below.add(name);
    // Of what other hands copied, or a lost ledger knew, there is no receipt: a person let it be emptied and copied.
    if (work.emptied.includes(table) && row.receipt?.mode === 'unknown')
      world.copies = world.copies.filter((copy) => copy !== `${link.sync} ${table}`);
    if (!began.has(table)) world.copies.push(`${link.sync} ${table}`);
    rows += below.size;
  }
  passOnCopied(world, known, link, work.tables);
  statement(world);
  row.copying = [];
  if (row.receipt !== null) {
    row.receipt.copied = [...row.receipt.copied, ...work.tables];
    row.receipt.skipped = [...row.receipt.skipped, ...work.skipped];
    row.receipt.rows += rows;
  }
  return 'done';
}

/** Tables in a link's relgroup. */
export function tablesOf(world: World, address: string): readonly string[] {
  const link = linkAt(world, address);
  const control = world.instances[link.instance]?.control ?? null;
  const herd = control?.herds[link.relgroup] ?? [];
  return control?.goats.filter((goat) => goat.type === 'table' && herd.includes(goat.id)).map((goat) => goat.address) ?? [];
}

export function deactivateStep(world: World, work: Of<'deactivate'>): Outcome {
  const link = linkAt(world, work.link);
  statement(world);
  const control = controlOf(world, work.instance);
  const sync = control.syncs.find((one) => one.name === link.sync);
  if (sync !== undefined) sync.status = 'inactive';
  control.changedAt = world.now;
  return 'done';
}

export function waitCopyStep(world: World, work: Of<'wait_copy'>): Outcome {
  const link = linkAt(world, work.link);
  const { control, daemon } = instanceOf(world, work.instance);
  const asked = world.ledger.links[work.link]?.request?.askedAt ?? Number.POSITIVE_INFINITY;
  const good = control?.runs[link.sync]?.lastGood ?? null;
  if (control?.syncs.find((one) => one.name === link.sync)?.onetimecopy === 0 && good !== null && good.startedAt >= asked) return 'done';
  if (daemon === null) return 'moved';
  kick(world, link);
  return 'pending';
}

/** Whether the source receives rows that it does not write down for this link. */
function receivesUnnoted(world: World, link: Link): boolean {
  const cascade = world.topology.databases.find((one) => one.name === link.from)?.cascade;
  return cascade === false && world.topology.links.some((one) => one.to === link.from);
}

/** Counts of every table, the changes that were noted since as slack; a difference that stays is an error. */
const SETTLES_WITHIN = 20;

/** A copy writes no deltas on its target: its keys are noted for the links below that replicate already (src/act/steps/copying/pass-on.ts). */
function passOnCopied(world: World, known: Known, link: Link, copied: readonly string[]): void {
  for (const table of carriedBelow(world, known, link, copied)) {
    statement(world);
    record(world, link.to, table, [...dataOf(world, link.to, table).rows]);
  }
}

/** The same of rows that go, in the transaction that removes them. */
export function passOnEmptied(world: World, known: Known, link: Link, emptied: readonly string[]): void {
  for (const table of carriedBelow(world, known, link, emptied)) record(world, link.to, table, [...dataOf(world, link.to, table).rows]);
}

function carriedBelow(world: World, known: Known, link: Link, tables: readonly string[]): readonly string[] {
  if (world.topology.databases.find((one) => one.name === link.to)?.cascade !== true) return [];
  return world.topology.links
    .filter((one) => one.from === link.to && (known.ledger.links[one.address]?.receipt ?? null) !== null)
    .flatMap((below) => {
      const members = membersOf({ observation: known.observation }, below);
      // Nothing is noted where no delta table stands: the link below was detached, or somebody took it.
      return tables.filter((one) => members.has(one) && (tableOf(world, link.to, one)?.bucardo?.deltaColumns ?? null) !== null);
    });
}

export function receiptStep(world: World, work: Of<'receipt'>, known: Known): Outcome {
  const link = linkAt(world, work.link);
  const counted = !receivesUnnoted(world, link);
  const short = work.copied.filter((table) => {
    const [left, right] = [dataOf(world, link.from, table), dataOf(world, link.to, table)];
    if (!counted) return left.rows.size > 0 && right.rows.size === 0;
    return Math.abs(left.rows.size - right.rows.size) > left.deltas.length;
  });
  if (short.length > 0) {
    const tries = (world.memory.get(`receipt ${work.link}`) ?? 0) + 1;
    world.memory.set(`receipt ${work.link}`, tries);
    if (tries > SETTLES_WITHIN) return 'failed';
    if (counted || tries > 1) return 'pending';
    // Its first rows came after the copy, and nothing counts them: it is asked for once more, once a run.
    statement(world);
    const request = world.ledger.links[work.link]?.request ?? null;
    if (request !== null) request.askedAt = null;
    return 'moved';
  }
  passOnCopied(world, known, link, work.copied);
  statement(world);
  const row = world.ledger.links[work.link];
  const rows = work.copied.reduce((sum, table) => sum + dataOf(world, link.to, table).rows.size, 0);
  if (row !== undefined)
    row.receipt = {
      mode: link.copyData,
      generation: row.request?.generation ?? link.copyGeneration,
      copied: [...work.copied],
      skipped: [...work.skipped],
      rows,
      endedAt: world.now,
    };
  return 'done';
}
