import { readFile } from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Cluster } from '../../../src/lab/cluster.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { query } from './query.ts';

/** Runs the `bucardo` command on one control database; fails when it does, which is seldom: most of its failures exit 0. */
export type BucardoCommand = (...args: readonly string[]) => Promise<unknown>;

/** Makes a control database in the lab without goatherd, and gives the command that works on it. Pid files go below `pidDir`. */
export async function bucardoControl(lab: Lab, control: string, pidDir: string): Promise<BucardoCommand> {
  await mkdir(pidDir);
  await query(lab.hub, 'postgres', `CREATE DATABASE ${control}`);
  const head = `CREATE EXTENSION plperlu; CREATE SCHEMA bucardo; ALTER DATABASE ${control} SET search_path = bucardo, public;`;
  await query(lab.hub, control, head);
  // Its first 35 lines are psql commands that make a database of a fixed name; the rest takes what it is connected to.
  const schema = (await readFile('/usr/share/bucardo/bucardo.schema', 'utf8')).split('\n').slice(35).join('\n');
  await execa('psql', ['-X', '-q', '-o', '/dev/null', '-h', lab.hub.host, '-p', String(lab.hub.port), '-U', 'goatherd', control], {
    input: schema,
    timeout: 300_000,
  });
  // In replica role no trigger folds the capitals of the folder's name.
  await query(
    lab.hub,
    control,
    `SET session_replication_role = replica;
     UPDATE bucardo.bucardo_config SET setting = '${pidDir}' WHERE name = 'piddir';
     UPDATE bucardo.bucardo_config SET setting = '${join(lab.logDir, 'reason')}' WHERE name = 'reason_file'`,
  );
  const server = [`--dbhost=${lab.hub.host}`, `--dbport=${lab.hub.port}`, '--dbuser=goatherd', `--dbname=${control}`];
  return (...args) => execa('bucardo', ['--no-bucardorc', ...server, ...args], { cwd: lab.logDir, timeout: 300_000 });
}

/** What `bucardo add db` wants to know of a database in the lab. */
export function bucardoDatabase({ name, host, port }: Cluster, dbname: string): readonly string[] {
  return ['add', 'db', name, `dbname=${dbname}`, `host=${host}`, `port=${port}`, 'user=goatherd'];
}

/**
 * Starts a Bucardo daemon in the lab without goatherd, with Bucardo's own commands: one sync `byhand` from the first cluster to the second
 * over `public.t`, in control database `bucardo_byhand`, its pid files below the lab's `pidDir`. Gives the folder of its pid files.
 */
export async function startBucardoByHand(lab: Lab): Promise<string> {
  const [source, target] = Object.values(lab.clusters);
  if (source === undefined || target === undefined) throw new Error('this takes a lab of two clusters');
  const pidDir = join(lab.pidDir, 'byhand');
  for (const cluster of [source, target]) await query(cluster, lab.dbname, 'CREATE TABLE public.t (id int PRIMARY KEY)');
  const bucardo = await bucardoControl(lab, 'bucardo_byhand', pidDir);
  await bucardo(...bucardoDatabase(source, lab.dbname));
  await bucardo(...bucardoDatabase(target, lab.dbname));
  await bucardo('add', 'sync', 'byhand', 'tables=public.t', `dbs=${source.name}:source,${target.name}:target`);
  await bucardo('start', `--log-destination=${lab.logDir}`);
  return pidDir;
}
