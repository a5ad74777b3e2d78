import { readdir } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Lab } from '../../../src/lab/lab.ts';
import { bucardoProcesses } from '../../../src/lab/bucardo-daemons.ts';
import { readState } from '../../../src/lab/state.ts';
import { query } from './query.ts';

/** Whatever of Bucardo or goatherd may stand in one user database, whoever made it and whatever it is called. */
const IN_DATABASE = `
  SELECT 'schema ' || nspname AS what FROM pg_namespace WHERE nspname IN ('bucardo', 'goatherd')
  UNION ALL SELECT format('trigger %s on %s', tgname, tgrelid::regclass) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT tgisinternal AND (tgname ~ '(bucardo|goatherd)' OR p.pronamespace::regnamespace::text IN ('bucardo', 'goatherd'))
  UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE proname ~ '^(bucardo|goatherd)'
  UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class WHERE relname ~ '^(bucardo|goatherd|delta_|track_|stage_)' AND relkind IN ('r', 'v', 'S', 'm')
  UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
  UNION ALL SELECT 'session ' || application_name FROM pg_stat_activity WHERE datname = current_database() AND application_name ~* '^bucardo'
  ORDER BY 1`;

/**
 * Every object of Bucardo on every database, the hub and the disk of a lab, a line each: triggers, schemas, functions, tables, control
 * databases, the ledger's links and approvals, sessions, processes, pid folders and log files. The ledger's own database is no leftover.
 */
export async function leftovers(lab: Lab): Promise<readonly string[]> {
  const inDatabases = Object.entries(lab.clusters).map(async ([name, cluster]) =>
    (await query(cluster, lab.dbname, IN_DATABASE)).map((row) => `${name}: ${String(row['what'])}`),
  );
  const [files, processes] = await Promise.all([onDisk(lab), readState(lab.dir).then(bucardoProcesses)]);
  return [...(await Promise.all(inDatabases)).flat(), ...(await onHub(lab)), ...files, ...processes.map((pid) => `process ${pid}`)];
}

async function onHub(lab: Lab): Promise<readonly string[]> {
  const databases = await query(lab.hub, 'postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'bucardo%' ORDER BY 1");
  const ledger = (await query(lab.hub, 'postgres', "SELECT 1 FROM pg_database WHERE datname = 'goatherd'")).length > 0;
  const rows = ledger
    ? await query(
        lab.hub,
        'goatherd',
        "SELECT 'link ' || address AS what FROM goatherd.link UNION ALL SELECT 'approval of ' || step FROM goatherd.approval ORDER BY 1",
      )
    : [];
  return [...databases.map((row) => `hub: database ${String(row['datname'])}`), ...rows.map((row) => `ledger: ${String(row['what'])}`)];
}

async function onDisk(lab: Lab): Promise<readonly string[]> {
  const below = async (folder: string): Promise<string[]> =>
    (await readdir(folder, { recursive: true })).map((name) => `disk: ${relative(lab.dir, folder)}/${name}`);
  return [...(await below(lab.pidDir)), ...(await below(lab.logDir))].toSorted();
}
