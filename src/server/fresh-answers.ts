import type { Answer } from './answer.ts';

/**
 * Answers that are made once for all who ask at the same time: however many clients there are, a page is made at most once in `maxAge`
 * milliseconds, or once after each change. Only answers with status 200 are kept, of which there are as many as paths that exist.
 */
export class FreshAnswers {
  readonly #kept = new Map<string, { readonly at: number; readonly answer: Promise<Answer> }>();
  readonly #maxAge: number;

  constructor(maxAge: number) {
    this.#maxAge = maxAge;
  }

  async get(path: string, make: (path: string) => Promise<Answer>): Promise<Answer> {
    const kept = this.#kept.get(path);
    if (kept !== undefined && performance.now() - kept.at < this.#maxAge) return kept.answer;
    const answer = make(path);
    const entry = { at: performance.now(), answer };
    this.#kept.set(path, entry);
    const forget = (): void => {
      if (this.#kept.get(path) === entry) this.#kept.delete(path);
    };
    try {
      const made = await answer;
      if (made.status !== 200) forget();
      return made;
    } catch (error) {
      forget();
      throw error;
    }
  }

  clear(): void {
    this.#kept.clear();
  }
}
