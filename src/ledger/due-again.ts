import type { Ledger } from './model.ts';
import { type Link, type Topology, upstreamOf } from '../topology/model.ts';

/** Whether tables of a link that has its receipt may be copied again, for itself or for a link above: its target is then asked for rows. */
export function dueAgain(topology: Topology, ledger: Ledger, link: Link): boolean {
  const known = ledger.links[link.address];
  const receipt = known?.receipt ?? null;
  const own = receipt !== null && (receipt.generation ?? 1) < link.copyGeneration;
  return own || (known?.recopy ?? null) !== null || upstreamOf(topology, link).some((one) => dueAgain(topology, ledger, one));
}
