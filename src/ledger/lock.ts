import { hostname } from 'node:os';
import type { Client } from 'pg';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import { openSession } from '../postgres/session.ts';
import { lockHolder } from './read.ts';
import { LOCK_KEYS, REQUEST_CHANNEL } from './tables.ts';

/** Whoever holds the lock is heard from this often. */
const BEAT_EVERY_MS = 2_000;
/** A beat without an answer for this long means that the session is lost. */
const BEAT_WITHIN_MS = 4_000;
/**
 * The server ends the session of a holder that it has not heard from for this long, however the two were parted. Longer than a holder
 * takes to notice by itself (2 s to the next beat, 4 s to its end), so that it has stopped before another one begins.
 */
const SERVER_ENDS_AFTER_MS = 15_000;
/** What a holder that was itself stopped for a while (a signal, a paused container) may trust without asking: less than the server's limit. */
const TRUSTED_FOR_MS = 10_000;
/** `idle_session_timeout` came with PostgreSQL 14; before, the server's keepalives have to find out. */
const IDLE_TIMEOUT_SINCE = 140_000;

/** The lock of rule 17. It lives as long as its session: a killed process loses it, a lost session stops acting. */
export interface ActingLock {
  /** Aborted when the session is lost; its reason is a GoatherdError. */
  readonly lost: AbortSignal;
  /** Whether it may still be trusted, without asking: false for one that was not heard from for ten seconds, which is then lost. */
  held(): boolean;
  /** Called when somebody left a request. */
  onRequest(listener: () => void): void;
  release(): Promise<void>;
}

/** Somebody else acts. */
export class LockHeld extends GoatherdError {
  readonly holder: string;

  constructor(holder: string) {
    super('LockHeld', `another run is acting: ${holder}`, { hint: 'wait until it ends; one actor at a time keeps plans true' });
    this.holder = holder;
  }

  /** Whether it is a controller, which takes requests. */
  get byController(): boolean {
    return this.holder.startsWith('goatherd controller ');
  }
}

/**
 * Takes the lock, or names who holds it. The session's application_name names command, host and pid for the next one who asks.
 * @throws GoatherdError `LockHeld`
 */
export async function takeLock(access: Access, command: string): Promise<ActingLock> {
  const applicationName = `goatherd ${command} on ${hostname()} pid ${process.pid}`.slice(0, 63);
  const client: Client = await openSession(access.resolvedHub(access.config.ledger), { applicationName }, 'ledger');
  try {
    const taken =
      (await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [...LOCK_KEYS])).rows[0]?.taken === true;
    if (!taken) {
      const holder = (await lockHolder(client)) ?? 'another run';
      throw new LockHeld(holder);
    }
    await letServerWatch(client);
    await client.query(`LISTEN ${REQUEST_CHANNEL}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return holdLock(client);
}

async function letServerWatch(client: Client): Promise<void> {
  const version = Number(
    (await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version")).rows[0]?.version,
  );
  const seconds = SERVER_ENDS_AFTER_MS / 1000;
  await client.query(
    version >= IDLE_TIMEOUT_SINCE
      ? `SET idle_session_timeout = '${seconds}s'`
      : `SET tcp_keepalives_idle = ${seconds - 6}; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`,
  );
}

function holdLock(client: Client): ActingLock {
  const lost = new AbortController();
  const listeners: (() => void)[] = [];
  let released = false;
  let heardAt = performance.now();
  const lose = (why: string): void => {
    if (released || lost.signal.aborted) return;
    clearInterval(timer);
    lost.abort(new GoatherdError('LockLost', `the session that holds the ledger's lock was lost${why}`, { retry: 'retry' }));
    client.connection.stream.destroy();
  };
  let beating = false;
  const beat = async (): Promise<void> => {
    if (beating) return;
    beating = true;
    const askedAt = performance.now();
    // An answer that came while this process was busy is read before it is called late.
    const late = setTimeout(() => {
      setImmediate(() => {
        if (beating) lose(`: no answer within ${BEAT_WITHIN_MS / 1000} s`);
      });
    }, BEAT_WITHIN_MS);
    try {
      await client.query('SELECT 1');
      heardAt = askedAt;
    } catch (error) {
      lose(`: ${messageOf(error)}`);
    } finally {
      clearTimeout(late);
      beating = false;
    }
  };
  const timer = setInterval(() => void beat(), BEAT_EVERY_MS);
  client.on('end', () => lose(''));
  client.on('notification', () => {
    for (const listener of listeners) listener();
  });
  return {
    lost: lost.signal,
    held: () => {
      if (!lost.signal.aborted && performance.now() - heardAt > TRUSTED_FOR_MS) lose(`: not heard from for ${TRUSTED_FOR_MS / 1000} s`);
      return !lost.signal.aborted;
    },
    onRequest: (listener) => void listeners.push(listener),
    release: async () => {
      released = true;
      clearInterval(timer);
      await client.end().catch(() => undefined);
    },
  };
}
