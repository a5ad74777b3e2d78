import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Cluster } from './cluster.ts';
import type { OsUser } from './run-program.ts';

/** PostgreSQL settings by name, over the lab's own. */
export type ServerSettings = Readonly<Record<string, string | number | boolean>>;

/** How the servers of a lab are set up. */
export interface ServerOptions {
  /** Whether commits survive a crash of the machine; without, they are quicker. */
  readonly durable: boolean;
  /** Whether 127.0.0.1 asks for passwords; sockets never do. */
  readonly passwords: boolean;
  readonly settings: ServerSettings;
}

/** Writes the settings and the host-based authentication into a data directory that is not running. */
export async function writeServerSettings(
  dataDir: string,
  where: { readonly port: number; readonly socketDir: string; readonly user: OsUser },
  options: ServerOptions,
): Promise<void> {
  const settings: ServerSettings = {
    port: where.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: where.socketDir,
    // Bucardo's check takes about five locks a table in one transaction.
    max_locks_per_transaction: 1024,
    max_connections: 120,
    shared_buffers: '32MB',
    fsync: options.durable,
    full_page_writes: options.durable,
    max_wal_size: '1GB',
    autovacuum: true,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %q%a@%d ',
    log_lock_waits: true,
    deadlock_timeout: '1s',
    password_encryption: 'scram-sha-256',
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quote(value)}`);
  // Taken last by the server and replaced as a whole, so that a second try with another port leaves nothing of the first;
  // the lab's users keep postgresql.auto.conf, that is ALTER SYSTEM, for themselves.
  const included = join(dataDir, 'goatherd-lab.conf');
  await writeFor(where.user, included, `${lines.join('\n')}\n`);
  await writeFor(where.user, join(dataDir, 'postgresql.conf'), "# written by goatherd lab\ninclude 'goatherd-lab.conf'\n");
  const method = options.passwords ? 'scram-sha-256' : 'trust';
  await writeFor(
    where.user,
    join(dataDir, 'pg_hba.conf'),
    [
      'local all all trust',
      'local replication all trust',
      `host all all 127.0.0.1/32 ${method}`,
      `host replication all 127.0.0.1/32 ${method}`,
      '',
    ].join('\n'),
  );
}

/**
 * Makes role `goatherd` on a new cluster and, where a name is given, its database.
 * Goes through the socket, which asks for no password.
 */
export async function prepareRoles(cluster: Cluster, dbname: string | undefined): Promise<void> {
  const client = new pg.Client({
    host: cluster.socketDir,
    port: cluster.port,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: 20_000,
    query_timeout: 60_000,
  });
  await client.connect();
  try {
    const password = cluster.password === undefined ? '' : ` PASSWORD ${client.escapeLiteral(cluster.password)}`;
    await client.query(`CREATE ROLE goatherd SUPERUSER LOGIN${password}`);
    if (dbname !== undefined) await client.query(`CREATE DATABASE ${client.escapeIdentifier(dbname)} OWNER goatherd`);
  } finally {
    await client.end();
  }
}

function quote(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return `'${String(value).replaceAll("'", "''")}'`;
}

async function writeFor(user: OsUser, path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await chown(path, user.uid, user.gid);
}
