/** A daemon that says it stops is gone a moment later: so long is waited before it is looked at. Milliseconds. */
const AFTER_MS = 1_000;
/** Hints come in bursts, and from a daemon that dies again and again without end: no more than one of them is followed in so long. */
const EVERY_MS = 5_000;

/** Follows hints that something changed: soon, once more when what was said has had time to happen, and not too often. */
export class Hints {
  readonly #follow: () => void;
  #timer: NodeJS.Timeout | null = null;
  #followedAt = Number.NEGATIVE_INFINITY;

  constructor(follow: () => void) {
    this.#follow = follow;
  }

  hint(): void {
    this.#after(Math.max(AFTER_MS, this.#followedAt + EVERY_MS - performance.now()), true);
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #after(milliseconds: number, again: boolean): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#followedAt = performance.now();
      this.#follow();
      if (again) this.#after(EVERY_MS, false);
    }, milliseconds);
  }
}
