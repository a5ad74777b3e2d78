import { deltaTriggerStatement, kickTriggerStatement, truncateTriggerStatement } from '../../bucardo/objects.ts';
import { quoteIdent, quoteTable } from '../../bucardo/names.ts';
import type { Work } from '../../plan/work-model.ts';
import { type ActContext, linkAt, type Outcome } from '../context.ts';
import { type LockedWork, tableByTable } from './table-by-table.ts';

/** The triggers of each table, in one short transaction a table. */
export async function makeTriggers(context: ActContext, work: Extract<Work, { kind: 'triggers' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const works = work.tables.map((table): LockedWork => {
    const wants = (name: string): boolean => table.missing.includes(name);
    return {
      schema: table.schema,
      table: table.table,
      statements: [
        ...(wants('delta') ? [deltaTriggerStatement(table)] : []),
        ...(wants('truncate') ? [truncateTriggerStatement(table, link.sync, table.truncate)] : []),
        ...(wants('kick') ? [kickTriggerStatement(table.schema, table.table, link.sync)] : []),
      ],
    };
  });
  return tableByTable(context, `triggers ${work.link}`, work.database, context.access.ddl(work.database), works, link.locks);
}

/** Truncate and kick triggers fire for what Bucardo writes on a database that passes changes on (rule 8). */
export async function makeAlways(context: ActContext, work: Extract<Work, { kind: 'always' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const works = work.tables.map((address): LockedWork => {
    const table = tableAt(context, work.database, address);
    const actions = work.triggers.map((trigger) => `ENABLE ${work.mode === 'A' ? 'ALWAYS ' : ''}TRIGGER ${quoteIdent(trigger)}`).join(', ');
    return { ...table, statements: [`ALTER TABLE ${quoteTable(table.schema, table.table)} ${actions}`] };
  });
  return tableByTable(context, `always ${work.link}`, work.database, context.access.ddl(work.database), works, link.locks);
}

/** Schema and name of an address; the observation knows where the dot is. */
export function tableAt(context: ActContext, database: string, address: string): { schema: string; table: string } {
  const observed = context.observation.databases[database];
  const table = observed?.reachable === true ? observed.tables.find((one) => one.address === address) : undefined;
  return table === undefined
    ? { schema: address.slice(0, address.indexOf('.')), table: address.slice(address.indexOf('.') + 1) }
    : { schema: table.schema, table: table.name };
}
