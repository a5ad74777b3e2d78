import { noticeChannels } from '../bucardo/notices.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import type { Notices } from '../postgres/session.ts';
import type { TopologyWorker } from './topology/worker.ts';

/** Bucardo's own words in a control database are hints to look there; in other databases of the hub there are none. */
export class Hearing {
  readonly #silent: readonly string[];
  readonly #workers: ReadonlyMap<string, Pick<TopologyWorker, 'syncsIn' | 'hint'>>;
  /** Databases of the hub that were asked about, with the channels that were last listened to there. */
  readonly #heard = new Map<string, string>();

  /** `silent`: databases of the hub that are no control databases. */
  constructor(silent: readonly string[], workers: ReadonlyMap<string, Pick<TopologyWorker, 'syncsIn' | 'hint'>>) {
    this.#silent = silent;
    this.#workers = workers;
  }

  /** What sessions to this database listen to. */
  noticesOf(dbname: string): Notices | undefined {
    if (this.#silent.includes(dbname)) return undefined;
    return {
      channels: () => {
        const channels = this.#channelsIn(dbname);
        this.#heard.set(dbname, channels.join(' '));
        return channels;
      },
      heard: () => {
        for (const worker of this.#workers.values()) if (worker.syncsIn(dbname).length > 0) worker.hint();
      },
    };
  }

  /** Links may have come or gone: sessions that listen to what was there before are replaced at once. */
  async follow(hub: Pick<Access, 'listenAnew'>): Promise<void> {
    for (const [dbname, heard] of this.#heard) {
      const channels = this.#channelsIn(dbname).join(' ');
      if (channels === heard) continue;
      this.#heard.set(dbname, channels);
      try {
        await hub.listenAnew(dbname);
      } catch (error) {
        // A database that is away, or gone with its last link: the sessions of the next look ask for their channels themselves.
        if (!(error instanceof GoatherdError)) throw error;
      }
    }
  }

  #channelsIn(dbname: string): readonly string[] {
    return noticeChannels([...this.#workers.values()].flatMap((worker) => worker.syncsIn(dbname)).toSorted());
  }
}
