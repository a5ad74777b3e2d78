import type { Queryable } from '../postgres/session.ts';
import type { SeenDatabase, SeenPlace, SeenTable } from './model.ts';

/** Where each database stood and which tables it had when it was last seen as it should be (rule 15). */
export const SEEN_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS goatherd.seen (
     topology text NOT NULL, database text NOT NULL, place jsonb NOT NULL, tables text NOT NULL, PRIMARY KEY (topology, database))`,
];

/** By `topology/database`; nothing where the ledger is older than this. */
export async function readSeen(session: Queryable): Promise<Readonly<Record<string, SeenDatabase>>> {
  const there = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.seen') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return {};
  const { rows } = await session.query<{ name: string; place: SeenPlace; tables: string }>(
    "SELECT topology || '/' || database AS name, place, tables FROM goatherd.seen ORDER BY 1",
  );
  return Object.fromEntries(rows.map(({ name, place, tables }) => [name, { place, tables: parseTables(tables) }]));
}

/** One line a table: its oid, those of its delta table and of that one's file or `-`, and its address. Ten thousand are read with every look. */
export function tablesText(tables: Readonly<Record<string, SeenTable>>): string {
  return Object.entries(tables)
    .map(([address, { oid, deltaOid, deltaFile }]) => `${oid} ${deltaOid ?? '-'} ${deltaFile ?? '-'} ${address}`)
    .join('\n');
}

function parseTables(text: string): Readonly<Record<string, SeenTable>> {
  const number = (word: string | undefined): number | null => (word === undefined || word === '-' ? null : Number(word));
  return Object.fromEntries(
    text.split('\n').flatMap((line): [string, SeenTable][] => {
      const [oid, deltaOid, deltaFile, ...address] = line.split(' ');
      return address.length === 0
        ? []
        : [[address.join(' '), { oid: Number(oid), deltaOid: number(deltaOid), deltaFile: number(deltaFile) }]];
    }),
  );
}
