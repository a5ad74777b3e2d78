import { GoatherdError, messageOf as textOf } from '../lib/errors.ts';
import type { ControllerSnapshot } from '../report/status/snapshot-model.ts';
import { atNewAddresses, decide, type Memory, nothingTold, remembered, type Told } from './decide.ts';
import { deliver } from './deliver.ts';
import { messagesOf } from './message.ts';
import type { Receiver } from '../topology/model.ts';
import { receiverKeys, type ToldStore } from './told-store.ts';

/** What was brought to receivers since the start. */
export interface NotifyCounts {
  readonly sent: number;
  readonly failed: number;
}

interface NotifierOptions {
  readonly receivers: readonly Receiver[];
  readonly onFailure: (error: string) => void;
  readonly store: ToldStore;
  /** Milliseconds before the second attempt; for tests. */
  readonly pause?: number;
}

interface Channel {
  readonly receiver: Receiver;
  readonly key: string;
  memory: Memory;
  /** Whether `memory` goes on from what the store had. */
  known: boolean;
  /** What the store has. */
  kept: string;
  busy: boolean;
}

/**
 * Tells receivers what they want to hear of. It is shown every snapshot, and waits for nobody: while one receiver is being told, the next
 * snapshots pass it by, for what still stands then is decided then. What could not be brought is decided again. What was told is kept in the
 * store, so that neither a restart nor another controller that takes over says it again.
 */
export class Notifier {
  readonly #channels: readonly Channel[];
  readonly #store: ToldStore;
  readonly #onFailure: NotifierOptions['onFailure'];
  readonly #pause: number | undefined;
  readonly #end = new AbortController();
  readonly #deliveries = new Set<Promise<void>>();
  #counts: NotifyCounts = { sent: 0, failed: 0 };

  constructor({ receivers, onFailure, store, pause }: NotifierOptions) {
    this.#pause = pause;
    this.#store = store;
    const keys = receiverKeys(receivers);
    this.#channels = receivers.map((receiver, index) => ({
      receiver,
      key: keys[index] ?? '',
      memory: nothingTold,
      known: false,
      kept: '',
      busy: false,
    }));
    this.#onFailure = onFailure;
  }

  get counts(): NotifyCounts {
    return this.#counts;
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#deliveries.size === 0;
  }

  /** `now`: epoch milliseconds. Only who acts speaks: one that stands by sees the same, and would say it twice. */
  look(snapshot: ControllerSnapshot, now: number): void {
    const acts = snapshot.role === 'acting';
    // What another one tells meanwhile is read when this one acts again.
    if (!acts && !lockLost(snapshot)) return this.#forget();
    for (const channel of this.#channels) {
      if (channel.busy) continue;
      channel.busy = true;
      const delivery = this.#tell(channel, snapshot, now, acts).finally(() => {
        channel.busy = false;
        this.#deliveries.delete(delivery);
      });
      this.#deliveries.add(delivery);
      delivery.catch(() => undefined);
    }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#deliveries);
  }

  #forget(): void {
    for (const channel of this.#channels) {
      if (channel.busy) continue;
      channel.memory = nothingTold;
      channel.known = false;
    }
  }

  async #tell(channel: Channel, snapshot: ControllerSnapshot, now: number, acts: boolean): Promise<void> {
    if (acts && !channel.known && !(await this.#recall(channel))) return;
    const conditions = [...snapshot.conditions, ...snapshot.topologies.flatMap((topology) => topology.conditions)];
    const renames = new Map(snapshot.topologies.flatMap((topology) => Object.entries(topology.renames)));
    const decision = decide(atNewAddresses(channel.memory, renames), conditions, now, channel.receiver);
    channel.memory = decision.unsent;
    try {
      for (const { message, keys } of messagesOf(decision.send, { tool: snapshot.tool, host: snapshot.host, now })) {
        await deliver(channel.receiver, message, this.#end.signal, this.#pause);
        // At once: what is brought is not brought again because the next one fails, or because this process ends.
        channel.memory = remembered(decision, channel.memory, keys);
        this.#counts = { ...this.#counts, sent: this.#counts.sent + 1 };
        if (acts) await this.#keep(channel);
      }
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#counts = { ...this.#counts, failed: this.#counts.failed + 1 };
      this.#onFailure(textOf(error));
    }
    if (acts) await this.#keep(channel);
  }

  /** False when the store does not answer: the next snapshot asks again. */
  async #recall(channel: Channel): Promise<boolean> {
    try {
      const kept = await this.#store.read(channel.key);
      channel.kept = essence(kept ?? nothingTold);
      // What was said while the hub was away is known only here.
      channel.memory = kept === null ? channel.memory : { told: { ...kept.told, ...saidIn(channel.memory) }, seen: kept.seen };
      channel.known = true;
      return true;
    } catch (error) {
      if (error instanceof GoatherdError) return false;
      throw error;
    }
  }

  /** What cannot be kept now is kept with the next snapshot. */
  async #keep(channel: Channel): Promise<void> {
    const text = essence(channel.memory);
    if (text === channel.kept) return;
    try {
      await this.#store.save(channel.key, channel.memory);
      channel.kept = text;
    } catch (error) {
      if (!(error instanceof GoatherdError)) throw error;
    }
  }
}

/** Messages hold measures, which move with every look: they alone are no reason to write. */
function essence({ told, seen }: Memory): string {
  const keys = Object.keys(told).toSorted();
  return JSON.stringify([keys, keys.map((key) => factsOf(told[key])), seen]);
}

function factsOf(told: Told | undefined) {
  return told === undefined ? null : [told.incident.severity, told.incident.condition.reason, told.since, told.said, told.wellSince];
}

function saidIn({ told }: Memory): Memory['told'] {
  return Object.fromEntries(Object.entries(told).filter(([, { said }]) => said !== null));
}

/** Without the hub nobody holds the lock, and that is just what has to be said. */
function lockLost({ conditions }: ControllerSnapshot): boolean {
  return conditions.some(({ type, reason }) => type === 'LockHeld' && reason === 'ControlDatabaseDown');
}
