import { setTimeout as delay } from 'node:timers/promises';
import { type ActingLock, LockHeld, takeLock } from '../ledger/lock.ts';
import { ensureLedger } from '../ledger/ensure.ts';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import type { Journal } from './journal.ts';

/** A standby asks this often: with the server's 15 s it takes over within half a minute of the other's death. */
const ASK_EVERY_MS = 3_000;

/** Whether this process is the one that acts, and if not, who is. */
export interface Leadership {
  lock(): ActingLock | null;
  /** Who has the lock, for people; null when nobody is known to have it. */
  holder(): string | null;
  /** Why the hub could not be asked; null when it answered. */
  problem(): string | null;
  /** Since when the lock is ours or not, epoch milliseconds. */
  readonly ended: Promise<void>;
}

/**
 * Takes the lock of rule 17 as soon as it is free, and again after it was lost, until `ending`. `taken` is called each time it is had,
 * `lost` at once when its session is, `changed` whenever something of the above is other than before, `requested` when a request was left.
 */
export function seekLeadership(
  hub: Access,
  journal: Journal,
  ending: AbortSignal,
  on: { readonly taken: () => void; readonly lost: () => void; readonly changed: () => void; readonly requested: () => void },
): Leadership {
  let lock: ActingLock | null = null;
  let holder: string | null = null;
  let problem: string | null = null;
  // Its tables are brought up to date once, and again when the hub was away: it may be another one.
  let ensured = false;
  const told = new Set<string>();
  const once = (text: string, say: (text: string) => void): void => {
    if (told.has(text)) return;
    told.clear();
    told.add(text);
    say(text);
  };

  async function seek(): Promise<void> {
    while (!ending.aborted) {
      try {
        if (!ensured) await ensureLedger(hub);
        ensured = true;
        const had = await takeLock(hub, 'controller');
        problem = null;
        holder = 'this controller';
        lock = had;
        had.onRequest(on.requested);
        had.lost.addEventListener('abort', on.lost, { once: true });
        once('acting: this controller holds the lock', (text) => journal.info(text));
        on.taken();
        on.changed();
        await over(had.lost, ending);
        lock = null;
        holder = null;
        if (had.lost.aborted) journal.warn(`${(had.lost.reason as Error).message}; nothing is acted on until it is had again`);
        if (ending.aborted) {
          // The flights end first; who called for the end releases it.
          lock = had.lost.aborted ? null : had;
          return;
        }
      } catch (error) {
        if (!(error instanceof GoatherdError)) throw error;
        holder = error instanceof LockHeld ? error.holder : null;
        ensured = error instanceof LockHeld;
        problem = error instanceof LockHeld ? null : messageOf(error);
        if (error instanceof LockHeld) once(`standing by: ${error.holder} acts`, (text) => journal.info(text));
        else once(`the lock cannot be asked for: ${messageOf(error)}`, (text) => journal.warn(text));
      }
      on.changed();
      await delay(ASK_EVERY_MS, undefined, { signal: ending }).catch(() => undefined);
    }
  }
  return { lock: () => lock, holder: () => holder, problem: () => problem, ended: seek() };
}

function over(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    any.addEventListener('abort', () => resolve(), { once: true });
  });
}
