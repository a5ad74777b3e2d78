import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Client } from 'pg';
import { observeInstallation } from '../bucardo/installation.ts';
import type { Ledger } from '../ledger/model.ts';
import { dueAgain } from '../ledger/due-again.ts';
import { EMPTY_LEDGER } from '../ledger/model.ts';
import { readMarks } from '../ledger/marks.ts';
import { readLedger } from '../ledger/read.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import { dbconnOf } from '../postgres/connection.ts';
import { openSession, withSession } from '../postgres/session.ts';
import { withKeptNames } from '../plan/view/remembered/kept-names.ts';
import { withRenames } from '../plan/view/remembered/renames.ts';
import type { Topology } from '../topology/model.ts';
import type { DatabaseObservation, HubObservation, Observation } from './model.ts';
import type { InstanceObservation, WantedDb } from './control-model.ts';
import { observeControl } from './observe-control.ts';
import { type DatabaseFacts, observeDatabase } from './database/observe-database.ts';
import { daemonSessions, observeDaemon } from './observe-daemon.ts';
import { observeUndelivered } from './observe-undelivered.ts';
import { observeDirectories, observeHubServer } from './observe-hub.ts';

/** The world as one topology sees it, with the ledger. */
export interface Look {
  readonly observation: Observation;
  readonly ledger: Ledger;
}

const OPTIONS = { statementTimeoutMs: 60_000, connectTimeoutMs: 5_000 } as const;
const READ_ONLY = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '500ms'";

/**
 * Looks at everything that `topology` touches, writing nothing (rule 16). What cannot be reached is a fact of the result.
 * The hub comes first: whether a target is asked for rows depends on its receipt.
 */
export async function observe(access: Access, topology: Topology): Promise<Look> {
  const [hub, installation] = await Promise.all([observeHub(access, topology), observeInstallation(access.config.bucardo)]);
  // A link that is called otherwise now is known all the same.
  const ledger = withRenames(topology, hub.ledger);
  const known = new Map(topology.databases.map(({ name }) => [name, knownTables(topology, ledger, name)]));
  const databases = await observeDatabases(access, topology, known);
  const undelivered = await observeUndelivered(access, topology, databases);
  return {
    ledger,
    observation: {
      connections: wantedDbs(access, topology),
      databases,
      hub: { ...hub.hub, bucardo: installation },
      instances: hub.instances,
      undelivered,
      ...(hub.now === undefined ? {} : { now: hub.now }),
    },
  };
}

/**
 * Tables of a target whose copies have receipts; null where no copy will ask, as nothing enters it or `copy_data` is never. A link without
 * a receipt asks for all of them, those too that a link on its way out has copied.
 */
function knownTables(topology: Topology, ledger: Ledger, name: string): ReadonlySet<string> | null {
  const entering = topology.links.filter(
    (link) => link.to === name && link.former !== true && (link.copyData !== 'never' || dueAgain(topology, ledger, link)),
  );
  if (entering.length === 0) return null;
  // A copy that is due again asks anew: on the link itself, and on every link below (rule 7).
  if (entering.some((link) => dueAgain(topology, ledger, link))) return new Set();
  const receipts = entering.map((link) => ledger.links[link.address]?.receipt ?? null);
  const whole = receipts.filter((receipt) => receipt !== null);
  return new Set(whole.length < receipts.length ? [] : whole.flatMap((receipt) => [...receipt.copied, ...receipt.skipped]));
}

/** A connection whose secret or service cannot be read has no row; its database is then unreachable, which says why. */
function wantedDbs(access: Access, topology: Topology): Record<string, WantedDb> {
  return Object.fromEntries(
    topology.databases.flatMap(({ name }): [string, WantedDb][] => {
      try {
        const { host, port, dbname, user, password, ...rest } = access.resolved(name);
        const passwordHash = password === null ? null : createHash('sha256').update(password.reveal(), 'utf8').digest('hex');
        return [
          [
            name,
            {
              host,
              port: String(port),
              dbname,
              user,
              service: '',
              dbconn: dbconnOf({ host, port, dbname, user, password, ...rest }),
              passwordHash,
            },
          ],
        ];
      } catch {
        return [];
      }
    }),
  );
}

/** Instances of the links, and those that a link is to leave. */
export function instanceNames(topology: Topology): readonly string[] {
  const names = topology.links.flatMap(({ instance, leaves = [] }) => [instance, ...leaves.map((left) => left.instance)]);
  return [...new Set(names)].toSorted();
}

interface HubLook {
  /** Undefined when nothing could be asked. */
  readonly now?: number;
  readonly hub: Omit<HubObservation, 'bucardo'>;
  readonly instances: Readonly<Record<string, InstanceObservation>>;
  readonly ledger: Ledger;
}

async function observeHub(access: Access, topology: Topology): Promise<HubLook> {
  const directories = observeDirectories(access.config);
  const application = { ...OPTIONS, applicationName: 'goatherd observe' };
  try {
    return await withSession(access.resolvedHub(access.config.hub.dbname), application, 'hub', async (client) => {
      await client.query(READ_ONLY);
      const { facts: server, now } = await observeHubServer(client);
      const sessions = await daemonSessions(client);
      const ledger =
        access.config.ledger in server.databases
          ? await withSession(access.resolvedHub(access.config.ledger), application, 'ledger', readLedger)
          : { ...EMPTY_LEDGER, marked: await readMarks(client) };
      // A link may have another instance than when this run began: its copy was waited for.
      const instances = await Promise.all(
        instanceNames(withKeptNames(topology, ledger)).map(async (name): Promise<InstanceObservation> => {
          const database = access.controlDatabase(name);
          const control =
            database in server.databases ? await observeControlDatabase(access, database, server.databases[database] ?? null) : null;
          return {
            name,
            control,
            daemon: observeDaemon(access.config.pidDir, name, database, sessions, control?.settings['piddir'] ?? null, {
              runs: control?.runs ?? null,
              now,
            }),
          };
        }),
      );
      return {
        hub: { reachable: true, code: '', message: '', ...server, here: hostname(), directories },
        now,
        instances: Object.fromEntries(instances.map((instance) => [instance.name, instance])),
        ledger,
      };
    });
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    return {
      hub: {
        reachable: false,
        code: error.code,
        message: error.message,
        version: 0,
        superuser: false,
        createDatabase: false,
        plperlu: false,
        databases: {},
        directories,
      },
      instances: {},
      ledger: EMPTY_LEDGER,
    };
  }
}

async function observeControlDatabase(access: Access, database: string, mark: string | null): Promise<InstanceObservation['control']> {
  return withSession(
    access.resolvedHub(database),
    { ...OPTIONS, applicationName: 'goatherd observe' },
    `control database ${database}`,
    async (client) => {
      await client.query(READ_ONLY);
      return observeControl(client, mark);
    },
  );
}

/** Looks at all databases at once; two names are one database when a session opened through the one is seen through the other. */
async function observeDatabases(
  access: Access,
  topology: Topology,
  known: ReadonlyMap<string, ReadonlySet<string> | null>,
): Promise<Record<string, DatabaseObservation>> {
  const token = randomBytes(8).toString('hex');
  const names = topology.databases.map((database) => database.name).toSorted();
  const opened = await Promise.all([
    ...names.map((name) => open(name, () => access.resolved(name))),
    open('hub', () => access.resolvedHub(access.config.hub.dbname)),
    open('ledger', () => access.resolvedHub(access.config.ledger)),
  ]);
  async function open(
    name: string,
    resolve: () => ReturnType<Access['resolved']>,
  ): Promise<{ name: string; client: Client } | { name: string; error: GoatherdError }> {
    try {
      return {
        name,
        client: await openSession(resolve(), { ...OPTIONS, applicationName: `goatherd observe ${token} ${name}` }, `database ${name}`),
      };
    } catch (error) {
      if (error instanceof GoatherdError) return { name, error };
      throw error;
    }
  }
  try {
    const looks = await Promise.all(
      opened
        .filter((one) => names.includes(one.name))
        .map(async (one): Promise<[string, DatabaseObservation]> => {
          if ('error' in one) return [one.name, { reachable: false, code: one.error.code, message: one.error.message }];
          try {
            const seen = await seenThrough(one.client, token);
            const facts = await observeDatabase(one.client, known.get(one.name) ?? null);
            return [one.name, await withOwner(access, topology, one.name, facts, seen)];
          } catch (error) {
            const { code = 'XX000', message } = error as { code?: string; message: string };
            return [one.name, { reachable: false, code, message: `database ${one.name}: ${message}` }];
          }
        }),
    );
    return Object.fromEntries(looks);
  } finally {
    await Promise.all(opened.flatMap((one) => ('client' in one ? [one.client.end().catch(() => undefined)] : [])));
  }
}

/** The names under which our own sessions of this look are seen in this very database. */
async function seenThrough(client: Client, token: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT split_part(application_name, $1, 2) AS name FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $2 ORDER BY 1',
    [`${token} `, `goatherd observe ${token} %`],
  );
  return rows.map((row) => row.name);
}

async function withOwner(
  access: Access,
  topology: Topology,
  name: string,
  facts: DatabaseFacts,
  seen: readonly string[],
): Promise<DatabaseObservation> {
  const owner = topology.databases.find((database) => database.name === name)?.schemaOwner;
  const sameAs = seen.filter((other) => other !== name);
  if (owner === undefined) return { ...facts, sameAs, schemaOwner: null };
  try {
    const resolved = access.resolvedOwner(name);
    if (resolved !== null)
      await withSession(resolved, { ...OPTIONS, applicationName: 'goatherd observe' }, `database ${name} as ${owner.user}`, (client) =>
        client.query('SELECT 1'),
      );
    return { ...facts, sameAs, schemaOwner: { user: owner.user, reachable: true, message: '' } };
  } catch (error) {
    return { ...facts, sameAs, schemaOwner: { user: owner.user, reachable: false, message: (error as Error).message } };
  }
}
