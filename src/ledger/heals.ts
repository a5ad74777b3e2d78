import type { Queryable } from '../postgres/session.ts';
import type { Heal } from './model.ts';

/** What was put back, so that what is changed again and again is left alone (rule 15). It goes with its link. */
export const HEAL_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS goatherd.heal (
     address text NOT NULL REFERENCES goatherd.link ON UPDATE CASCADE ON DELETE CASCADE, definition text NOT NULL, fact text NOT NULL,
     at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  'CREATE INDEX IF NOT EXISTS heal_at ON goatherd.heal (at)',
];

/** What was put back within the last hour, by link address; nothing where the ledger is older than this. */
export async function readHeals(session: Queryable): Promise<Readonly<Record<string, readonly Heal[]>>> {
  const there = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.heal') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return {};
  const { rows } = await session.query<Heal & { address: string }>(
    `SELECT address, fact, definition, (extract(epoch FROM at) * 1000)::float8 AS at FROM goatherd.heal
     WHERE at > now() - interval '1 hour' ORDER BY address, at, fact`,
  );
  const heals: Record<string, Heal[]> = {};
  for (const { address, fact, definition, at } of rows) (heals[address] ??= []).push({ fact, definition, at });
  return heals;
}
