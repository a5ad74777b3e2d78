import type { ActingLock } from '../ledger/lock.ts';
import type { Access } from '../postgres/access.ts';
import type { HostConfig } from '../topology/model.ts';
import type { Counters } from './counters.ts';
import type { Journal } from './journal.ts';
import type { Slots } from './slots.ts';

/** What every part of the controller shares. */
export interface World {
  readonly config: HostConfig;
  /** Sessions to databases of the hub, for all topologies. */
  readonly hub: Access;
  readonly journal: Journal;
  readonly counters: Counters;
  readonly slots: Slots;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** The lock, while this process is the one that acts. */
  readonly lock: () => ActingLock | null;
  /** Aborted when the controller is to end. */
  readonly ending: AbortSignal;
  /** Something that a snapshot shows is other than before. */
  readonly changed: () => void;
  /** One look has ended, well or not. */
  readonly lookEnded: () => void;
}
