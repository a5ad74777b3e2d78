import { readFile } from 'node:fs/promises';
import type { Lab } from '../../../src/lab/lab.ts';
import { bucardoProcesses } from '../../../src/lab/bucardo-daemons.ts';
import { readState } from '../../../src/lab/state.ts';
import { query } from './query.ts';
import { clusterOf } from './use-lab.ts';

/** One link of a lab's chain with the names that goatherd gives. */
interface LinkNames {
  readonly from: string;
  readonly to: string;
  readonly sync: string;
}

/** The chain's links in the default naming. */
export const chainLinks = (lab: Lab): readonly LinkNames[] => {
  const names = Object.keys(lab.clusters);
  return names.slice(1).map((to, index) => ({ from: names[index] ?? '', to, sync: `orders_${names[index] ?? ''}_${to}` }));
};

/** Titles of the masters that live in this lab, by the instance their title or folder names. */
export async function masters(lab: Lab): Promise<readonly string[]> {
  const pids = await bucardoProcesses(await readState(lab.dir));
  const titles = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return titles
    .filter((title) => title.startsWith('Bucardo Master Control Program'))
    .map((title) => /Active syncs: ([^\0]*)/.exec(title)?.[1]?.trim() ?? '?')
    .toSorted();
}

/** Databases on the hub besides PostgreSQL's own. */
export async function hubDatabases(lab: Lab): Promise<readonly string[]> {
  const sql = "SELECT datname::text AS name FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1";
  return (await query(lab.hub, 'postgres', sql)).map((row) => String(row['name']));
}

/** Everything of which two would be one too many, as sentences; empty when all is single. `tables`: how many each link carries. */
export async function duplicates(lab: Lab): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { from, sync } of chainLinks(lab)) {
    const control = `bucardo_${sync}`;
    const ask = async (cluster: typeof lab.hub, database: string, sql: string): Promise<void> => {
      for (const row of await query(cluster, database, sql)) found.push(`${database}: ${String(row['what'])} ${String(row['n'])} times`);
    };
    await ask(
      lab.hub,
      control,
      "SELECT db || ' ' || schemaname || '.' || tablename AS what, count(*) AS n FROM bucardo.goat GROUP BY 1 HAVING count(*) > 1",
    );
    await ask(lab.hub, control, "SELECT herd || ' ' || goat AS what, count(*) AS n FROM bucardo.herdmap GROUP BY 1 HAVING count(*) > 1");
    await ask(lab.hub, control, "SELECT 'dbmap rows' AS what, count(*) AS n FROM bucardo.dbmap HAVING count(*) <> 2");
    await ask(lab.hub, control, "SELECT 'syncs' AS what, count(*) AS n FROM bucardo.sync HAVING count(*) <> 1");
    await ask(lab.hub, control, "SELECT 'db rows' AS what, count(*) AS n FROM bucardo.db HAVING count(*) <> 2");
    await ask(
      lab.hub,
      'postgres',
      `SELECT 'masters of ${sync}' AS what, count(*) AS n FROM pg_stat_activity WHERE datname = '${control}' AND application_name LIKE 'bucardo MCP %' HAVING count(*) <> 1`,
    );
    const source = clusterOf(lab, from);
    await ask(
      source,
      lab.dbname,
      "SELECT 'delta name ' || sync || ' ' || tablename AS what, count(*) AS n FROM bucardo.bucardo_delta_names GROUP BY sync, tablename HAVING count(*) > 1",
    );
    await ask(
      source,
      lab.dbname,
      "SELECT 'delta target ' || target || ' ' || tablename AS what, count(*) AS n FROM bucardo.bucardo_delta_targets GROUP BY target, tablename HAVING count(*) > 1",
    );
  }
  return found;
}

/** Bucardo's triggers on the user tables of one database, `table trigger mode` each. */
export async function bucardoTriggers(lab: Lab, name: string): Promise<readonly string[]> {
  const sql = `SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text AS trigger FROM pg_trigger
    WHERE NOT tgisinternal AND tgname LIKE 'bucardo%' AND tgrelid::regclass::text NOT LIKE 'bucardo.%' ORDER BY tgrelid::regclass::text COLLATE "C", tgname`;
  return (await query(clusterOf(lab, name), lab.dbname, sql)).map((row) => String(row['trigger']));
}

/** A link's receipt and request in the ledger. */
export interface LedgerRow {
  readonly receipt: {
    readonly mode: string;
    readonly copied: readonly string[];
    readonly skipped: readonly string[];
    readonly rows: number;
    readonly endedAt: number;
  } | null;
  readonly request: { readonly tables: readonly string[]; readonly skipped: readonly string[]; readonly askedAt: number | null } | null;
}

/** The ledger's row of each link, by address. */
export async function ledgerRows(lab: Lab): Promise<Readonly<Record<string, LedgerRow>>> {
  const rows = await query(lab.hub, 'goatherd', 'SELECT address, receipt, request FROM goatherd.link');
  return Object.fromEntries(rows.map(({ address, receipt, request }) => [String(address), { receipt, request } as LedgerRow]));
}

/** How often rows were ever inserted into a table of one database, undone ones too. */
export async function insertsEver(lab: Lab, name: string, table: string): Promise<number> {
  const rows = await query(
    clusterOf(lab, name),
    lab.dbname,
    `SELECT n_tup_ins::int AS n FROM pg_stat_user_tables WHERE relid = '${table}'::regclass`,
  );
  return Number(rows[0]?.['n']);
}
