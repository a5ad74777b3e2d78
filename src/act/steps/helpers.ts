import { deltaDefaultStatement, globalStatements, helperStatements, kickFunctionStatement } from '../../bucardo/objects.ts';
import { deltaNamesTable, quoteIdent, targetName } from '../../bucardo/names.ts';
import { globalFunctions, readSchemaFile } from '../../bucardo/schema-file.ts';
import type { TableWork, Work } from '../../plan/model.ts';
import { type ActContext, done, failed, linkAt, type Outcome, remembered } from '../context.ts';
import { plural } from '../../lib/format.ts';

type Helpers = Extract<Work, { kind: 'helpers' }>;

const TABLES_AT_ONCE = 50;

/**
 * Schema, functions and helper tables on a source. No statement touches a table of the user's, so that many go into one transaction;
 * the lock timeout is for helper tables that live triggers already write to (rule 10).
 */
export async function makeHelpers(context: ActContext, work: Helpers): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const session = context.access.database(work.database);
  const setup = [
    `SET LOCAL lock_timeout = ${link.locks.timeoutMs}`,
    "SET LOCAL client_min_messages = 'error'",
    'SET LOCAL check_function_bodies = off',
  ];
  const state = remembered(context, `helpers ${work.link}`, () => ({ global: !work.global, next: 0 }));
  if (!state.global) {
    const schema = readSchemaFile();
    if (schema === null) return failed('BucardoMissing', 'bucardo.schema was not found', 'install the Debian package bucardo');
    const owner = context.access.resolvedOwner(work.database)?.user;
    await session.transaction(setup, async (client) => {
      // Functions first: a trigger of the global tables calls one of them.
      await client.query('CREATE SCHEMA IF NOT EXISTS bucardo');
      for (const info of globalFunctions(schema.text)) await client.query(info.statement);
      for (const statement of globalStatements()) await client.query(statement);
      await client.query(kickFunctionStatement(link.sync));
      if (owner !== undefined) await client.query(`GRANT USAGE ON SCHEMA bucardo TO ${quoteIdent(owner)}`);
    });
    state.global = true;
  }
  while (state.next < work.tables.length && !context.signal.aborted) {
    const batch = work.tables.slice(state.next, state.next + TABLES_AT_ONCE);
    await session.transaction(setup, async (client) => {
      await client.query(batch.flatMap((table) => statementsOf(table)).join(';\n'));
      await client.query(
        `INSERT INTO bucardo.bucardo_delta_targets(tablename, target) SELECT oid, $2 FROM unnest($1::oid[]) AS t(oid)
         WHERE NOT EXISTS (SELECT 1 FROM bucardo.bucardo_delta_targets d WHERE d.tablename = t.oid AND d.target = $2)`,
        [batch.map((table) => table.oid), targetName(link.dbgroup)],
      );
      await client.query('INSERT INTO bucardo.bucardo_delta_names(sync, tablename) SELECT $2, unnest($1::text[]) ON CONFLICT DO NOTHING', [
        batch.map((table) => deltaNamesTable(table.schema, table.table)),
        link.sync,
      ]);
    });
    state.next += batch.length;
    context.progress({ done: state.next, total: work.tables.length, unit: 'tables' });
  }
  if (state.next < work.tables.length)
    return { state: 'pending', progress: { done: state.next, total: work.tables.length, unit: 'tables' }, retryMs: 0 };
  return done(plural(work.tables.length, 'table'));
}

function statementsOf(table: TableWork): readonly string[] {
  return [...helperStatements(table), ...(table.missing.includes('delta default') ? [deltaDefaultStatement(table.maker)] : [])];
}
