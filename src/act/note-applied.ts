import type { Ledger } from '../ledger/model.ts';
import type { LedgerWriter } from '../ledger/write.ts';
import type { Observation } from '../observe/model.ts';
import { appliedLinks } from '../plan/applied.ts';
import type { Plan } from '../plan/model.ts';
import { definitionHash, definitionOf } from '../plan/view/definition.ts';
import { identitiesOf, learnedIdentities } from '../plan/view/remembered/identities.ts';
import type { Topology } from '../topology/model.ts';

/**
 * Keeps the definition of every link that stands as it is declared, so that what differs from it later is told from a change (rule 15), and
 * what has left the file can still be reached (rule 13); with it the identities of its databases that were learned. A link whose row says
 * something else than when it was looked at is another hand's now, and is left. `plan`: of the whole topology.
 */
export async function noteApplied(
  writer: LedgerWriter,
  topology: Topology,
  plan: Plan,
  observation: Observation,
  known: Ledger,
): Promise<void> {
  for (const link of appliedLinks(topology, plan)) {
    const row = known.links[link.address];
    if (row === undefined) continue;
    await writer.saveApplied(link.address, definitionOf(topology, link), definitionHash(topology, link), row.appliedDefinition);
    const learned = learnedIdentities(row.identities, identitiesOf(observation, link));
    if (learned !== null) await writer.saveIdentities(link.address, learned);
  }
}
