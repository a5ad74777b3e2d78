import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { GoatherdError } from '../lib/errors.ts';
import { runProgram } from './run-program.ts';

/** An installed PostgreSQL server. */
export interface Installation {
  readonly bindir: string;
  /** `15`, as Debian's package names have it. */
  readonly major: string;
  /** `postgres --version`, as it stands. */
  readonly version: string;
}

const DEBIAN = '/usr/lib/postgresql';

/**
 * The installed PostgreSQL to start the lab from: the one `pg_config` names, else the newest below /usr/lib/postgresql, else the one on
 * PATH; the first of these that has PL/Perl, which Bucardo needs.
 * @throws GoatherdError `NoPostgres` or `NoPlperl`, each with the Debian package to install
 */
export async function findInstallation(): Promise<Installation> {
  const found: Installation[] = [];
  for (const bindir of await candidates()) {
    if (!['initdb', 'pg_ctl', 'postgres'].every((name) => existsSync(join(bindir, name)))) continue;
    const version = await runProgram(join(bindir, 'postgres'), ['--version'], { timeoutMs: 10_000 });
    const installation = { bindir, version, major: /(\d+)/.exec(version)?.[1] ?? '' };
    if (await hasPlperl(installation)) return installation;
    found.push(installation);
  }
  const first = found[0];
  if (first === undefined) {
    throw new GoatherdError('NoPostgres', 'no PostgreSQL server programs (initdb, pg_ctl, postgres) on this machine', {
      hint: 'apt-get install postgresql postgresql-plperl',
    });
  }
  throw new GoatherdError('NoPlperl', `PostgreSQL ${first.major} in ${first.bindir} has no plperlu extension, which Bucardo needs`, {
    hint: `apt-get install postgresql-plperl-${first.major}`,
  });
}

async function candidates(): Promise<readonly string[]> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...(await fromPgConfig()), ...(await fromDebian()), ...onPath])];
}

async function fromPgConfig(): Promise<readonly string[]> {
  try {
    return [await runProgram('pg_config', ['--bindir'], { timeoutMs: 10_000 })];
  } catch {
    return [];
  }
}

async function fromDebian(): Promise<readonly string[]> {
  if (!existsSync(DEBIAN)) return [];
  const majors = (await readdir(DEBIAN)).filter((name) => /^\d+$/.test(name)).toSorted((a, b) => Number(b) - Number(a));
  return majors.map((major) => join(DEBIAN, major, 'bin'));
}

async function hasPlperl({ bindir, major }: Installation): Promise<boolean> {
  const shares = [`/usr/share/postgresql/${major}`];
  const pgConfig = join(bindir, 'pg_config');
  if (existsSync(pgConfig)) shares.unshift(await runProgram(pgConfig, ['--sharedir'], { timeoutMs: 10_000 }));
  return shares.some((share) => existsSync(join(share, 'extension', 'plperlu.control')));
}
