import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { assetHashes } from '../report/html/page.ts';
import { safeHeaders } from './answer.ts';
import type { Limits } from './limits.ts';

/** Which page this server gives: another one makes those that are open load anew. */
const pageVersion = createHash('sha256').update(`${assetHashes.style} ${assetHashes.script}`).digest('hex').slice(0, 12);

/**
 * Those who listen to `/events` (server-sent events). An event says only that something changed; the page then fetches itself. Who does not
 * read is cut off at the next sign of life: nothing is kept for anybody.
 */
export class EventStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #limits: Limits;
  readonly #heartbeat: NodeJS.Timeout;
  #pending: NodeJS.Timeout | null = null;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#heartbeat = setInterval(() => this.#write(':\n\n', true), limits.heartbeat).unref();
  }

  get count(): number {
    return this.#open.size;
  }

  /** Whether one more may listen. */
  get full(): boolean {
    return this.#open.size >= this.#limits.eventStreams;
  }

  add(response: ServerResponse): void {
    response.writeHead(200, { ...safeHeaders, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    response.write(`retry: 3000\n\nevent: hello\ndata: ${pageVersion}\n\n`);
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
  }

  /** Tells everybody, soon: changes that come close together are one event. */
  changed(): void {
    this.#pending ??= setTimeout(() => {
      this.#pending = null;
      this.#write('event: change\ndata: \n\n', false);
    }, this.#limits.eventPause).unref();
  }

  close(): void {
    clearInterval(this.#heartbeat);
    if (this.#pending !== null) clearTimeout(this.#pending);
    for (const response of this.#open) response.destroy();
    this.#open.clear();
  }

  /** An event to somebody who has not read the last one would say the same again. */
  #write(text: string, endsStuck: boolean): void {
    for (const response of this.#open) {
      if (!response.writableNeedDrain && response.writableLength === 0) response.write(text);
      else if (endsStuck) response.destroy();
    }
  }
}
