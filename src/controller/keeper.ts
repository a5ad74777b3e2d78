import { type Remembered, saveRemembered } from '../ledger/remembered.ts';
import { GoatherdError } from '../lib/errors.ts';
import { fault } from './fault.ts';
import type { Condition } from '../plan/status/condition-model.ts';
import type { World } from './world.ts';

/** Writes what is to be remembered into the ledger when it is other than before, one writing at a time, while this process is the one that acts. */
export class Keeper {
  readonly #world: World;
  readonly #topology: string;
  #written = '';
  #writing = false;

  constructor(world: World, topology: string) {
    this.#world = world;
    this.#topology = topology;
  }

  /** What the ledger has. */
  read(remembered: Remembered): void {
    this.#written = essence(remembered);
  }

  /** What cannot be written now is written when it is told next. */
  keep(remembered: Remembered): void {
    const text = essence(remembered);
    if (text === this.#written || this.#writing || this.#world.lock()?.held() !== true || this.#world.ending.aborted) return;
    this.#writing = true;
    this.#write(remembered, text).catch(fault);
  }

  async #write(remembered: Remembered, text: string): Promise<void> {
    try {
      await saveRemembered(this.#world.hub, this.#topology, remembered);
      this.#written = text;
    } catch (error) {
      if (!(error instanceof GoatherdError)) throw error;
    } finally {
      this.#writing = false;
    }
  }
}

/** Messages hold measures, which move with every look: they alone are no reason to write. */
function essence({ conditions, retries, starts }: Remembered): string {
  return JSON.stringify([
    conditions.map(({ address, type, status, reason, since }) => [address, type, status, reason, since]),
    retries,
    starts,
  ]);
}

/**
 * What conditions were before: as they are known here, but since when as `before` knows it, where it is still so. `first`: one that is not
 * known here yet is as it was.
 */
export function withKnownSince(known: readonly Condition[], before: readonly Condition[], first: boolean): readonly Condition[] {
  const earlier = new Map(before.map((one) => [`${one.address} ${one.type}`, one]));
  return known.map((one) => {
    const was = earlier.get(`${one.address} ${one.type}`);
    if (was === undefined) return one;
    return one.status === was.status || (first && one.status === 'Unknown') ? was : one;
  });
}
