/** What users do to their tables, and what the triggers that stand there make of it. */
import { DELTA_TRIGGER } from '../../../../src/bucardo/names.ts';
import { RECORDER } from '../../../../src/bucardo/objects.ts';
import { databaseOf, dataOf, tableOf, violate, type World } from './world.ts';

/** `replica`: Bucardo writes, and only ENABLE ALWAYS triggers fire. */
type Role = 'origin' | 'replica';

function fires(enabled: string, role: Role): boolean {
  return role === 'origin' ? enabled === 'O' || enabled === 'A' : enabled === 'A' || enabled === 'R';
}

/** A client inserts a row; it fails where somebody took away what the trigger writes to. */
export function insert(world: World, database: string, table: string, row: string): void {
  const facts = tableOf(world, database, table)?.bucardo ?? null;
  const writes = facts?.triggers.some((one) => one.name === DELTA_TRIGGER && fires(one.enabled, 'origin')) === true;
  if (writes && facts?.deltaColumns === null && world.tampered.has(table)) return;
  dataOf(world, database, table).rows.add(row);
  note(world, database, table, [row], 'origin');
}

/** The delta trigger, where it fires. */
export function note(world: World, database: string, table: string, rows: readonly string[], role: Role): void {
  const facts = tableOf(world, database, table)?.bucardo ?? null;
  const trigger = facts?.triggers.find((one) => one.name === DELTA_TRIGGER);
  if (trigger !== undefined && fires(trigger.enabled, role)) record(world, database, table, rows);
}

export function record(world: World, database: string, table: string, rows: readonly string[]): void {
  if ((tableOf(world, database, table)?.bucardo?.deltaColumns ?? null) === null)
    violate(world, `a write to ${table} on ${database} failed: its delta table is missing`);
  for (const row of rows) dataOf(world, database, table).deltas.push({ row, at: world.now, tracked: [] });
}

/** A TRUNCATE with the triggers that fire for it: Bucardo's record of it, or our recorder of keys. */
export function truncate(world: World, database: string, table: string, role: Role = 'origin'): void {
  const data = dataOf(world, database, table);
  const triggers = tableOf(world, database, table)?.bucardo?.triggers.filter((one) => fires(one.enabled, role)) ?? [];
  if (triggers.some((one) => one.functionName === RECORDER)) record(world, database, table, [...data.rows]);
  data.rows.clear();
  for (const trigger of triggers) {
    if (trigger.functionName !== 'bucardo_note_truncation') continue;
    databaseOf(world, database).truncates.push({ table, sync: trigger.args[0] ?? '', at: world.now, open: true });
    data.deltas = [];
  }
}
