import { quoteTable } from '../bucardo/names.ts';
import type { ActContext } from './context.ts';
import { tableAt } from './steps/triggers.ts';

/**
 * Who holds or waits for ACCESS EXCLUSIVE on tables that Bucardo's own check is about to read, untimed (rule 10); null when nobody does.
 */
export async function exclusiveHolder(context: ActContext, database: string, addresses: readonly string[]): Promise<string | null> {
  const names = addresses.map((address) => {
    const { schema, table } = tableAt(context, database, address);
    return quoteTable(schema, table);
  });
  const rows = await context.access.database(database).query<{ table: string; pid: number; application: string; granted: boolean }>(
    `SELECT l.relation::regclass::text AS table, a.pid, a.application_name AS application, l.granted FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND l.relation IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS n(name)) AND a.pid <> pg_backend_pid() LIMIT 1`,
    [names],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return `${row.table} on ${database}: pid ${row.pid}${row.application === '' ? '' : ` (${row.application})`} ${row.granted ? 'holds' : 'waits for'} ACCESS EXCLUSIVE`;
}
