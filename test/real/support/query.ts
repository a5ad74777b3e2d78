import pg from 'pg';
import type { Cluster } from '../../../src/lab/cluster.ts';

const DEADLOCK = '40P01';

export type Row = Readonly<Record<string, unknown>>;

/**
 * Runs SQL as `goatherd` over 127.0.0.1 in a session of its own and gives the rows of the last statement.
 * Several statements in one text are one transaction and take no parameters. A TRUNCATE that PostgreSQL ended because of a deadlock is
 * repeated, as an application would: Bucardo's trigger then wants the delta table that a run may be reading (docs/bucardo.md).
 */
export async function query(
  cluster: Pick<Cluster, 'host' | 'port' | 'password'>,
  dbname: string,
  sql: string,
  params: readonly unknown[] = [],
): Promise<readonly Row[]> {
  return withSession(cluster, dbname, async (client) => {
    for (;;) {
      try {
        // The extended protocol takes one statement only.
        const answer: unknown = await (params.length === 0 ? client.query(sql) : client.query(sql, [...params]));
        const last: unknown = Array.isArray(answer) ? answer.at(-1) : answer;
        return (last as pg.QueryResult<Row>).rows;
      } catch (error) {
        if (!(error instanceof pg.DatabaseError) || error.code !== DEADLOCK || !/\bTRUNCATE\b/.test(sql)) throw error;
      }
    }
  });
}

/** Gives `work` an open session, for what needs a transaction or a lock to stay open. */
export async function withSession<T>(
  cluster: Pick<Cluster, 'host' | 'port' | 'password'>,
  dbname: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: cluster.host,
    port: cluster.port,
    user: 'goatherd',
    database: dbname,
    password: cluster.password,
    application_name: 'goatherd-test',
    connectionTimeoutMillis: 20_000,
    query_timeout: 300_000,
  });
  // A server that is stopped under an idle session is what outage tests do; it must not end the test process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
