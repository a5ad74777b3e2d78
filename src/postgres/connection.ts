import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parse as parseIni } from 'ini';
import type { ClientConfig } from 'pg';
import { deadLineWords } from '../bucardo/dead-line.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Connection } from '../topology/model.ts';
import { readSecret, Secret } from './secret.ts';

/** A connection with its service entry merged in and its defaults applied; what a session is opened with. */
export interface ResolvedConnection {
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly user: string;
  readonly password: Secret | null;
  readonly service: string | null;
  readonly tls: { readonly sslmode?: string; readonly sslrootcert?: string; readonly sslcert?: string; readonly sslkey?: string };
  /** libpq's words about lines that died (src/bucardo/dead-line.ts); none for a socket. */
  readonly line: Readonly<Record<string, string>>;
}

/** Where libpq looks for service definitions, in its order. */
function serviceFiles(): string[] {
  const named = process.env['PGSERVICEFILE'];
  const system = process.env['PGSYSCONFDIR'] ?? '/etc/postgresql-common';
  return [named ?? path.join(homedir(), '.pg_service.conf'), path.join(system, 'pg_service.conf')];
}

function readService(name: string): Record<string, string> {
  for (const file of serviceFiles()) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      continue;
    }
    const entry: unknown = parseIni(text)[name];
    if (entry !== null && typeof entry === 'object') return entry as Record<string, string>;
  }
  throw new GoatherdError('ServiceMissing', `no service "${name}" in ${serviceFiles().join(' or ')}`, {
    hint: 'add the section to pg_service.conf on this host (and on the hub: Bucardo uses it too)',
  });
}

/** Merges service, file and defaults as libpq does: what the topology says goes before the service's entry. Reads secrets. */
export function resolveConnection(connection: Connection): ResolvedConnection {
  const service = connection.service === undefined ? {} : readService(connection.service);
  const entry = service['password'];
  const password = connection.password !== undefined ? readSecret(connection.password) : entry === undefined ? null : new Secret(entry);
  const user = connection.user ?? service['user'] ?? 'goatherd';
  const tls: Record<string, string> = {};
  for (const key of ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const) {
    const value = connection[key] ?? service[key];
    if (value !== undefined) tls[key] = value;
  }
  const host = connection.host ?? service['host'] ?? 'localhost';
  return {
    host,
    port: connection.port ?? Number(service['port'] ?? 5432),
    dbname: connection.dbname ?? service['dbname'] ?? user,
    user,
    password,
    service: connection.service ?? null,
    tls,
    line: deadLineWords(host, service),
  };
}

/** How a connection is named in plans, logs and errors: `pg-a/orders`, with the port where it is not 5432. Never a secret. */
export function describeTarget(connection: Connection): string {
  const port = connection.port !== undefined && connection.port !== 5432 ? `:${connection.port}` : '';
  const host = connection.host ?? (connection.service === undefined ? 'localhost' : `service ${connection.service}`);
  return `${host}${port}/${connection.dbname ?? connection.service ?? connection.user ?? ''}`;
}

/** The TLS attempts that libpq's sslmode stands for, in order. */
export function tlsAttempts(connection: ResolvedConnection): NonNullable<ClientConfig['ssl']>[] {
  if (connection.host.startsWith('/')) return [false];
  const { sslmode = 'prefer', sslrootcert, sslcert, sslkey } = connection.tls;
  const files = {
    ...(sslrootcert === undefined ? {} : { ca: readFileSync(sslrootcert, 'utf8') }),
    ...(sslcert === undefined ? {} : { cert: readFileSync(sslcert, 'utf8') }),
    ...(sslkey === undefined ? {} : { key: readFileSync(sslkey, 'utf8') }),
  };
  switch (sslmode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, { ...files, rejectUnauthorized: false }];
    case 'prefer':
      return [{ ...files, rejectUnauthorized: false }, false];
    case 'verify-ca':
      return [{ ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined }];
    case 'verify-full':
      return [{ ...files, rejectUnauthorized: true }];
    default: // require: encrypted; verified as far as a root certificate is given, as libpq does
      return [{ ...files, rejectUnauthorized: sslrootcert !== undefined, checkServerIdentity: () => undefined }];
  }
}

/** libpq keywords for `bucardo.db.dbconn`, by which Bucardo's daemons and its functions on the hub connect: TLS settings, and when a line is dead. */
export function dbconnOf(connection: ResolvedConnection): string {
  return Object.entries({ ...connection.tls, ...connection.line })
    .map(([key, value]) => `${key}=${/^[\w./-]+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`}`)
    .join(' ');
}
