import { setTimeout as delay } from 'node:timers/promises';
import { GoatherdError } from '../lib/errors.ts';
import type { ActContext, Outcome } from './context.ts';

/** No single executor of a verb takes longer: stopping and starting a daemon have limits of their own below this. */
const GIVES_UP_AFTER_MS = 180_000;

/** Attempts one piece of work again until it is done. @throws GoatherdError when it fails, is interrupted, or takes too long */
export async function untilDone(context: ActContext, attempt: () => Promise<Outcome>): Promise<void> {
  const began = context.clock.now();
  for (;;) {
    const outcome = await attempt();
    switch (outcome.state) {
      case 'done':
        return;
      case 'failed':
        throw outcome.error;
      case 'spent':
        throw new GoatherdError('LockBudgetSpent', outcome.why);
      case 'pending':
        context.progress(outcome.progress);
        await pause(context, outcome.retryMs);
        break;
      case 'moved':
        await pause(context, 500);
    }
    if (context.clock.now() - began > GIVES_UP_AFTER_MS)
      throw new GoatherdError(
        'NotDone',
        outcome.state === 'moved' ? outcome.why : `it still waits for ${outcome.progress.waitingFor ?? 'it'}`,
      );
  }
}

/** Waits a moment. @throws GoatherdError `Interrupted` at an interrupt or when the lock is lost */
export async function pause(context: ActContext, milliseconds: number): Promise<void> {
  if (!context.signal.aborted) await delay(milliseconds, undefined, { signal: context.signal }).catch(() => undefined);
  if (!context.signal.aborted) return;
  const { reason } = context.signal as { readonly reason: unknown };
  throw reason instanceof GoatherdError
    ? reason
    : new GoatherdError('Interrupted', 'interrupted', { hint: 'the same command goes on from what stands' });
}
