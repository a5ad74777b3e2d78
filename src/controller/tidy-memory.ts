import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** One full collection takes some 60 ms with ten links: below a thousandth of a core at this distance. */
const EVERY_MS = 120_000;

/**
 * Collects all garbage, at most every two minutes. V8 itself has no reason to where as little happens as at rest, and lets the process grow
 * for hours into what it takes for free memory. To be called when nothing is being done: it stops everything for that moment.
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
