import type { Step } from '../../plan/step-model.ts';
import type { Flight } from './flight.ts';

/** Work that appears while a flight only waits, such as a daemon that died: it must not wait as long as the flight does. */
export class NewWork {
  #seen: ReadonlySet<string> = new Set();

  /** Whether the last look saw any. */
  get any(): boolean {
    return this.#seen.size > 0;
  }

  /**
   * A look has ended. `open`: the steps that could be carried out now. What the flight knows nothing of, seen twice, ends it at its next
   * step boundary, to be planned anew.
   */
  looked(open: readonly Step[], flight: Flight | null): void {
    const foreign = flight === null ? [] : open.filter((step) => !flight.knows(step.id) && !flight.worksOn(step.address));
    const ids = foreign.map((step) => step.id);
    const twice = ids.filter((id) => this.#seen.has(id));
    this.#seen = new Set(ids);
    if (twice.length > 0) flight?.interrupt(`facts moved: ${[...new Set(twice)].join(', ')}`);
  }
}
