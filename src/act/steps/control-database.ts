import { execa } from 'execa';
import { CONTROL_STATEMENTS, AS_REPLICA, MARK_CHANGED } from '../../bucardo/control-facts.ts';
import { quoteIdent } from '../../bucardo/names.ts';
import { controlSchemaSql, readSchemaFile } from '../../bucardo/schema-file.ts';
import { GoatherdError, messageOf } from '../../lib/errors.ts';
import type { ResolvedConnection } from '../../postgres/connection.ts';
import { wantedSettings } from '../../plan/view/settings.ts';
import { type ActContext, done, type Outcome } from '../context.ts';
import { markLiteral } from './rename.ts';

/** What Bucardo's schema prints when plperlu works (S:2851). */
const SUCCESS = 'Pl/PerlU was successfully installed';

/**
 * Makes a control database of any name without touching a file of Bucardo's. It is built under another name and renamed when it is
 * whole, so that a control database either has everything, our mark included, or does not exist.
 */
export async function makeControlDatabase(context: ActContext, instance: string): Promise<Outcome> {
  const { access, config } = context;
  const name = access.controlDatabase(instance);
  const building = `goatherd_new_${instance}`;
  const hub = access.hub(config.hub.dbname);
  const existing = new Set(
    (await hub.query<{ name: string }>('SELECT datname::text AS name FROM pg_database WHERE datname = ANY ($1)', [[name, building]])).map(
      (row) => row.name,
    ),
  );
  if (existing.has(name)) {
    await access.hub(name).transaction([], async (client) => {
      for (const statement of CONTROL_STATEMENTS) await client.query(statement);
    });
    await writeSettings(context, name, wantedSettings(config, context.topology, context.observation, instance));
    return done('completed');
  }
  if (existing.has(building)) await hub.query(`DROP DATABASE ${quoteIdent(building)} WITH (FORCE)`);
  await hub.query(`CREATE DATABASE ${quoteIdent(building)}`);
  await hub.query(`COMMENT ON DATABASE ${quoteIdent(building)} IS ${markLiteral(context, instance)}`);
  await hub.query(`REVOKE CONNECT ON DATABASE ${quoteIdent(building)} FROM PUBLIC`);
  await loadSchema(access.resolvedHub(building), building);
  const session = access.hub(building);
  await session.transaction([], async (client) => {
    for (const statement of CONTROL_STATEMENTS) await client.query(statement);
  });
  await writeSettings(context, building, wantedSettings(config, context.topology, context.observation, instance));
  await access.forgetHub(building);
  await hub.query(`ALTER DATABASE ${quoteIdent(building)} RENAME TO ${quoteIdent(name)}`);
  return done();
}

/** Bucardo's own schema goes through psql: it holds COPY blocks and psql's commands. */
async function loadSchema(connection: ResolvedConnection, database: string): Promise<void> {
  const schema = readSchemaFile();
  if (schema === null)
    throw new GoatherdError('BucardoMissing', 'bucardo.schema was not found', { hint: 'install the Debian package bucardo' });
  const input = [
    "SET client_min_messages = 'ERROR';",
    'CREATE EXTENSION IF NOT EXISTS plperlu;',
    'CREATE SCHEMA bucardo;',
    `ALTER DATABASE ${quoteIdent(database)} SET search_path = bucardo, public;`,
    "SET standard_conforming_strings = 'ON';",
    controlSchemaSql(schema.text),
  ].join('\n');
  const result = await execa(
    'psql',
    [
      '-X',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      connection.host,
      '-p',
      String(connection.port),
      '-U',
      connection.user,
      '-d',
      connection.dbname,
      '-f',
      '-',
    ],
    {
      input,
      reject: false,
      timeout: 120_000,
      env: {
        ...(connection.password === null ? {} : { PGPASSWORD: connection.password.reveal() }),
        PGAPPNAME: 'goatherd',
        ...tlsEnvironment(connection),
      },
    },
  );
  if (result.failed || !result.stdout.includes(SUCCESS)) {
    const reason =
      result.exitCode === undefined && result.signal === undefined
        ? `psql could not be run (${result.code ?? 'no reason given'})`
        : messageOf(result.stderr).slice(0, 500) || `psql ended with ${result.exitCode ?? result.signal ?? ''}`;
    throw new GoatherdError('ControlDatabase', `Bucardo's schema could not be loaded into ${database}: ${reason}`, {
      hint: 'apt-get install postgresql-client, and postgresql-plperl-<major> and libdbd-pg-perl on the hub server',
    });
  }
}

/** libpq's environment for the TLS settings of a connection. */
export function tlsEnvironment(connection: ResolvedConnection): Record<string, string> {
  return Object.fromEntries(Object.entries(connection.tls).map(([key, value]) => [`PG${key.toUpperCase()}`, value]));
}

/** Writes bucardo_config rows. In replica role, as Bucardo's trigger would lower-case a piddir. */
async function writeSettings(context: ActContext, database: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await context.access.hub(database).transaction([AS_REPLICA], async (client) => {
    for (const [name, setting] of Object.entries(settings)) {
      const updated = await client.query('UPDATE bucardo.bucardo_config SET setting = $2 WHERE name = $1 AND item IS NULL', [
        name,
        setting,
      ]);
      if (updated.rowCount === 0) await client.query('INSERT INTO bucardo.bucardo_config(name, setting) VALUES ($1, $2)', [name, setting]);
    }
    await client.query(MARK_CHANGED);
  });
}

export async function changeSettings(context: ActContext, instance: string, settings: Readonly<Record<string, string>>): Promise<Outcome> {
  await writeSettings(context, context.access.controlDatabase(instance), settings);
  return done();
}
