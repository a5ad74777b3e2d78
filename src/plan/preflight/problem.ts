import type { Diagnostic } from '../model.ts';

/** A finding of preflight. `address`: what it concerns; `objects`: tables, columns, triggers, as people write them. */
export function problem(
  severity: Diagnostic['severity'],
  code: string,
  address: string,
  message: string,
  hint: string,
  objects: readonly string[] = [],
): Diagnostic {
  return { severity, code, address, message, hint, objects, at: null };
}
