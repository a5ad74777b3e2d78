import { downstreamOf, type Link, type Topology } from '../topology/model.ts';
import type { Plan } from './model.ts';

/**
 * Links that stand as they are declared once a plan has nothing left that may be done: their definition is kept as applied, and what
 * differs from it later is drift. `plan`: of the whole topology, whatever part of it was done.
 */
export function appliedLinks(topology: Topology, plan: Pick<Plan, 'links'>): readonly Link[] {
  const standing = new Set(plan.links.filter(({ state }) => state !== 'blocked' && state !== 'pending').map(({ address }) => address));
  // Above one that is to be detached and may not be yet, what is written down for it is neither as declared nor drift.
  const awaitsDetaching = (link: Link): boolean =>
    downstreamOf(topology, link).some((below) => below.state === 'detached' && !standing.has(below.address));
  return topology.links.filter((link) => standing.has(link.address) && !awaitsDetaching(link));
}
