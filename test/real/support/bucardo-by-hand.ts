import { readFile } from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Cluster } from '../../../src/lab/cluster.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { query } from './query.ts';

/**
 * Starts a Bucardo daemon in the lab without goatherd, with Bucardo's own commands: one sync `byhand` from the first cluster to the second
 * over `public.t`, in control database `bucardo_byhand`, its pid files below the lab's `pidDir`. Gives the folder of its pid files.
 */
export async function startBucardoByHand(lab: Lab): Promise<string> {
  const [source, target] = Object.values(lab.clusters);
  if (source === undefined || target === undefined) throw new Error('this takes a lab of two clusters');
  const control = 'bucardo_byhand';
  const pidDir = join(lab.pidDir, 'byhand');
  await mkdir(pidDir);
  for (const cluster of [source, target]) await query(cluster, lab.dbname, 'CREATE TABLE public.t (id int PRIMARY KEY)');

  await query(lab.hub, 'postgres', `CREATE DATABASE ${control}`);
  const head = `CREATE EXTENSION plperlu; CREATE SCHEMA bucardo; ALTER DATABASE ${control} SET search_path = bucardo, public;`;
  await query(lab.hub, control, head);
  // Its first 35 lines are psql commands that make a database of a fixed name; the rest takes what it is connected to.
  const schema = (await readFile('/usr/share/bucardo/bucardo.schema', 'utf8')).split('\n').slice(35).join('\n');
  await execa('psql', ['-X', '-q', '-o', '/dev/null', '-h', lab.hub.host, '-p', String(lab.hub.port), '-U', 'goatherd', control], {
    input: schema,
    timeout: 60_000,
  });
  // In replica role no trigger folds the capitals of the folder's name.
  await query(
    lab.hub,
    control,
    `SET session_replication_role = replica;
     UPDATE bucardo.bucardo_config SET setting = '${pidDir}' WHERE name = 'piddir';
     UPDATE bucardo.bucardo_config SET setting = '${join(lab.logDir, 'reason')}' WHERE name = 'reason_file'`,
  );

  const bucardo = (...args: readonly string[]): Promise<unknown> =>
    execa(
      'bucardo',
      ['--no-bucardorc', `--dbhost=${lab.hub.host}`, `--dbport=${lab.hub.port}`, '--dbuser=goatherd', `--dbname=${control}`, ...args],
      {
        cwd: lab.logDir,
        timeout: 60_000,
      },
    );
  const database = (cluster: Cluster): readonly string[] => [
    'add',
    'db',
    cluster.name,
    `dbname=${lab.dbname}`,
    `host=${cluster.host}`,
    `port=${cluster.port}`,
    'user=goatherd',
  ];
  await bucardo(...database(source));
  await bucardo(...database(target));
  await bucardo('add', 'sync', 'byhand', 'tables=public.t', `dbs=${source.name}:source,${target.name}:target`);
  await bucardo('start', `--log-destination=${lab.logDir}`);
  return pidDir;
}
