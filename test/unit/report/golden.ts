import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

/** Compares with `golden/<name>` in this folder, or in `folder`; `UPDATE_GOLDEN=1` writes the file instead, to be looked at in the diff. */
export function expectGolden(name: string, text: string, folder = import.meta.dirname): void {
  const path = join(folder, 'golden', name);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(existsSync(path), `${name} is missing: run with UPDATE_GOLDEN=1`).toBe(true);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
