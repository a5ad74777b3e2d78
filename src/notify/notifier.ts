import { messageOf as textOf } from '../lib/errors.ts';
import type { ControllerSnapshot } from '../report/status/snapshot-model.ts';
import { decide, type Memory, nothingTold, remembered } from './decide.ts';
import { deliver } from './deliver.ts';
import { messagesOf } from './message.ts';
import type { Receiver } from '../topology/model.ts';

/** What was brought to receivers since the start. */
export interface NotifyCounts {
  readonly sent: number;
  readonly failed: number;
}

interface NotifierOptions {
  readonly receivers: readonly Receiver[];
  readonly onFailure: (error: string) => void;
  /** Milliseconds before the second attempt; for tests. */
  readonly pause?: number;
}

/**
 * Tells receivers what they want to hear of. It is shown every snapshot, and waits for nobody: while one receiver is being told, the next
 * snapshots pass it by, for what still stands then is decided then. What could not be brought is decided again. A restart says once more
 * what is still not well.
 */
export class Notifier {
  readonly #channels: { readonly receiver: Receiver; memory: Memory; busy: boolean }[];
  readonly #onFailure: NotifierOptions['onFailure'];
  readonly #pause: number | undefined;
  readonly #end = new AbortController();
  readonly #deliveries = new Set<Promise<void>>();
  #counts: NotifyCounts = { sent: 0, failed: 0 };

  constructor({ receivers, onFailure, pause }: NotifierOptions) {
    this.#pause = pause;
    this.#channels = receivers.map((receiver) => ({ receiver, memory: nothingTold, busy: false }));
    this.#onFailure = onFailure;
  }

  get counts(): NotifyCounts {
    return this.#counts;
  }

  /** `now`: epoch milliseconds. Only who acts speaks: one that stands by sees the same, and would say it twice. */
  look(snapshot: ControllerSnapshot, now: number): void {
    if (snapshot.role !== 'acting' && !lockLost(snapshot)) return;
    for (const channel of this.#channels) {
      if (channel.busy) continue;
      const delivery = this.#tell(channel, snapshot, now);
      this.#deliveries.add(delivery);
      delivery.finally(() => this.#deliveries.delete(delivery)).catch(() => undefined);
    }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#deliveries);
  }

  async #tell(
    channel: { readonly receiver: Receiver; memory: Memory; busy: boolean },
    snapshot: ControllerSnapshot,
    now: number,
  ): Promise<void> {
    const conditions = [...snapshot.conditions, ...snapshot.topologies.flatMap((topology) => topology.conditions)];
    const decision = decide(channel.memory, conditions, now, channel.receiver);
    channel.memory = decision.unsent;
    if (decision.send.length === 0) return;
    channel.busy = true;
    try {
      for (const { message, keys } of messagesOf(decision.send, { tool: snapshot.tool, host: snapshot.host, now })) {
        await deliver(channel.receiver, message, this.#end.signal, this.#pause);
        // At once: what is brought is not brought again because the next one fails.
        channel.memory = remembered(decision, channel.memory, keys);
        this.#counts = { ...this.#counts, sent: this.#counts.sent + 1 };
      }
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#counts = { ...this.#counts, failed: this.#counts.failed + 1 };
      this.#onFailure(textOf(error));
    } finally {
      channel.busy = false;
    }
  }
}

/** Without the hub nobody holds the lock, and that is just what has to be said. */
function lockLost({ conditions }: ControllerSnapshot): boolean {
  return conditions.some(({ type, reason }) => type === 'LockHeld' && reason === 'ControlDatabaseDown');
}
