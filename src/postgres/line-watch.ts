import type { Socket } from 'node:net';
import { type Client, DatabaseError } from 'pg';
import { messageOf } from '../lib/errors.ts';

/** How soon a line that says nothing is doubted. Milliseconds. */
export interface Pace {
  /** A statement that waits so long for an answer is asked after, over a connection of its own. */
  readonly silentMs: number;
  /** While the server says that it works on the statement it is asked ever more seldom, down to once in so long. */
  readonly calmMs: number;
  /** After an answer that says the line is dead: so long until the next question. */
  readonly againMs: number;
  /** How long the other connection may take. */
  readonly answerMs: number;
  /** So many such answers in a row, and the session is given up. */
  readonly doubts: number;
}

const PACE: Pace = { silentMs: 15_000, calmMs: 60_000, againMs: 5_000, answerMs: 10_000, doubts: 3 };
const TICK_MS = 1_000;

/** What a second connection through the same route says of a session that waits. `doubt`: what is the same for as long as it is dead. */
type Word = { readonly lives: true } | { readonly lives: false; readonly doubt: string; readonly why: string };

const LIVES: Word = { lives: true };

/** Errors of a route; a name that cannot be resolved, or a process out of file handles, says nothing of a line that stands. */
const NO_ROUTE = new Set(['ETIMEDOUT', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'EPIPE', 'ENOENT']);

/** What neither the package nor its types name: the socket, which is one whatever the type says, and the backend's pid. */
const streamOf = (client: Client): Socket => client.connection.stream as Socket;
const backendOf = (client: Client): number | null => (client as unknown as { readonly processID: number | null }).processID;

/** A session, and since when it has waited for an answer. */
class Line {
  readonly #client: Client;
  readonly #another: () => Client;
  readonly #pace: Pace;
  /** Bytes sent when the server was last done with all that it was asked. */
  #sentUntilAnswer: number;
  #read: number;
  #askAt: number;
  #betweenMs: number;
  #doubt: { readonly of: string; readonly times: number } | null = null;
  #asking = false;

  constructor(client: Client, another: () => Client, pace: Pace) {
    this.#client = client;
    this.#another = another;
    this.#pace = pace;
    this.#sentUntilAnswer = this.#stream.bytesWritten;
    this.#read = this.#stream.bytesRead;
    this.#askAt = 0;
    this.#betweenMs = pace.silentMs;
    this.#calm();
    client.connection.on('readyForQuery', () => (this.#sentUntilAnswer = this.#stream.bytesWritten));
  }

  /** Another one once TLS has been agreed on. */
  get #stream(): Socket {
    return streamOf(this.#client);
  }

  get #waits(): boolean {
    return this.#stream.bytesWritten > this.#sentUntilAnswer && this.#stream.bytesRead === this.#read;
  }

  look(): void {
    if (this.#asking) return;
    if (!this.#waits) this.#calm();
    else if (performance.now() >= this.#askAt) this.#ask().catch(() => (this.#asking = false));
  }

  #calm(): void {
    this.#read = this.#stream.bytesRead;
    this.#doubt = null;
    this.#betweenMs = this.#pace.silentMs;
    this.#askAt = performance.now() + this.#betweenMs;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const word = await ask(this.#another(), backendOf(this.#client), this.#pace);
    this.#asking = false;
    if (!this.#waits) return this.#calm();
    if (word.lives) {
      this.#doubt = null;
      this.#betweenMs = Math.min(2 * this.#betweenMs, this.#pace.calmMs);
      this.#askAt = performance.now() + this.#betweenMs;
      return;
    }
    const times = this.#doubt?.of === word.doubt ? this.#doubt.times + 1 : 1;
    this.#doubt = { of: word.doubt, times };
    this.#askAt = performance.now() + this.#pace.againMs;
    if (times >= this.#pace.doubts)
      this.#stream.destroy(Object.assign(new Error(`the line is silent: ${word.why}`), { code: 'ETIMEDOUT' }));
  }
}

/** Asks once, within `answerMs` whatever happens. */
async function ask(other: Client, pid: number | null, { answerMs }: Pace): Promise<Word> {
  other.on('error', () => undefined);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    streamOf(other).destroy();
  }, answerMs);
  try {
    await other.connect();
    const { rows } = await other.query<{ own: number; there: boolean; state: string | null; since: string }>(
      `SELECT pg_backend_pid() AS own, s.pid IS NOT NULL AS there, s.state, extract(epoch FROM s.state_change)::text AS since
       FROM (SELECT 1) AS one LEFT JOIN pg_stat_activity s ON s.pid = $1`,
      [pid],
    );
    const seen = rows[0];
    // A pooler in between gives numbers of its own.
    if (seen === undefined || seen.own !== backendOf(other)) return LIVES;
    if (!seen.there) return { lives: false, doubt: 'gone', why: 'its server has no such session any more' };
    if (seen.state?.startsWith('idle') !== true) return LIVES;
    return { lives: false, doubt: `idle ${seen.since}`, why: 'its server waits for us, and we for its answer' };
  } catch (error) {
    if (error instanceof DatabaseError) return LIVES;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!late && !NO_ROUTE.has(code) && !/timeout|terminated/i.test(messageOf(error))) return LIVES;
    const said = late ? `no answer within ${answerMs / 1000} s` : messageOf(error) || code;
    return { lives: false, doubt: 'no route', why: `a second connection fails as well (${said})` };
  } finally {
    clearTimeout(timer);
    other.end().catch(() => undefined);
    streamOf(other).unref();
  }
}

const lines = new Set<Line>();
let ticking: NodeJS.Timeout | null = null;

/**
 * Fails what `client` waits for when its line is dead: cut without a word, so that TCP would wait for a quarter of an hour, or forgotten by a
 * firewall. A statement that takes long is left alone for as long as its server says that it works on it, whatever it waits for there: it
 * is the line that is asked after, through `another`, a new connection to the same server, and never how long it takes.
 */
export function watchLine(client: Client, another: () => Client, pace: Pace = PACE): void {
  const line = new Line(client, another, pace);
  lines.add(line);
  client.once('end', () => {
    lines.delete(line);
    if (lines.size > 0 || ticking === null) return;
    clearInterval(ticking);
    ticking = null;
  });
  ticking ??= setInterval(() => lines.forEach((one) => one.look()), TICK_MS).unref();
}
