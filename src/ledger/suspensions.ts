import type { QueryResultRow } from 'pg';
import type { Access } from '../postgres/access.ts';
import type { Queryable } from '../postgres/session.ts';
import type { Suspension } from './model.ts';

/** A person's stop of one link, or suspension of a link or a topology. It goes with the link, and may be written again. */
export const SUSPENSION_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS goatherd.suspension (
     address text PRIMARY KEY REFERENCES goatherd.link ON DELETE CASCADE, suspended_by text NOT NULL, reason text NOT NULL,
     suspended_at timestamptz NOT NULL DEFAULT now())`,
  'ALTER TABLE goatherd.suspension ADD COLUMN IF NOT EXISTS held boolean NOT NULL DEFAULT false, ADD COLUMN IF NOT EXISTS until timestamptz',
  // A topology has no row to refer to; with a link it goes, and moves, by `forgetLink` and `rename`.
  'ALTER TABLE goatherd.suspension DROP CONSTRAINT IF EXISTS suspension_address_fkey',
];

interface Row extends QueryResultRow {
  address: string;
  by: string;
  reason: string;
  since: number;
  held: boolean;
  until: number | null;
}

/** Suspensions by address, those that time has ended left out; none where the ledger is older than they are. */
export async function readSuspensions(session: Queryable): Promise<Readonly<Record<string, Suspension>>> {
  const there = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.suspension') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return {};
  // A ledger of an earlier version has fewer columns: to_jsonb gives what there is.
  const { rows } = await session.query<Row>(
    `SELECT address, suspended_by AS by, reason, (extract(epoch FROM suspended_at) * 1000)::float8 AS since,
            coalesce((to_jsonb(s)->>'held')::boolean, false) AS held, (extract(epoch FROM (to_jsonb(s)->>'until')::timestamptz) * 1000)::float8 AS until
     FROM goatherd.suspension s WHERE coalesce((to_jsonb(s)->>'until')::timestamptz > now(), true) ORDER BY address`,
  );
  return Object.fromEntries(
    rows.map(({ address, by, reason, since, held, until }): [string, Suspension] => [
      address,
      { by, reason, since, ...(held ? { held } : {}), ...(until === null ? {} : { until }) },
    ]),
  );
}

/** How a suspension goes beyond a stop. */
export interface SuspendOptions {
  readonly held?: boolean;
  /** Epoch milliseconds. */
  readonly until?: number;
}

/** When it began stays; who and why are those of the last word. */
export async function suspend(access: Access, address: string, by: string, reason: string, options: SuspendOptions = {}): Promise<void> {
  await access.hub(access.config.ledger).query(
    `INSERT INTO goatherd.suspension(address, suspended_by, reason, held, until) VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000))
       ON CONFLICT (address) DO UPDATE SET suspended_by = excluded.suspended_by, reason = excluded.reason, held = excluded.held, until = excluded.until`,
    [address, by, reason, options.held ?? false, options.until ?? null],
  );
}

/** Ends a suspension, and gives it; null where there was none. */
export async function endSuspension(access: Access, address: string): Promise<Suspension | null> {
  const rows = await access
    .hub(access.config.ledger)
    .query<{ by: string; reason: string; since: number }>(
      'DELETE FROM goatherd.suspension WHERE address = $1 RETURNING suspended_by AS by, reason, (extract(epoch FROM suspended_at) * 1000)::float8 AS since',
      [address],
    );
  return rows[0] ?? null;
}

/** Keeps a person's word: who, what, of which link, why. */
export async function keepWord(access: Access, what: string, address: string, by: string, reason: string): Promise<void> {
  await access
    .hub(access.config.ledger)
    .query("INSERT INTO goatherd.word(who, what, address, reason, objects) VALUES ($1, $2, $3, $4, '{}')", [by, what, address, reason]);
}
