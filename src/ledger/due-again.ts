import type { Ledger } from './model.ts';
import { type Link, type Topology, upstreamOf } from '../topology/model.ts';

/** Whether tables of a link that has its receipt may be copied again, for itself or for a link above: its target is then asked for rows. */
export function dueAgain(topology: Topology, ledger: Ledger, link: Link): boolean {
  // A link that its file no longer names may close a circle with the others: each is looked at once.
  const links = new Set([link]);
  for (const one of links) {
    if (isDue(ledger, one)) return true;
    for (const above of upstreamOf(topology, one)) links.add(above);
  }
  return false;
}

function isDue(ledger: Ledger, link: Link): boolean {
  const known = ledger.links[link.address];
  const receipt = known?.receipt ?? null;
  return (known?.recopy ?? null) !== null || (receipt !== null && (receipt.generation ?? 1) < link.copyGeneration);
}
