import { hostname } from 'node:os';
import type { Client } from 'pg';
import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import { openSession } from '../postgres/session.ts';
import { lockHolder } from './read.ts';
import { LOCK_KEYS } from './tables.ts';

/** The lock of rule 17. It lives as long as its session: a killed process loses it, a lost session stops acting. */
export interface ActingLock {
  /** Aborted when the session is lost; its reason is a GoatherdError. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Takes the lock, or names who holds it. The session's application_name names command, host and pid for the next one who asks.
 * @throws GoatherdError `LockHeld`
 */
export async function takeLock(access: Access, command: string): Promise<ActingLock> {
  const applicationName = `goatherd ${command} on ${hostname()} pid ${process.pid}`.slice(0, 63);
  const client: Client = await openSession(access.resolvedHub(access.config.ledger), { applicationName }, 'ledger');
  const taken =
    (await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [...LOCK_KEYS])).rows[0]?.taken === true;
  if (!taken) {
    const holder = (await lockHolder(client)) ?? 'another run';
    await client.end();
    throw new GoatherdError('LockHeld', `another run is acting: ${holder}`, {
      hint: 'wait until it ends; one actor at a time keeps plans true',
    });
  }
  const lost = new AbortController();
  let released = false;
  client.on('end', () => {
    if (!released) lost.abort(new GoatherdError('LockLost', "the session that holds the ledger's lock was lost", { retry: 'retry' }));
  });
  return {
    lost: lost.signal,
    release: async () => {
      released = true;
      await client.end().catch(() => undefined);
    },
  };
}
