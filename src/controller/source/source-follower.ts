import { setTimeout as delay } from 'node:timers/promises';
import { GoatherdError, messageOf } from '../../lib/errors.ts';
import type { SourceSnapshot } from '../../report/status/snapshot-model.ts';
import { jittered } from '../topology/back-off.ts';
import { LastGood } from './git.ts';
import type { Reading, Source } from './reading.ts';
import type { World } from '../world.ts';

/** Nudges that come together are one: an editor's save is several events. */
const GATHER_MS = 100;

/** Reads a source again and again, and at each nudge. What was read last stays in force while it cannot be read. */
export class SourceFollower {
  readonly #world: World;
  readonly #source: Source;
  readonly #onReading: (reading: Reading) => void;
  #reading: Reading | null = null;
  #readAt: number | null = null;
  #error: GoatherdError | null = null;
  #wake: () => void = () => undefined;
  #nudged = false;
  readonly ended: Promise<void>;

  constructor(world: World, source: Source, onReading: (reading: Reading) => void) {
    this.#world = world;
    this.#source = source;
    this.#onReading = onReading;
    source.watch(() => this.nudge());
    this.ended = this.#follow();
  }

  /** Reads at once. */
  nudge(): void {
    this.#nudged = true;
    this.#wake();
  }

  get reading(): Reading | null {
    return this.#reading;
  }

  get error(): GoatherdError | null {
    return this.#error;
  }

  snapshot(): Pick<SourceSnapshot, 'kind' | 'place' | 'ref' | 'desired' | 'readAt' | 'error'> {
    const { kind, place, ref } = this.#source;
    return { kind, place, ref, desired: this.#reading?.revision ?? null, readAt: this.#readAt, error: this.#error?.message ?? null };
  }

  async #follow(): Promise<void> {
    const { ending } = this.#world;
    while (!ending.aborted) {
      this.#nudged = false;
      await this.#readOnce();
      this.#world.changed();
      await this.#rest();
    }
    await this.#source.close();
  }

  async #readOnce(): Promise<void> {
    const { counters, journal, now } = this.#world;
    try {
      const reading = await this.#source.read();
      counters.sourceRead(true);
      if (this.#error !== null) journal.info('the source can be read again');
      this.#error = null;
      this.#readAt = now();
      this.#take(reading);
    } catch (error) {
      if (!(error instanceof GoatherdError)) throw error;
      counters.sourceRead(false);
      if (this.#error?.message !== error.message)
        journal.warn(`the source cannot be read, what was read last stays in force: ${messageOf(error)}`, { code: error.code });
      this.#error = error;
      if (error instanceof LastGood) this.#take(error.reading);
    }
  }

  #take(reading: Reading): void {
    if (this.#reading?.revision === reading.revision) return;
    const { journal } = this.#world;
    journal.info(`revision ${reading.revision.slice(0, 12)}: ${reading.topologies.map(({ name }) => name).join(', ')}`, {
      revision: reading.revision,
    });
    for (const { severity, code, message, at } of reading.problems) {
      const place = at.line === 0 ? at.file : `${at.file}:${at.line}:${at.column}`;
      const text = `${place}: ${message}`;
      if (severity === 'error') journal.error(text, { code, revision: reading.revision });
      else journal.warn(text, { code, revision: reading.revision });
    }
    this.#reading = reading;
    this.#onReading(reading);
  }

  async #rest(): Promise<void> {
    if (this.#nudged) {
      await delay(GATHER_MS);
      return;
    }
    const stop = new AbortController();
    this.#wake = () => stop.abort();
    const usual = jittered(this.#source.everyMs, 0.1, this.#world.random);
    await delay(usual, undefined, { signal: AbortSignal.any([stop.signal, this.#world.ending]) }).catch(() => undefined);
    if (stop.signal.aborted) await delay(GATHER_MS);
  }
}
