import pg from 'pg';
import type { Cluster } from './cluster.ts';

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
