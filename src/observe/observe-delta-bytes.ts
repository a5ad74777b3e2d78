import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import type { Topology } from '../topology/model.ts';

const SIZE = `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 AS bytes
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'bucardo' AND c.relkind = 'r'`;

const READ_ONLY = ['SET TRANSACTION READ ONLY', "SET LOCAL lock_timeout = '500ms'", "SET LOCAL statement_timeout = '60s'"];

/**
 * What Bucardo's tables take on each source, with their indexes: changes, which of them were delivered, and what a purge has not given back
 * yet. A source that could not be measured is left out.
 */
export async function observeDeltaBytes(access: Access, topology: Topology): Promise<Readonly<Record<string, number>>> {
  const sources = [...new Set(topology.links.map((link) => link.from))];
  const sizes = await Promise.all(
    sources.map(async (name): Promise<readonly [string, number][]> => {
      try {
        const { rows } = await access.database(name).transaction(READ_ONLY, (client) => client.query<{ bytes: number }>(SIZE));
        return rows.map(({ bytes }) => [name, bytes]);
      } catch (error) {
        if (error instanceof GoatherdError) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(sizes.flat());
}
