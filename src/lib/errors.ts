/** What to do about a failure: try again, treat as an ordinary outcome, or stop. */
export type Retry = 'retry' | 'expected' | 'fatal';

/**
 * The one error family of everything that does I/O. `code` is an SQLSTATE, an errno or a CamelCase word of ours;
 * `message` and `hint` are written for the person who reads them and never hold a secret (rule 19).
 */
export class GoatherdError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly retry: Retry;

  constructor(code: string, message: string, options: { hint?: string; retry?: Retry; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GoatherdError';
    this.code = code;
    this.hint = options.hint ?? '';
    this.retry = options.retry ?? 'fatal';
  }
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').trim();
}
