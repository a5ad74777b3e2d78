import { deltaTable, quoteIdent, targetName, trackTable } from '../bucardo/names.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import { withSession } from '../postgres/session.ts';
import type { Link, Topology } from '../topology/model.ts';
import type { DatabaseObservation } from './model.ts';

const TABLES_AT_ONCE = 200;
const OPTIONS = { applicationName: 'goatherd observe', statementTimeoutMs: 60_000, connectTimeoutMs: 5_000 } as const;

/**
 * How many changes stand on the source of each former link that its target does not have yet, by address: what a removal that does not
 * wait would lose. A link whose source does not answer is left out.
 */
export async function observeUndelivered(
  access: Access,
  topology: Topology,
  databases: Readonly<Record<string, DatabaseObservation>>,
): Promise<Readonly<Record<string, number>>> {
  const counts = await Promise.all(
    topology.links
      .filter((link) => link.former === true)
      .map(async (link): Promise<[string, number][]> => {
        try {
          const count = await undelivered(access, link, databases[link.from]);
          return count === null ? [] : [[link.address, count]];
        } catch (error) {
          if (error instanceof GoatherdError) return [];
          throw error;
        }
      }),
  );
  return Object.fromEntries(counts.flat());
}

async function undelivered(access: Access, link: Link, source: DatabaseObservation | undefined): Promise<number | null> {
  if (source?.reachable !== true) return null;
  const target = targetName(link.dbgroup);
  const makers = source.tables.flatMap((table) =>
    table.bucardo?.deltaColumns !== null && table.bucardo?.track === true && table.bucardo.targets.includes(target)
      ? [table.bucardo.maker]
      : [],
  );
  if (makers.length === 0) return 0;
  return withSession(access.resolved(link.from), OPTIONS, `database ${link.from}`, async (client) => {
    await client.query("BEGIN READ ONLY; SET LOCAL lock_timeout = '500ms'");
    let count = 0;
    for (let start = 0; start < makers.length; start += TABLES_AT_ONCE) {
      const texts = makers
        .slice(start, start + TABLES_AT_ONCE)
        .map(
          (maker) =>
            `SELECT count(*) AS open FROM bucardo.${quoteIdent(deltaTable(maker))} d WHERE NOT EXISTS (SELECT 1 FROM bucardo.${quoteIdent(trackTable(maker))} t WHERE t.txntime = d.txntime AND t.target = $1)`,
        );
      const { rows } = await client.query<{ open: string }>(`SELECT sum(open) AS open FROM (${texts.join(' UNION ALL ')}) AS counted`, [
        target,
      ]);
      count += Number(rows[0]?.open ?? 0);
    }
    return count;
  });
}
