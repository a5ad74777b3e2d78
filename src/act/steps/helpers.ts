import { deltaDefaultStatement, globalStatements, helperStatements, kickFunctionStatement } from '../../bucardo/objects.ts';
import { deltaNamesTable, deltaTable, quoteIdent, targetName, trackTable } from '../../bucardo/names.ts';
import { globalFunctions, readSchemaFile } from '../../bucardo/schema-file.ts';
import type { TableWork, Work } from '../../plan/work-model.ts';
import { type ActContext, done, failed, linkAt, type Outcome, remembered } from '../context.ts';
import { plural } from '../../lib/format.ts';
import { type LockedWork, tableByTable } from './table-by-table.ts';

type Helpers = Extract<Work, { kind: 'helpers' }>;

const TABLES_AT_ONCE = 50;

/**
 * Schema, functions and helper tables on a source. No statement touches a table of the user's, so that many go into one transaction;
 * helper tables that live triggers write to already count as the user's, and are mended one by one (rule 10).
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
  const fresh = work.tables.filter((table) => table.missing.includes('delta table'));
  const name = async (client: Parameters<Parameters<typeof session.transaction>[1]>[0], tables: readonly TableWork[]): Promise<void> => {
    await client.query(
      `INSERT INTO bucardo.bucardo_delta_targets(tablename, target) SELECT oid, $2 FROM unnest($1::oid[]) AS t(oid)
       WHERE NOT EXISTS (SELECT 1 FROM bucardo.bucardo_delta_targets d WHERE d.tablename = t.oid AND d.target = $2)`,
      [tables.map((table) => table.oid), targetName(link.dbgroup)],
    );
    await client.query('INSERT INTO bucardo.bucardo_delta_names(sync, tablename) SELECT $2, unnest($1::text[]) ON CONFLICT DO NOTHING', [
      tables.map((table) => deltaNamesTable(table.schema, table.table)),
      link.sync,
    ]);
  };
  while (state.next < fresh.length && !context.signal.aborted) {
    const batch = fresh.slice(state.next, state.next + TABLES_AT_ONCE);
    await session.transaction(setup, async (client) => {
      await client.query(batch.flatMap((table) => helperStatements(table)).join(';\n'));
      await name(client, batch);
    });
    state.next += batch.length;
    context.progress({ done: state.next, total: work.tables.length, unit: 'tables' });
  }
  if (state.next < fresh.length)
    return { state: 'pending', progress: { done: state.next, total: work.tables.length, unit: 'tables' }, retryMs: 0 };
  const standing = work.tables.filter((table) => !fresh.includes(table));
  const mended = await tableByTable(
    context,
    `helpers mended ${work.link}`,
    work.database,
    session,
    standing.flatMap(mendingOf),
    link.locks,
  );
  if (mended.state !== 'done') return mended;
  if (standing.length > 0) await session.transaction(setup, (client) => name(client, standing));
  return done(plural(work.tables.length, 'table'));
}

/**
 * What a delta table that live triggers write to lacks, and nothing that stands: even CREATE INDEX IF NOT EXISTS locks its writers out. The
 * two tables apart, as an index on the track table may take its time and the writers of the other must not wait for it.
 */
function mendingOf(table: TableWork): readonly LockedWork[] {
  const [, dex1, dex2, deltaFunction, track, dex3, goat, stage] = helperStatements(table);
  const lacking = (parts: readonly (readonly [string, string | undefined])[]): string[] =>
    parts.flatMap(([what, statement]) => (table.missing.includes(what) && statement !== undefined ? [statement] : []));
  const tracking = lacking([
    ['track table', track],
    ['index dex3', dex3],
    ['index goat', goat],
    ['stage table', stage],
  ]);
  const noting = lacking([
    ['delta function', deltaFunction],
    ['index dex1', dex1],
    ['index dex2', dex2],
    ['delta default', deltaDefaultStatement(table.maker)],
  ]);
  const tracks = table.missing.includes('track table') ? deltaTable(table.maker) : trackTable(table.maker);
  return [
    ...(tracking.length > 0 ? [{ schema: 'bucardo', table: tracks, statements: tracking }] : []),
    ...(noting.length > 0 ? [{ schema: 'bucardo', table: deltaTable(table.maker), statements: noting }] : []),
  ];
}
