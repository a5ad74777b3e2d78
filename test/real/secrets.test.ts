import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { serverUser } from '../../src/lab/run-program.ts';
import { startLab } from '../../src/lab/start-lab.ts';
import { declare } from './support/declare.ts';
import { query } from './support/query.ts';
import { expectExit, reconcileArgs } from './support/reconciled.ts';
import { type GoatherdRun, runGoatherd } from './support/run-goatherd.ts';
import { makeShop, untilEqual } from './support/shop.ts';
import { watchProcesses } from './support/watch.ts';

/** Where passwords are looked for, by what holds them. */
type Secrets = Readonly<Record<string, string>>;

const WRONG = 'Wr0ng-password-that-nobody-may-see';
const OWNER = '0wner\'s \\ password: with "signs"';

let folder: string;
let lab: Lab;
let secrets: Secrets;
let env: Readonly<Record<string, string>>;

/** A certificate for 127.0.0.1 that the servers' user owns. */
async function makeCertificate(): Promise<void> {
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  const subject = ['-subj', '/CN=goatherd-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', [
    'req',
    '-new',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  const { uid, gid } = await serverUser();
  await chmod(folder, 0o755);
  await chmod(key, 0o600);
  await chown(key, uid, gid);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goatherd-test-'));
  await makeCertificate();
  const tls = { ssl: true, ssl_cert_file: join(folder, 'server.crt'), ssl_key_file: join(folder, 'server.key') };
  lab = await startLab({ clusters: ['a', 'b', 'c'], passwords: true, settings: tls });
  await makeShop(lab);
  for (const cluster of Object.values(lab.clusters))
    await query(cluster, lab.dbname, `CREATE ROLE app SUPERUSER LOGIN PASSWORD '${OWNER.replaceAll("'", "''")}'`);
  secrets = {
    hub: lab.hub.password ?? '',
    ...Object.fromEntries(Object.entries(lab.clusters).map(([name, cluster]) => [name, cluster.password ?? ''])),
    owner: OWNER,
    wrong: WRONG,
  };
  env = { GOATHERD_TEST_PASSWORD_A: secrets['a'] ?? '', GOATHERD_TEST_OWNER: OWNER };
  await declare(lab, {
    databases: {
      a: { password: { env: 'GOATHERD_TEST_PASSWORD_A' }, sslmode: 'verify-full', sslrootcert: join(folder, 'server.crt') },
      b: { sslmode: 'require', schema_owner: { user: 'app', password: { env: 'GOATHERD_TEST_OWNER' } } },
      c: { sslmode: 'disable' },
    },
  });
});

afterAll(async () => {
  await lab.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Which secrets a text holds: as they are, quoted for SQL or a passfile, in JSON, in a URL, in base64. */
function found(text: string): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const shapes = [
      secret,
      secret.replaceAll("'", "''"),
      secret.replaceAll(/[\\:]/g, String.raw`\$&`),
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ];
    return shapes.some((shape) => text.includes(shape)) ? [name] : [];
  });
}

function expectNoSecret(what: string, text: string): void {
  expect({ what, found: found(text) }).toEqual({ what, found: [] });
}

function expectSilent(run: GoatherdRun): void {
  expectNoSecret('stdout', run.stdout);
  expectNoSecret('stderr', run.stderr);
}

/** Every row of every table that is not the system's, one text a table. */
async function contents(cluster: Lab['hub'], database: string): Promise<Readonly<Record<string, string>>> {
  const tables = await query(
    cluster,
    database,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
     UNION ALL SELECT 'pg_catalog.' || t FROM unnest('{pg_proc,pg_description,pg_shdescription,pg_db_role_setting,pg_database}'::text[]) t`,
  );
  const texts: Record<string, string> = {};
  for (const { name } of tables) {
    const rows = await query(cluster, database, `SELECT coalesce(string_agg(t::text, E'\\n'), '') AS text FROM ${String(name)} AS t`);
    texts[String(name)] = String(rows[0]?.['text']);
  }
  return texts;
}

/** Files below the lab's folder that are not its secrets and not the servers' own data. */
async function files(): Promise<readonly string[]> {
  const entries = await readdir(lab.dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/^(?:secrets|pg\/[^/]+)\//.test(relative(lab.dir, file)));
}

const isPassfile = (file: string): boolean => file.endsWith('/pgpass');

describe('passwords', () => {
  test('a plan shows none, in any form', async () => {
    for (const output of ['text', 'json', 'markdown']) {
      const into = join(folder, `plan.${output}`);
      const run = await runGoatherd(
        reconcileArgs(lab, ['--dry-run', '--verbose', '--output', output, '--json-into', into, '--md-into', `${into}.md`]),
        env,
      );
      expectExit(run, 0);
      expectSilent(run);
      expectNoSecret(into, await readFile(into, 'utf8'));
      expectNoSecret(`${into}.md`, await readFile(`${into}.md`, 'utf8'));
    }
  });

  test('a wrong one, a missing one and an unreachable host are said without any', async () => {
    const wrong = await runGoatherd(reconcileArgs(lab, ['--dry-run', '--output', 'json']), { ...env, GOATHERD_TEST_PASSWORD_A: WRONG });
    expectExit(wrong, 0);
    expectSilent(wrong);
    expect(wrong.stdout).toContain('password authentication failed');
    const missing = await runGoatherd(reconcileArgs(lab, ['--dry-run']), { ...env, GOATHERD_TEST_PASSWORD_A: undefined });
    expectSilent(missing);
    expect(missing.stdout).toContain('the environment variable GOATHERD_TEST_PASSWORD_A is not set');
    const owner = await runGoatherd(reconcileArgs(lab, ['--dry-run', '--output', 'json']), { ...env, GOATHERD_TEST_OWNER: WRONG });
    expectSilent(owner);
    expect(owner.stdout).toContain('"SchemaOwner"');
    await lab.clusters['c']?.stop();
    const unreachable = await runGoatherd(reconcileArgs(lab, ['--dry-run']), env);
    await lab.clusters['c']?.start();
    expectSilent(unreachable);
    expect(unreachable.stdout).toContain('Unreachable');
    const hub = await readFile(lab.configFile, 'utf8');
    await writeFile(join(folder, 'wrong'), WRONG);
    await writeFile(lab.configFile, hub.replace(/file: [^ }]+/, `file: ${join(folder, 'wrong')}`));
    const wrongHub = await runGoatherd(reconcileArgs(lab, []), env);
    await writeFile(lab.configFile, hub);
    expectExit(wrongHub, 20);
    expectSilent(wrongHub);
    expect(wrongHub.stdout).toContain('HubUnreachable');
  });

  test('while it acts, no process and no session shows one; after it, they stand where Bucardo reads them and nowhere else', async () => {
    // What servers log when their administrators ask for much.
    for (const cluster of [lab.hub, ...Object.values(lab.clusters)]) {
      await query(cluster, 'postgres', "ALTER SYSTEM SET log_statement = 'all'");
      await query(cluster, 'postgres', 'SELECT pg_reload_conf()');
    }
    // Bucardo's own command, after it has noted what environment it was given, and for long enough to be seen.
    const command = join(lab.dir, 'bucardo');
    const environment = join(lab.dir, 'environment');
    await writeFile(command, `#!/bin/sh\ncase " $* " in *" start "*) env >> ${environment}; sleep 2;; esac\nexec bucardo "$@"\n`);
    await chmod(command, 0o755);
    await writeFile(lab.configFile, `${await readFile(lab.configFile, 'utf8')}bucardo: ${command}\n`);

    const watch = watchProcesses([lab.hub, ...Object.values(lab.clusters)]);
    const run = await runGoatherd(reconcileArgs(lab, ['--output', 'json']), env);
    expectExit(run, 0);
    expectSilent(run);
    await untilEqual(lab);
    const seen = await watch.stop();
    expect(seen).toContain('bucardo MCP');
    expect(seen).toContain('--dbname');
    expectNoSecret('command lines and sessions', seen);

    // A daemon lives on with what it was started with: the passwords of databases are none of its environment's business.
    expect(await readFile(environment, 'utf8')).toContain('PGPASSFILE=');
    const [passfiles, others] = [(await files()).filter(isPassfile), (await files()).filter((file) => !isPassfile(file))];
    for (const file of others) expectNoSecret(file, await readFile(file, 'utf8'));
    expect(passfiles).toHaveLength(2);
    for (const file of passfiles) {
      expect(found(await readFile(file, 'utf8'))).toEqual(['hub']);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    const places: string[] = [];
    for (const [cluster, databases] of [
      [lab.hub, ['postgres', 'goatherd', 'bucardo_orders_a_b', 'bucardo_orders_b_c']],
      ...Object.values(lab.clusters).map((one) => [one, [lab.dbname]] as const),
    ] as const)
      for (const database of databases)
        for (const [table, text] of Object.entries(await contents(cluster, database)))
          places.push(...found(text).map((name) => `${name} in ${cluster.name}/${database} ${table}`));
    expect(places).toEqual([
      'a in hub/bucardo_orders_a_b bucardo.db',
      'b in hub/bucardo_orders_a_b bucardo.db',
      'b in hub/bucardo_orders_b_c bucardo.db',
      'c in hub/bucardo_orders_b_c bucardo.db',
    ]);
    // Nobody but their owner and superusers may come to where they stand.
    await query(lab.hub, 'postgres', 'CREATE ROLE anybody');
    const may =
      "SELECT datname::text AS name FROM pg_database WHERE has_database_privilege('anybody', datname, 'CONNECT') AND datname ~ 'bucardo|goatherd'";
    expect(await query(lab.hub, 'postgres', may)).toEqual([]);
  });

  test('TLS is asked of goatherd and of Bucardo alike', async () => {
    const sessions = async (name: string): Promise<readonly unknown[]> =>
      query(
        lab.clusters[name] ?? lab.hub,
        'postgres',
        `SELECT DISTINCT split_part(application_name, ' ', 1) AS who, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
         WHERE application_name LIKE 'bucardo%' AND datname = '${lab.dbname}' ORDER BY 1`,
      );
    expect(await sessions('a')).toEqual([{ who: 'bucardo', ssl: true }]);
    expect(await sessions('b')).toEqual([{ who: 'bucardo', ssl: true }]);
    expect(await sessions('c')).toEqual([{ who: 'bucardo', ssl: false }]);
    await query(lab.clusters['b'] ?? lab.hub, 'postgres', 'ALTER SYSTEM SET ssl = off');
    await lab.clusters['b']?.restart();
    const refused = await runGoatherd(reconcileArgs(lab, ['--dry-run', '--output', 'json']), env);
    expect(refused.stdout).toMatch(/"Unreachable"[^]*does not support SSL/);
  });
});
