import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { deltaTable, quoteIdent, quoteTable, stageTable, trackTable, truncateName } from '../../bucardo/names.ts';
import { deltaTriggerStatement, helperStatements, RECORDER, truncateTriggerStatement } from '../../bucardo/objects.ts';
import type { RekeyWork, Work } from '../../plan/work-model.ts';
import { type ActContext, linkAt, type Outcome } from '../context.ts';
import { noteEveryKey, suspectOf } from './copying/note-keys.ts';
import { type LockedWork, tableByTable } from './table-by-table.ts';

/**
 * Makes the delta tables of tables whose key changed anew, one table at a time, while no daemon of the links concerned runs. All of it is
 * one transaction under the table's lock, so that each change is noted either by its old key or by its new one. Old keys are translated:
 * a row that changed has its new key on the source, and one that is gone there still has it on the target, which nobody writes meanwhile.
 */
export async function rekey(context: ActContext, work: Extract<Work, { kind: 'rekey' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const tooMany = new Set<string>();
  const seen = context.known.seen?.[`${context.topology.name}/${work.database}`];
  // Made anew by us, a delta table has lost nothing (rule 15).
  if (seen !== undefined) {
    const addresses = work.tables.map((table) => `${table.schema}.${table.table}`);
    await context.ledger.sights.forgetDeltas(context.topology.name, work.database, seen, addresses);
  }
  const separate = context.access.resolvedOwner(work.database) !== null;
  const works = work.tables.map((table): LockedWork => ({
    schema: table.schema,
    table: table.table,
    // The trigger is replaced by itself for its lock: it takes no more rights than making it took.
    statements: [deltaTriggerStatement(table), ...recorders(context, work.database, table)],
    within: async (client) => {
      const translate = async (own: PoolClient): Promise<void> => {
        if (!(await isStale(own, table))) return;
        if (!(await makeAnew(context, own, work.database, table))) tooMany.add(`${table.schema}.${table.table}`);
      };
      if (separate)
        await context.access.database(work.database).transaction([`SET LOCAL lock_timeout = ${link.locks.timeoutMs}`], translate);
      else await translate(client);
    },
  }));
  const outcome = await tableByTable(context, `rekey ${work.link}`, work.database, context.access.ddl(work.database), works, link.locks);
  if (tooMany.size > 0)
    for (const below of context.topology.links.filter((one) => one.from === work.database))
      await suspectOf(context, below, 'KeyChanged', [...tooMany]);
  return outcome;
}

/** Our TRUNCATE recorders name the key's columns; replacing them takes ENABLE ALWAYS away, which is put back (rule 8). */
function recorders(context: ActContext, database: string, table: RekeyWork): readonly string[] {
  const observed = context.observation.databases[database];
  const triggers = observed?.reachable === true ? (observed.tables.find((one) => one.oid === table.oid)?.bucardo?.triggers ?? []) : [];
  return triggers
    .filter((trigger) => trigger.functionName === RECORDER)
    .flatMap((trigger) => {
      const sync = trigger.args[2] ?? '';
      return [
        truncateTriggerStatement(table, sync, 'keys'),
        ...(trigger.enabled === 'A'
          ? [`ALTER TABLE ${quoteTable(table.schema, table.table)} ENABLE ALWAYS TRIGGER ${quoteIdent(truncateName(sync))}`]
          : []),
      ];
    });
}

/** Whether the delta table still has the old key: another link that leaves the same database may have been here before. */
async function isStale(client: PoolClient, table: RekeyWork): Promise<boolean> {
  const { rows } = await client.query<{ columns: string[] }>(
    `SELECT array_agg(attname || ' ' || format_type(atttypid, atttypmod) ORDER BY attnum) AS columns FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attname <> 'txntime'`,
    [delta(table)],
  );
  return rows[0]?.columns?.join('|') === table.oldColumns.map((column) => `${column.name} ${column.type}`).join('|');
}

/** False where not every change could be noted: the table holds more rows than a kid can keep keys of. */
async function makeAnew(context: ActContext, client: PoolClient, database: string, table: RekeyWork): Promise<boolean> {
  const name = quoteTable(table.schema, table.table);
  const old = table.oldColumns.map((column) => quoteIdent(column.name));
  const translated = table.translatable && (await keepOldKeys(client, table, name, old));
  const makers = [deltaTable, trackTable, stageTable].map((of) => `bucardo.${quoteIdent(of(table.maker))}`);
  await client.query([...makers.map((one) => `DROP TABLE IF EXISTS ${one}`), ...helperStatements(table)].join(';\n'));
  if (!translated) return noteEveryKey(context, client, keyed(table), [database, ...table.targets]);
  await client.query(`INSERT INTO ${delta(table)} (${keysOf(table)}) ${FOUND(table, name, old)}`);
  for (const target of table.targets)
    await context.access.database(target).transaction([], async (other) => {
      await other.query(`CREATE TEMP TABLE goatherd_old_keys ON COMMIT DROP AS SELECT ${old.join(', ')} FROM ONLY ${name} LIMIT 0`);
      await pipeline(
        client.query(copyTo(`COPY (SELECT ${old.join(', ')} FROM goatherd_old_keys) TO STDOUT`)),
        other.query(copyFrom(`COPY goatherd_old_keys (${old.join(', ')}) FROM STDIN`)),
      );
      await pipeline(
        other.query(copyTo(`COPY (${FOUND(table, name, old)}) TO STDOUT`)),
        client.query(copyFrom(`COPY ${delta(table)} (${keysOf(table)}) FROM STDIN`)),
      );
    });
  return true;
}

/** The old keys of all changes that are noted, in a temporary table of the types that the table has now; false where one of them is NULL. */
async function keepOldKeys(client: PoolClient, table: RekeyWork, name: string, old: readonly string[]): Promise<boolean> {
  await client.query(`CREATE TEMP TABLE goatherd_old_keys ON COMMIT DROP AS SELECT ${old.join(', ')} FROM ONLY ${name} LIMIT 0`);
  await client.query(`INSERT INTO goatherd_old_keys SELECT DISTINCT ${old.join(', ')} FROM ${delta(table)}`);
  const { rows } = await client.query<{ unknown: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM goatherd_old_keys WHERE ${old.map((column) => `${column} IS NULL`).join(' OR ')}) AS unknown`,
  );
  return rows[0]?.unknown === false;
}

/** The new keys of the rows that the old ones name: more than one where the old key is not unique any more. */
const FOUND = (table: RekeyWork, name: string, old: readonly string[]): string =>
  `SELECT DISTINCT ${table.keyColumns.map((column) => `t.${quoteIdent(column)}`).join(', ')} FROM ONLY ${name} t JOIN goatherd_old_keys o ON ${old.map((column) => `t.${column} = o.${column}`).join(' AND ')}`;

const delta = (table: RekeyWork): string => `bucardo.${quoteIdent(deltaTable(table.maker))}`;
const keysOf = (table: RekeyWork): string => table.keyColumns.map(quoteIdent).join(', ');
const keyed = (table: RekeyWork): Parameters<typeof noteEveryKey>[2] => ({
  schema: table.schema,
  name: table.table,
  key: { columns: table.keyColumns },
});
