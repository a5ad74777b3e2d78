import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { execa } from 'execa';
import type { Cluster } from '../../../src/lab/cluster.ts';
import { REPOSITORY } from './repository.ts';

const PAGILA = resolve(REPOSITORY, '../shared/data/pagila');

/** Whether Pagila lies beside the checkout; a test without it skips with `PAGILA_MISSING`. */
export const hasPagila = existsSync(join(PAGILA, 'schema.sql')) && existsSync(join(PAGILA, 'data.sql.gz'));
export const PAGILA_MISSING = `skipped: no ${PAGILA}`;

/**
 * Loads Pagila (21 tables, 49,636 rows) into an empty database; with `rows: false` the schema only, as a target has it.
 * Gives false, and does nothing, where Pagila is absent.
 */
export async function loadPagila(
  cluster: Pick<Cluster, 'socketDir' | 'port'>,
  dbname: string,
  options: { readonly rows?: boolean } = {},
): Promise<boolean> {
  if (!hasPagila) return false;
  await psql(cluster, dbname, await readFile(join(PAGILA, 'schema.sql')));
  if (options.rows !== false) {
    await psql(cluster, dbname, await promisify(gunzip)(await readFile(join(PAGILA, 'data.sql.gz'))));
  }
  return true;
}

/** Dumps hold `COPY … FROM stdin` with its rows, which only psql reads. */
async function psql(cluster: Pick<Cluster, 'socketDir' | 'port'>, dbname: string, input: Uint8Array): Promise<void> {
  const args = [
    '-X',
    '-q',
    '-o',
    '/dev/null',
    '-v',
    'ON_ERROR_STOP=1',
    '-h',
    cluster.socketDir,
    '-p',
    String(cluster.port),
    '-U',
    'postgres',
    '-d',
    dbname,
  ];
  await execa('psql', args, { input, timeout: 300_000 });
}
