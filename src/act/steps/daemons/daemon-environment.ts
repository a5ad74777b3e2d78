import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { ResolvedConnection } from '../../../postgres/connection.ts';
import type { SecretRef } from '../../../topology/model.ts';
import { tlsEnvironment } from '../control-database.ts';

/** What a daemon may need of our own environment: libpq's variables, Perl's, locale, places. */
const PASSED_ON =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|PG[A-Z]+|PERL\w*|DBI_\w+|KRB5\w*|BUCARDO\w*)$/;

/**
 * The whole environment that a daemon is started with. It respawns itself with the same environment. A password of the hub goes into a
 * passfile of the instance (0600) which names only the control database: in PGPASSWORD it would be tried on every database, in an argument
 * everybody could read it. The user's own passfile follows, for databases that rely on it. Variables that passwords are taken from are not
 * passed on: a daemon lives for months, and reads what it needs in its control database (rule 19).
 */
export function bucardoEnvironment(hub: ResolvedConnection, directory: string, references: readonly SecretRef[]): Record<string, string> {
  const secret = new Set(references.flatMap((reference) => ('env' in reference ? [reference.env] : [])));
  const own = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => PASSED_ON.test(entry[0]) && !secret.has(entry[0])),
  );
  // Bucardo decodes its arguments by locale, and asks before it acts where BUCARDO_CONFIRM is set.
  const environment = { ...own, LC_ALL: 'C.UTF-8', BUCARDO_CONFIRM: '', ...tlsEnvironment(hub) };
  if (hub.password === null) return environment;
  const passfile = process.env['PGPASSFILE'] ?? path.join(homedir(), '.pgpass');
  const escape = (text: string): string => text.replaceAll(/[\\:]/g, String.raw`\$&`);
  const line = [hub.host, String(hub.port), hub.dbname, hub.user, hub.password.reveal()].map(escape).join(':');
  const file = path.join(directory, 'pgpass');
  writeFileSync(file, `${line}\n${existsSync(passfile) && passfile !== file ? readFileSync(passfile, 'utf8') : ''}`, { mode: 0o600 });
  return { ...environment, PGPASSFILE: file };
}
