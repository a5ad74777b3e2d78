import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { GoatherdError } from '../lib/errors.ts';
import type { SecretRef } from '../topology/model.ts';

/** A password in memory. It shows itself as `[secret]` wherever it is printed; `reveal` is called only where a session is opened (rule 19). */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Reads what a reference points to, at the moment of use. A trailing newline of a file is not part of the password. */
export function readSecret(ref: SecretRef): Secret {
  if ('env' in ref) {
    const value = process.env[ref.env];
    if (value === undefined || value === '') {
      throw new GoatherdError('SecretMissing', `the environment variable ${ref.env} is not set`, {
        hint: `export ${ref.env} for the user that runs goatherd`,
      });
    }
    return new Secret(value);
  }
  try {
    return new Secret(readFileSync(ref.file, 'utf8').replace(/\r?\n$/, ''));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
    throw new GoatherdError('SecretMissing', `the password file ${ref.file} cannot be read (${code})`, {
      hint: 'it must exist and be readable by the user that runs goatherd',
      cause,
    });
  }
}
