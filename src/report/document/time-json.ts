import { isTime } from '../../lib/format.ts';

/** Epoch milliseconds as RFC 3339 in UTC; null for none, and for what no Date can hold. */
export function timeJson(epochMs: number | null): string | null {
  return epochMs === null || !isTime(epochMs) ? null : new Date(epochMs).toISOString();
}
