import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { ResolvedConnection } from '../postgres/connection.ts';
import { tlsEnvironment } from './control-database.ts';

/**
 * What a daemon is started with. It respawns itself with the same environment. A password of the hub goes into a passfile of the
 * instance (0600) which names only the control database: in PGPASSWORD it would be tried on every database, in an argument everybody
 * could read it. The user's own passfile follows, for databases that rely on it.
 */
export function bucardoEnvironment(hub: ResolvedConnection, directory: string): Record<string, string> {
  // Bucardo decodes its arguments by locale, and asks before it acts where BUCARDO_CONFIRM is set.
  const environment = { LC_ALL: 'C.UTF-8', BUCARDO_CONFIRM: '', ...tlsEnvironment(hub) };
  if (hub.password === null) return environment;
  const own = process.env['PGPASSFILE'] ?? path.join(homedir(), '.pgpass');
  const escape = (text: string): string => text.replaceAll(/[\\:]/g, String.raw`\$&`);
  const line = [hub.host, String(hub.port), hub.dbname, hub.user, hub.password.reveal()].map(escape).join(':');
  const file = path.join(directory, 'pgpass');
  writeFileSync(file, `${line}\n${existsSync(own) && own !== file ? readFileSync(own, 'utf8') : ''}`, { mode: 0o600 });
  return { ...environment, PGPASSFILE: file };
}
