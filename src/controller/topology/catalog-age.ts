/** A reading of the catalogs that has begun. */
export interface CatalogReading {
  /** Epoch milliseconds. */
  readonly began: number;
  /** Steps that the flight had done then. */
  readonly stepsDone: number;
  readonly doubts: number;
}

/** How fresh what was read of the catalogs is. Pure: time is given. */
export class CatalogAge {
  readonly #everyMs: number;
  #readAt = Number.NEGATIVE_INFINITY;
  #stepsDone = 0;
  #doubts = 0;

  /** `everyMs`: how long it counts as fresh. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Whether they are to be read anew. What a flight has changed since, `stepsDone` steps so far, is not in what was read before. */
  isStale(now: number, stepsDone: number): boolean {
    return now - this.#readAt >= this.#everyMs || stepsDone !== this.#stepsDone;
  }

  begin(now: number, stepsDone: number): CatalogReading {
    return { began: now, stepsDone, doubts: this.#doubts };
  }

  /** They were read. A doubt that came while they were is not answered by that. */
  read({ began, stepsDone, doubts }: CatalogReading): void {
    if (doubts !== this.#doubts) return;
    this.#readAt = began;
    this.#stepsDone = stepsDone;
  }

  /** Something may have changed that nobody saw. */
  distrust(): void {
    this.#doubts += 1;
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  /** A flight has ended: the next one counts its steps from none. */
  flightEnded(): void {
    this.#stepsDone = 0;
    this.distrust();
  }
}
