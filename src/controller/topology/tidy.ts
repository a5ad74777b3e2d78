import { purgeDelivered } from '../../act/steps/leaving/purge.ts';
import { GoatherdError } from '../../lib/errors.ts';
import type { Access } from '../../postgres/access.ts';
import type { Topology } from '../../topology/model.ts';
import type { World } from '../world.ts';

const EVERY_MS = 300_000;

/** Purges what every target has, on sources where Bucardo's own purge is not safe (FACTS 9.4); at most every five minutes. */
export class Tidier {
  #doneAt = Number.NEGATIVE_INFINITY;

  async tidy({ now, journal }: World, access: Access, topology: Topology): Promise<void> {
    if (now() - this.#doneAt < EVERY_MS) return;
    this.#doneAt = now();
    try {
      for (const note of await purgeDelivered(access, topology)) journal.info(note, { topology: topology.name });
    } catch (error) {
      // A source that does not answer: the next time has to do, and its condition says so.
      if (!(error instanceof GoatherdError)) throw error;
    }
  }
}
