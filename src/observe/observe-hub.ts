import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import type { QueryResultRow } from 'pg';
import type { Queryable } from '../postgres/session.ts';
import type { HostConfig } from '../topology/model.ts';
import type { HubObservation } from './model.ts';

type HubFacts = Pick<HubObservation, 'version' | 'superuser' | 'createDatabase' | 'plperlu' | 'databases'>;
/** The same with the hub's clock, epoch milliseconds. */
type HubLook = { readonly facts: HubFacts; readonly now: number };

interface Row extends QueryResultRow {
  version: number;
  now: number;
  superuser: boolean;
  create_database: boolean;
  plperlu: boolean;
}

/** What the hub's server is and holds. */
export async function observeHubServer(session: Queryable): Promise<HubLook> {
  const row = (
    await session.query<Row>(`
    SELECT current_setting('server_version_num')::int AS version, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, rolsuper AS superuser, rolsuper OR rolcreatedb AS create_database,
           EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'plperlu') AS plperlu
    FROM pg_roles WHERE rolname = current_user`)
  ).rows[0];
  const databases = (
    await session.query<{ name: string; comment: string | null }>(
      "SELECT datname::text AS name, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE NOT datistemplate ORDER BY datname",
    )
  ).rows;
  return {
    now: row?.now ?? 0,
    facts: {
      version: row?.version ?? 0,
      superuser: row?.superuser ?? false,
      createDatabase: row?.create_database ?? false,
      plperlu: row?.plperlu ?? false,
      databases: Object.fromEntries(databases.map((database) => [database.name, database.comment])),
    },
  };
}

/** Whether logs and pid files can be written: the directory itself, or the nearest parent that exists where it would be made. */
export function observeDirectories(config: HostConfig): HubObservation['directories'] {
  return [config.logDir, config.pidDir].flatMap((directory) => {
    let nearest = directory;
    while (!existsSync(nearest) && path.dirname(nearest) !== nearest) nearest = path.dirname(nearest);
    try {
      accessSync(nearest, constants.W_OK | constants.X_OK);
      return [];
    } catch {
      return [{ path: directory, problem: nearest === directory ? 'is not writable' : `cannot be made: ${nearest} is not writable` }];
    }
  });
}
