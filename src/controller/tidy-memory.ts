import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** One full collection takes some 60 ms with ten links: below a thousandth of a core at this distance. */
const EVERY_MS = 120_000;

/**
 * Collects all garbage, at most every two minutes: where as little happens as at rest, V8 sees no reason to for a long time. It stops
 * everything for that moment, so it is to be called when nothing is being done.
 */
export class MemoryTidier {
  readonly #collect: () => void;
  #doneAt = performance.now();

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  tidy(): void {
    if (performance.now() - this.#doneAt < EVERY_MS) return;
    this.#collect();
    this.#doneAt = performance.now();
  }
}
