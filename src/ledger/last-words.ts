import type { Queryable } from '../postgres/session.ts';
import type { LastWord } from './model.ts';

/** What people said of links lately: of each the last word that acted on it, where it had a reason, and was said within a day. By address. */
export async function readLastWords(session: Queryable): Promise<Readonly<Record<string, LastWord>>> {
  const there = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.word') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return {};
  const { rows } = await session.query<LastWord & { address: string; recent: boolean }>(
    `SELECT DISTINCT ON (address) address, what, who AS by, reason, (extract(epoch FROM at) * 1000)::float8 AS at, at > now() - interval '1 day' AS recent
     FROM goatherd.word WHERE what IN ('start', 'stop', 'restart', 'reload', 'kick', 'suspend', 'resume') ORDER BY address, goatherd.word.at DESC`,
  );
  return Object.fromEntries(
    rows
      .filter(({ recent, reason }) => recent && reason !== '')
      .map(({ address, what, by, reason, at }) => [address, { what, by, reason, at }]),
  );
}
