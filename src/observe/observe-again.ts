import { EMPTY_LEDGER } from '../ledger/model.ts';
import { readLedger } from '../ledger/read.ts';
import { GoatherdError } from '../lib/errors.ts';
import { withRenames } from '../plan/view/remembered/renames.ts';
import type { Access } from '../postgres/access.ts';
import type { Topology } from '../topology/model.ts';
import type { DatabaseObservation } from './model.ts';
import type { InstanceObservation } from './control-model.ts';
import { observeControl } from './observe-control.ts';
import { daemonSessions, observeDaemon } from './observe-daemon.ts';
import { observeDirectories, observeHubServer } from './observe-hub.ts';
import { instanceNames, type Look } from './observe.ts';

/**
 * A cheap look: daemons, control databases and the ledger are looked at anew, and whether every database answers; their catalogs are
 * taken from `before`. Null when only a deep look tells: a database answers that did not before, or its server is in another state.
 * Sessions are those of `access`, kept from look to look.
 */
export async function observeAgain(access: Access, topology: Topology, before: Look): Promise<Look | null> {
  const [hub, databases] = await Promise.all([lookAtHub(access, topology, before), lookAtDatabases(access, before)]);
  if (databases === null) return null;
  return { ledger: hub.ledger, observation: { ...before.observation, ...hub.observation, databases } };
}

async function lookAtHub(
  access: Access,
  topology: Topology,
  before: Look,
): Promise<{ ledger: Look['ledger']; observation: Pick<Look['observation'], 'hub' | 'instances' | 'now'> }> {
  const names = instanceNames(topology);
  const directories = observeDirectories(access.config);
  try {
    const session = access.hub(access.config.hub.dbname).asQueryable();
    const { facts: server, now } = await observeHubServer(session);
    const sessions = await daemonSessions(session);
    const known = access.config.ledger in server.databases;
    const ledger = known ? await readLedger(access.hub(access.config.ledger).asQueryable()) : EMPTY_LEDGER;
    const instances = await Promise.all(
      names.map(async (name): Promise<InstanceObservation> => {
        const database = access.controlDatabase(name);
        const mark = server.databases[database];
        const control = mark === undefined ? null : await observeControl(access.hub(database).asQueryable(), mark);
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
      ledger: withRenames(topology, ledger),
      observation: {
        now,
        hub: { ...before.observation.hub, reachable: true, code: '', message: '', ...server, directories },
        instances: Object.fromEntries(instances.map((instance) => [instance.name, instance])),
      },
    };
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    const hub = { ...before.observation.hub, reachable: false, code: error.code, message: error.message, databases: {}, directories };
    return { ledger: EMPTY_LEDGER, observation: { hub, instances: {} } };
  }
}

async function lookAtDatabases(access: Access, before: Look): Promise<Record<string, DatabaseObservation> | null> {
  const looks = await Promise.all(
    Object.entries(before.observation.databases).map(async ([name, known]): Promise<[string, DatabaseObservation | null]> => {
      try {
        const rows = await access.database(name).query<{ recovery: boolean }>('SELECT pg_is_in_recovery() AS recovery');
        return [name, known.reachable && rows[0]?.recovery === known.inRecovery ? known : null];
      } catch (error) {
        if (!(error instanceof GoatherdError)) throw error;
        return [name, { reachable: false, code: error.code, message: error.message }];
      }
    }),
  );
  const databases: Record<string, DatabaseObservation> = {};
  for (const [name, look] of looks) {
    if (look === null) return null;
    databases[name] = look;
  }
  return databases;
}
