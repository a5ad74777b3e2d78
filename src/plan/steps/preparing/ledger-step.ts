import type { Topology } from '../../../topology/model.ts';
import { type Draft, PHASE, draft } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/** The ledger's database, tables and rows of links: before anything else is made, so that nothing we make is unknown to it. */
export function ledgerStep(topology: Topology, missing: boolean, unknown: readonly string[]): Draft[] {
  if (!missing && unknown.length === 0) return [];
  return [
    draft({
      id: stepId.ledger,
      kind: 'ledger',
      symbol: '+',
      address: topology.name,
      what: missing ? 'ledger database and its rows' : `ledger rows of ${unknown.join(', ')}`,
      reason: missing ? 'the hub has no ledger yet' : 'the ledger does not know these links',
      on: ['hub'],
      work: { kind: 'ledger' },
      phase: PHASE.ledger,
      depth: 0,
      objects: Math.max(1, unknown.length),
      estimateSeconds: 1,
    }),
  ];
}
