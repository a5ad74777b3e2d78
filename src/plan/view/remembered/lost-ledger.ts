import type { Ledger, LedgerLink } from '../../../ledger/model.ts';
import type { Observation } from '../../../observe/model.ts';
import type { Link, Topology } from '../../../topology/model.ts';
import { linkNames } from '../../../topology/names.ts';

/**
 * The ledger with the links that it does not know and that have run: it was lost, so their receipt is `unknown`, which is said and never
 * repeated (rule 12). A plan made without them would stop their daemons and ask for their copies again.
 */
export function withLostLinks(topology: Topology, observation: Observation, ledger: Ledger): Ledger {
  const lost = topology.links.flatMap((link): [string, LedgerLink][] => {
    const known = ledger.links[link.address];
    return known === undefined && link.adopt === undefined && hasRun(observation, link) ? [[link.address, lostLink(link)]] : [];
  });
  return lost.length === 0 ? ledger : { ...ledger, links: { ...ledger.links, ...Object.fromEntries(lost) } };
}

/**
 * Whether a control database shows that the link's copy is over: a run of it has ended well, and the first one is the copy. One that is asked
 * for now was asked for by other hands, and is not made.
 */
function hasRun(observation: Observation, link: Link): boolean {
  // One that was about to move may have run only where it comes from.
  return [link, ...(link.leaves ?? [])].some(({ instance }) => {
    const control = observation.instances[instance]?.control;
    const stands = control?.syncs.some((one) => one.name === link.sync) ?? false;
    return stands && (control?.runs[link.sync]?.lastGood ?? null) !== null;
  });
}

function lostLink(link: Link): LedgerLink {
  return {
    address: link.address,
    names: linkNames(link),
    leaves: link.leaves ?? [],
    identities: { from: null, to: null },
    definition: null,
    appliedDefinition: null,
    request: null,
    receipt: { mode: 'unknown', generation: link.copyGeneration, copied: [], skipped: [], rows: 0, endedAt: 0 },
    copying: [],
    recopy: null,
    suspects: [],
    accepted: [],
    provedAt: null,
  };
}
