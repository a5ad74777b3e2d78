/** No timer is set for longer: a clock that is put forward is seen. */
const LONGEST_MS = 60_000;

/** The time between two looks, which somebody may cut short. */
export class Rest {
  #nudged = false;
  #wake: () => void = () => undefined;

  /** Whether somebody asked for a look since the last one began. */
  get nudged(): boolean {
    return this.#nudged;
  }

  /** A look begins, and answers what was asked for so far. */
  lookBegins(): void {
    this.#nudged = false;
  }

  /** Asks for a look at once. */
  nudge(): void {
    this.#nudged = true;
    this.#wake();
  }

  /** What ends the rest is asked about again. */
  wake(): void {
    this.#wake();
  }

  /** Ends when somebody asked for a look, or when `left` says that no milliseconds are left. */
  async until(left: () => number): Promise<void> {
    for (;;) {
      const ms = left();
      if (this.#nudged || ms <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(ms, LONGEST_MS));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
