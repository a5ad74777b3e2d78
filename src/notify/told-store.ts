import { createHash } from 'node:crypto';
import { readTold, saveTold } from '../ledger/remembered.ts';
import type { Access } from '../postgres/access.ts';
import type { Receiver } from '../topology/model.ts';
import type { Memory } from './decide.ts';

/** Where what was told is kept over a restart, by receiver. Both throw a GoatherdError when the hub does not answer. */
export interface ToldStore {
  read(receiver: string): Promise<Memory | null>;
  save(receiver: string, memory: Memory): Promise<void>;
}

/** In the ledger, which a controller that takes over reads too. */
export function ledgerStore(hub: Access): ToldStore {
  return {
    read: async (receiver) => (await readTold(hub.hub(hub.config.ledger).asQueryable(), receiver)) as Memory | null,
    save: (receiver, memory) => saveTold(hub, receiver, memory),
  };
}

/**
 * A name for each receiver, the same on every host and after every start. It is a hash, as an address may be a secret. When a receiver wants
 * to hear is no part of it.
 */
export function receiverKeys(receivers: readonly Receiver[]): readonly string[] {
  const seen = new Map<string, number>();
  return receivers.map((receiver) => {
    const what = receiver.kind === 'command' ? receiver.command : [receiver.url, Object.keys(receiver.headers).toSorted()];
    const hash = createHash('sha256')
      .update(JSON.stringify([receiver.kind, what]))
      .digest('hex')
      .slice(0, 32);
    const nth = seen.get(hash) ?? 0;
    seen.set(hash, nth + 1);
    return nth === 0 ? hash : `${hash} ${nth + 1}`;
  });
}
