import { Client, DatabaseError, Pool, type ClientBase, type ClientConfig, type PoolClient, type PoolConfig, type QueryResultRow } from 'pg';
import { quoteIdent } from '../bucardo/names.ts';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import { type ResolvedConnection, tlsAttempts } from './connection.ts';
import { type Pace, watchLine } from './line-watch.ts';
import { meaningOf, networkHint } from './sqlstate.ts';

/** What sets one session apart from another. Times in milliseconds. */
export interface SessionOptions {
  readonly applicationName: string;
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** How long an unused session of a pool is kept. */
  readonly idleMs?: number;
  /** Unless given, that of `watchLine`. */
  readonly pace?: Pace;
  /** What the sessions of a pool LISTEN to, and who is told. */
  readonly notices?: Notices;
}

/** Notifications that come to sessions which are there for other work: hints, nothing that may be counted on. */
export interface Notices {
  /** Asked of each new session. */
  readonly channels: () => readonly string[];
  readonly heard: (channel: string) => void;
}

/** Anything that runs SQL: a client, a pooled client, a transaction. */
export interface Queryable {
  query<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<{ rows: R[]; rowCount: number | null }>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const KEEPALIVE_AFTER_MS = 10_000;
/** A session that LISTENs is replaced after so long, and the next one asks for its channels anew. */
const LISTENS_FOR_S = 600;

function configOf(connection: ResolvedConnection, options: SessionOptions, ssl: NonNullable<ClientConfig['ssl']>): ClientConfig {
  return {
    host: connection.host,
    port: connection.port,
    database: connection.dbname,
    user: connection.user,
    ...(connection.password === null ? {} : { password: connection.password.reveal() }),
    ssl,
    application_name: options.applicationName,
    keepAlive: true,
    // A peer that is gone is noticed within some 20 s (Node asks ten times, a second apart), not within the kernel's two hours; where something
    // on its way to it was lost, TCP repeats that instead for a quarter of an hour, which is what `watchLine` is for.
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER_MS,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    ...(options.statementTimeoutMs === undefined ? {} : { statement_timeout: options.statementTimeoutMs }),
    ...(options.lockTimeoutMs === undefined ? {} : { lock_timeout: options.lockTimeoutMs }),
  };
}

/** A connection that asks after another one, through the same route. */
function beat(connection: ResolvedConnection, ssl: NonNullable<ClientConfig['ssl']>): () => Client {
  return () => new Client(configOf(connection, { applicationName: 'goatherd beat', connectTimeoutMs: 0 }, ssl));
}

/** Turns anything pg throws into our error family; `detail` is left out on purpose, it can hold row values. */
export function asGoatherdError(error: unknown, where: string): GoatherdError {
  if (error instanceof GoatherdError) return error;
  if (error instanceof DatabaseError) {
    const code = error.code ?? 'XX000';
    return new GoatherdError(code, `${where}: ${messageOf(error)}`, { hint: error.hint ?? '', retry: meaningOf(code), cause: error });
  }
  // Several addresses of one host name that all fail arrive as an AggregateError without a message of its own.
  const inner = error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as unknown) : error;
  const code = (inner as NodeJS.ErrnoException | undefined)?.code ?? (/timeout/i.test(messageOf(inner)) ? 'ETIMEDOUT' : '08006');
  return new GoatherdError(code, `${where}: ${messageOf(inner)}`, { hint: networkHint(code), retry: meaningOf(code), cause: error });
}

/** Sessions of `openSession` that have not ended. */
const open = new Set<Client>();

/**
 * Ends every one of them without asking its server, which may be behind a line that went silent: whoever waits for an answer there fails
 * now, and the process may end.
 */
export function abandonSessions(): void {
  for (const client of open) client.connection.stream.destroy();
}

/**
 * Opens one session. Each TLS way that the sslmode allows is tried in order. The caller ends it.
 * @throws GoatherdError with the SQLSTATE or errno of the last try
 */
export async function openSession(connection: ResolvedConnection, options: SessionOptions, where: string): Promise<Client> {
  let last: unknown;
  for (const ssl of tlsAttempts(connection)) {
    const client = new Client(configOf(connection, options, ssl));
    // A killed backend raises this twice; queries report it, an idle client must not end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      open.add(client);
      watchLine(client, beat(connection, ssl), options.pace);
      client.once('end', () => void open.delete(client));
      return client;
    } catch (error) {
      last = error;
      await client.end().catch(() => undefined);
    }
  }
  throw asGoatherdError(last, where);
}

/** Opens a session for one piece of work and ends it whatever happens. */
export async function withSession<T>(
  connection: ResolvedConnection,
  options: SessionOptions,
  where: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openSession(connection, options, where);
  try {
    return await work(client);
  } catch (error) {
    throw asGoatherdError(error, where);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A session that cannot LISTEN, as on a standby, is as good as any other. */
function listening(notices: Notices | undefined): Partial<PoolConfig> {
  if (notices === undefined) return {};
  // The pool waits for what this gives, though its types do not say so.
  const onConnect = (client: ClientBase): unknown => {
    client.on('notification', ({ channel }) => notices.heard(channel));
    const commands = notices.channels().map((channel) => `LISTEN ${quoteIdent(channel)}`);
    return commands.length === 0 ? undefined : client.query(commands.join('; ')).catch(() => undefined);
  };
  return { maxLifetimeSeconds: LISTENS_FOR_S, onConnect };
}

/** A few sessions to one database for the length of a run. */
export class Sessions {
  readonly #pool: Promise<Pool>;
  readonly #clients = new Set<PoolClient>();
  /** Those that listen to what is no longer to be listened to. */
  readonly #outdated = new WeakSet<PoolClient>();
  readonly where: string;

  constructor(connection: ResolvedConnection, options: SessionOptions, where: string) {
    this.where = where;
    this.#pool = this.#open(connection, options, where);
    this.#pool.catch(() => undefined);
  }

  /** The pool keeps the TLS way that worked once. */
  async #open(connection: ResolvedConnection, options: SessionOptions, where: string): Promise<Pool> {
    let last: unknown;
    for (const ssl of tlsAttempts(connection)) {
      const pool = new Pool({
        ...configOf(connection, options, ssl),
        ...listening(options.notices),
        max: 4,
        idleTimeoutMillis: options.idleMs ?? 30_000,
      });
      pool.on('error', () => undefined);
      // The pool listens only to idle clients; one listener a client, or a client used often collects them.
      pool.on('connect', (client) => {
        client.on('error', () => undefined);
        watchLine(client, beat(connection, ssl), options.pace);
        this.#clients.add(client);
      });
      pool.on('remove', (client) => void this.#clients.delete(client));
      try {
        (await pool.connect()).release();
        return pool;
      } catch (error) {
        last = error;
        await pool.end().catch(() => undefined);
      }
    }
    throw asGoatherdError(last, where);
  }

  /** Resolves when a first session could be opened. */
  async opened(): Promise<void> {
    await this.#pool;
  }

  async query<R extends QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    let client: PoolClient | null = null;
    try {
      client = await (await this.#pool).connect();
      const { rows } = await client.query<R>(text, values);
      this.#giveBack(client);
      return rows;
    } catch (error) {
      client?.release(true);
      throw asGoatherdError(error, this.where);
    }
  }

  /** The same in the form that looks take. */
  asQueryable(): Queryable {
    return {
      query: async <R extends QueryResultRow>(text: string, values?: unknown[]) => {
        const rows = await this.query<R>(text, values);
        return { rows, rowCount: rows.length };
      },
    };
  }

  /** Runs `work` in one transaction; `setup` statements (SET LOCAL …) come first. A session that failed is not used again. */
  async transaction<T>(setup: readonly string[], work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient | null = null;
    try {
      client = await (await this.#pool).connect();
      await client.query(['BEGIN', ...setup].join('; '));
      const result = await work(client);
      await client.query('COMMIT');
      this.#giveBack(client);
      return result;
    } catch (error) {
      client?.release(true);
      throw asGoatherdError(error, this.where);
    }
  }

  /** One session for several statements outside a transaction (CREATE INDEX CONCURRENTLY, LISTEN). */
  async session<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient | null = null;
    try {
      client = await (await this.#pool).connect();
      return await work(client);
    } catch (error) {
      throw asGoatherdError(error, this.where);
    } finally {
      client?.release(true);
    }
  }

  /**
   * What `channels` gives is other than before: sessions that listen to what it gave then are replaced, the idle ones at once, the others
   * when they are given back, and a first one listens when this resolves.
   */
  async listenAnew(): Promise<void> {
    try {
      const pool = await this.#pool;
      for (const client of this.#clients) this.#outdated.add(client);
      let client = await pool.connect();
      while (this.#outdated.has(client)) {
        this.#giveBack(client);
        client = await pool.connect();
      }
      this.#giveBack(client);
    } catch (error) {
      throw asGoatherdError(error, this.where);
    }
  }

  #giveBack(client: PoolClient): void {
    client.release(this.#outdated.has(client));
  }

  async end(): Promise<void> {
    await this.#pool.then((pool) => pool.end()).catch(() => undefined);
  }

  /** Ends them without a word to the server, which is taken for gone: whatever waits for its answer fails now, and not in a quarter of an hour. */
  abandon(): void {
    for (const client of this.#clients) client.connection.stream.destroy();
    this.end().catch(() => undefined);
  }
}
