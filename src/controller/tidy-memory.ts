import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** One full collection takes some 60 ms with ten links: below a thousandth of a core at this distance. */
const EVERY_MS = 120_000;

/**
 * Keeps the process as small as what it knows. V8 doubles the space of new objects, up to 128 MiB, whenever a look that reads every catalog
 * leaves much alive, and keeps it for good; from here on that space stays as large as it is. And where as little happens as at rest it sees
 * no reason to collect: `tidy` does, at most every two minutes. It stops everything for that moment, so it is for when nothing is done.
 */
export class MemoryTidier {
  readonly #collect: () => void;
  #doneAt = performance.now();

  constructor() {
    setFlagsFromString('--semi-space-growth-factor=1');
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  tidy(): void {
    if (performance.now() - this.#doneAt < EVERY_MS) return;
    this.#collect();
    this.#doneAt = performance.now();
  }
}
