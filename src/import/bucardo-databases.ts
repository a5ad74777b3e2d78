import { isOwnWord } from '../bucardo/dead-line.ts';
import type { InstalledDb, Installation } from './installation.ts';
import type { ImportedDatabase, ImportFinding, YamlMap } from './model.ts';
import { databaseName } from './names.ts';

/** Where libpq looks when no host is given, as Debian builds it. */
const SOCKETS = '/var/run/postgresql';

const TLS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;

/** The databases of some installations, each once, and what the topology calls a row of `bucardo.db`. */
export interface NamedDatabases {
  readonly databases: readonly ImportedDatabase[];
  nameOf(installation: Installation, alias: string): string;
}

/** Two rows are one database when host, port and name, or the service, are the same. */
export function nameDatabases(installations: readonly Installation[]): NamedDatabases {
  const names = new Map<string, string>();
  const found = new Map<string, { keys: YamlMap; findings: ImportFinding[] }>();
  for (const installation of installations)
    for (const db of installation.dbs) {
      const name = names.get(placeOf(db)) ?? databaseName(db.name, new Set(names.values()));
      names.set(placeOf(db), name);
      const known = found.get(name);
      if (known === undefined) found.set(name, { keys: keysOf(db, name), findings: findingsOf(db, name, installation) });
      else {
        known.findings.push(...findingsOf(db, name, installation));
        if (db.user !== '' && known.keys['user'] !== db.user)
          known.findings.push(finding('OtherUser', db, installation, `${installation.database} connects to it as ${db.user}`));
      }
    }
  return {
    databases: [...found].map(([name, { keys, findings }]) => ({ name, keys, findings })),
    nameOf: (installation, alias) => {
      const db = installation.dbs.find((one) => one.name === alias);
      return db === undefined ? alias : (names.get(placeOf(db)) ?? alias);
    },
  };
}

function placeOf({ host, port, dbname, service }: InstalledDb): string {
  const at = host === '' ? SOCKETS : host.startsWith('/') ? host : host.toLowerCase();
  return service === '' ? `${at}:${port === '' ? '5432' : port}/${dbname}` : `service ${service} ${host} ${port} ${dbname}`;
}

function keysOf(db: InstalledDb, name: string): YamlMap {
  const { known } = connectionWords(db.conn);
  const host = db.host === '' && db.service === '' ? SOCKETS : db.host;
  return {
    ...(db.service === '' ? {} : { service: db.service }),
    ...(host === '' ? {} : { host }),
    ...(db.port === '' || db.port === '5432' ? {} : { port: Number(db.port) }),
    ...(db.dbname === '' ? {} : { dbname: db.dbname }),
    ...(db.user === '' ? {} : { user: db.user }),
    ...(db.hasPassword ? { password: { env: `GOATHERD_${name.toUpperCase()}_PASSWORD` } } : {}),
    ...known,
  };
}

function findingsOf(db: InstalledDb, name: string, installation: Installation): ImportFinding[] {
  const say = (code: string, message: string): ImportFinding => finding(code, db, installation, message);
  const { others } = connectionWords(db.conn);
  return [
    ...(db.name === name ? [] : [say('DatabaseName', `Bucardo calls it ${db.name}; once adopted, that stays so in its control database`)]),
    ...(db.hasPassword
      ? [
          say(
            'PasswordReference',
            `Bucardo keeps a password for it, which is not read: put it into the variable that \`password\` names, or name a file`,
          ),
        ]
      : []),
    ...(db.type === 'postgres' ? [] : [say('NotPostgres', `it is of type ${db.type}: goatherd replicates between PostgreSQL databases`)]),
    ...(db.host === '' && db.service === '' ? [say('HostEmpty', `Bucardo has no host for it, which is a socket on the hub's host`)] : []),
    ...(db.status === 'active'
      ? []
      : [say('DatabaseInactive', `its status is ${db.status}: Bucardo leaves it out of runs, and a target left out so loses changes`)]),
    ...(others.length === 0
      ? []
      : [say('ConnectionOptions', `dbconn says ${others.join(' ')}, for which there is no key: it goes when goatherd writes its own`)]),
    ...(db.dsn === '' ? [] : [say('ConnectionOptions', 'it has a dbdsn, which Bucardo 5.6 cannot use')]),
    ...(db.pgpass === ''
      ? []
      : [
          say(
            'ConnectionOptions',
            `its pgpass names a file: write \`password: {file: …}\` with the password alone, or use the passfile of the user`,
          ),
        ]),
    ...(db.serverSidePrepares ? [] : [say('DatabaseSetting', 'server_side_prepares is off; there is no key for it, and its row keeps it')]),
    ...(db.makedelta
      ? [
          say(
            'DatabaseMakedelta',
            'makedelta is set for the whole database; goatherd sets it for each table, which the plan after the adoption shows',
          ),
        ]
      : []),
  ];
}

function finding(code: string, db: InstalledDb, installation: Installation, message: string): ImportFinding {
  return { code, where: `database ${db.name} of ${installation.database}`, message };
}

/** The words of `dbconn` that have a key of their own, and the others. Quoted values keep no quotes. */
function connectionWords(conn: string): { readonly known: YamlMap; readonly others: readonly string[] } {
  const words = [...conn.matchAll(/(?<key>[a-z_]+)\s*=\s*(?:'(?<quoted>(?:[^'\\]|\\.)*)'|(?<plain>[^\s;]*))/g)].map(({ groups }) => ({
    key: groups?.['key'] ?? '',
    value: groups?.['quoted']?.replaceAll(/\\(.)/g, '$1') ?? groups?.['plain'] ?? '',
  }));
  const hasKey = (key: string): boolean => (TLS as readonly string[]).includes(key);
  return {
    known: Object.fromEntries(words.filter(({ key }) => hasKey(key)).map(({ key, value }) => [key, value])),
    others: words
      .filter(({ key, value }) => !hasKey(key) && !isOwnWord(key, value))
      .map(({ key, value }) => (key === 'password' ? 'password=…' : `${key}=${value}`)),
  };
}
