import { deltaTable, quoteIdent, targetName, trackTable } from '../bucardo/names.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import { type Queryable, withSession } from '../postgres/session.ts';
import type { Link, Topology } from '../topology/model.ts';
import { select } from '../plan/view/select.ts';
import type { DatabaseObservation, ObservedDatabase, Undelivered, UndeliveredOfLink } from './model.ts';
import type { ObservedTable } from './table-model.ts';

const TABLES_AT_ONCE = 200;
const OPTIONS = { applicationName: 'goatherd observe', statementTimeoutMs: 60_000, connectTimeoutMs: 5_000 } as const;

/**
 * How many changes and TRUNCATEs stand on the source that the target does not have yet, by link address and table: of each former link, and of tables that
 * match their link no longer. That is what their removal would lose. A link whose changes cannot be counted is left out.
 */
export async function observeUndelivered(
  access: Access,
  topology: Topology,
  databases: Readonly<Record<string, DatabaseObservation>>,
): Promise<Readonly<Record<string, UndeliveredOfLink>>> {
  const counts = await Promise.all(
    topology.links.map(async (link): Promise<[string, UndeliveredOfLink][]> => {
      const source = databases[link.from];
      const tables = source?.reachable === true ? tablesOnTheirWay(link, source) : null;
      if (tables === null || (tables.length === 0 && link.former !== true)) return [];
      try {
        return [[link.address, await undelivered(access, link, tables)]];
      } catch (error) {
        if (error instanceof GoatherdError) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(counts.flat());
}

/** Tables that stand registered for a link that leaves, or that leave a link. */
function tablesOnTheirWay(link: Link, source: ObservedDatabase): readonly ObservedTable[] {
  const { include, exclude } = link.tables;
  // What everything matches, nothing leaves: most links are so, and need no look at each of their tables.
  if (link.former !== true && include.includes('*.*') && exclude.length === 0) return [];
  const target = targetName(link.dbgroup);
  const registered = source.tables.filter(({ bucardo }) => bucardo?.targets.includes(target) === true);
  if (link.former === true || registered.length === 0) return registered;
  const staying = new Set(select(link, source).tables);
  return registered.filter((table) => !staying.has(table));
}

async function undelivered(access: Access, link: Link, tables: readonly ObservedTable[]): Promise<UndeliveredOfLink> {
  const countable = tables.flatMap(({ address, bucardo }) =>
    bucardo !== null && bucardo.deltaColumns !== null && bucardo.track ? [{ address, maker: bucardo.maker }] : [],
  );
  if (tables.length === 0) return {};
  return withSession(access.resolved(link.from), OPTIONS, `database ${link.from}`, async (client) => {
    await client.query("BEGIN READ ONLY; SET LOCAL lock_timeout = '500ms'");
    const changes = new Map<string, number>();
    for (let start = 0; start < countable.length; start += TABLES_AT_ONCE) {
      const part = countable.slice(start, start + TABLES_AT_ONCE);
      const texts = part.map(
        ({ maker }, index) =>
          `SELECT ${index} AS at, count(*) AS open FROM bucardo.${quoteIdent(deltaTable(maker))} d WHERE NOT EXISTS (SELECT 1 FROM bucardo.${quoteIdent(trackTable(maker))} t WHERE t.txntime = d.txntime AND t.target = $1)`,
      );
      const { rows } = await client.query<{ at: number; open: string }>(
        `SELECT at, open FROM (${texts.join(' UNION ALL ')}) AS counted WHERE open > 0`,
        [targetName(link.dbgroup)],
      );
      for (const { at, open } of rows) changes.set(part[at]?.address ?? '', Number(open));
    }
    const truncates = await openTruncates(client, link, tables);
    const addresses = [...new Set([...changes.keys(), ...truncates.keys()])].toSorted();
    return Object.fromEntries(
      addresses.map((address): [string, Undelivered] => [
        address,
        { changes: changes.get(address) ?? 0, truncates: truncates.get(address) ?? 0 },
      ]),
    );
  });
}

/** TRUNCATEs that Bucardo's trigger has recorded for the link's sync and no run has carried out yet. */
async function openTruncates(client: Queryable, link: Link, tables: readonly ObservedTable[]): Promise<ReadonlyMap<string, number>> {
  const there = await client.query<{ there: boolean }>("SELECT to_regclass('bucardo.bucardo_truncate_trigger') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return new Map();
  const { rows } = await client.query<{ oid: number; open: number }>(
    'SELECT tablename::int8::float8 AS oid, count(*)::int AS open FROM bucardo.bucardo_truncate_trigger WHERE sync = $1 AND replicated IS NULL GROUP BY 1',
    [link.sync],
  );
  const open = new Map(rows.map((row) => [row.oid, row.open]));
  return new Map(tables.flatMap(({ oid, address }): [string, number][] => (open.has(oid) ? [[address, open.get(oid) ?? 0]] : [])));
}
