import type { Retry } from '../lib/errors.ts';

/**
 * The one table that says what a failure of PostgreSQL or of the network means to a reconciler.
 * Codes: PostgreSQL's SQLSTATEs and Node's errno names; a two-letter key stands for its whole class.
 */
const MEANING: Readonly<Record<string, Retry>> = {
  '08': 'retry', // connection exceptions
  '40': 'retry', // serialization failure, deadlock
  '53': 'retry', // too many connections, disk full, out of memory: it may pass
  '57': 'retry', // query cancelled, admin shutdown, cannot connect now
  '55P03': 'expected', // lock not available: the table is busy, tried again later (rule 10)
  '42P07': 'expected', // duplicate table: another run was faster
  '42710': 'expected', // duplicate object
  '42P04': 'expected', // duplicate database
  '42704': 'expected', // undefined object: already gone
  '42P01': 'fatal',
  '28': 'fatal', // wrong password or no pg_hba entry
  '42501': 'fatal', // insufficient privilege
  ECONNREFUSED: 'retry',
  ECONNRESET: 'retry',
  EPIPE: 'retry',
  ETIMEDOUT: 'retry',
  EHOSTUNREACH: 'retry',
  ENETUNREACH: 'retry',
  ENOTFOUND: 'retry',
  EAI_AGAIN: 'retry',
  ENOENT: 'retry', // the socket file of a server that is down
};

/** What a code means; unknown codes are fatal, so that nothing loops on what nobody foresaw. */
export function meaningOf(code: string): Retry {
  return MEANING[code] ?? MEANING[code.slice(0, 2)] ?? 'fatal';
}

/** No session came about, or it broke: the server or the way to it is at fault, and no statement. */
const UNREACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/** What to look at where the network failed; empty for what PostgreSQL itself said. */
export function networkHint(code: string): string {
  return UNREACHED.has(code) ? 'is PostgreSQL up there, are host and port right, and may this host reach it?' : '';
}

export const LOCK_NOT_AVAILABLE = '55P03';

/** The database does not exist. */
export const UNDEFINED_DATABASE = '3D000';
