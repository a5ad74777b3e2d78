import type { Ledger, SeenTable } from '../ledger/model.ts';
import { LedgerWriter } from '../ledger/write.ts';
import type { Observation } from '../observe/model.ts';
import type { Plan } from '../plan/model.ts';
import { select } from '../plan/view/select.ts';
import type { Access } from '../postgres/access.ts';
import type { Topology } from '../topology/model.ts';

/**
 * Keeps where each database stands and which tables its links replicate, so that one that went back in time, or a table made anew, is seen
 * the next time (rule 15). A database whose loss is not noted yet keeps what was seen before.
 */
export async function noteSeen(access: Access, topology: Topology, plan: Plan, observation: Observation, known: Ledger): Promise<void> {
  const writer = new LedgerWriter(access);
  for (const { name } of topology.databases) {
    const database = observation.databases[name];
    const links = topology.links.filter((link) => link.from === name || link.to === name);
    if (database?.reachable !== true || database.place === undefined || links.length === 0) continue;
    if (plan.steps.some((step) => step.kind === 'suspect' && links.some((link) => link.address === step.address))) continue;
    const carried = new Set(
      links.flatMap((link) => {
        const source = observation.databases[link.from];
        return source?.reachable === true ? select(link, source).tables.map((table) => table.address) : [];
      }),
    );
    const tables = Object.fromEntries(
      database.tables
        .filter((table) => carried.has(table.address))
        .map((table): [string, SeenTable] => [
          table.address,
          { oid: table.oid, deltaOid: table.bucardo?.deltaOid ?? null, deltaFile: table.bucardo?.deltaFile ?? null },
        ]),
    );
    await writer.sights.saveSeen(topology.name, name, database.place, tables, known.seen?.[`${topology.name}/${name}`] ?? null);
  }
}
