import type { Access } from '../postgres/access.ts';
import type { Queryable } from '../postgres/session.ts';
import type { Suspension } from './model.ts';

/** A person's stop of one link. It goes with the link, and may be written again. */
export const SUSPENSION_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS goatherd.suspension (
     address text PRIMARY KEY REFERENCES goatherd.link ON DELETE CASCADE, suspended_by text NOT NULL, reason text NOT NULL,
     suspended_at timestamptz NOT NULL DEFAULT now())`,
  // It goes with the link to another address, too.
  `DO $$ BEGIN
     IF EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = 'goatherd.suspension'::regclass AND contype = 'f' AND confupdtype <> 'c') THEN
       ALTER TABLE goatherd.suspension DROP CONSTRAINT suspension_address_fkey,
         ADD FOREIGN KEY (address) REFERENCES goatherd.link ON DELETE CASCADE ON UPDATE CASCADE;
     END IF;
   END $$`,
];

/** Suspensions by link address; none where the ledger is older than they are. */
export async function readSuspensions(session: Queryable): Promise<Readonly<Record<string, Suspension>>> {
  const there = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.suspension') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return {};
  const { rows } = await session.query<Suspension & { address: string }>(
    `SELECT address, suspended_by AS by, reason, (extract(epoch FROM suspended_at) * 1000)::float8 AS since FROM goatherd.suspension ORDER BY address`,
  );
  return Object.fromEntries(rows.map(({ address, by, reason, since }) => [address, { by, reason, since }]));
}

/** Who stopped it first, and when, stays; the reason is that of the last word. */
export async function suspend(access: Access, address: string, by: string, reason: string): Promise<void> {
  await access.hub(access.config.ledger).query(
    `INSERT INTO goatherd.suspension(address, suspended_by, reason) VALUES ($1, $2, $3)
       ON CONFLICT (address) DO UPDATE SET suspended_by = excluded.suspended_by, reason = excluded.reason`,
    [address, by, reason],
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
