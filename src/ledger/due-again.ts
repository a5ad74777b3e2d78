import type { Ledger } from './model.ts';
import { type Link, type Topology, upstreamOf } from '../topology/model.ts';

/** Whether tables of a link that has its receipt may be copied again, for itself or for a link above: its target is then asked for rows. */
export function dueAgain(topology: Topology, ledger: Ledger, link: Link): boolean {
  // A link that its file no longer names may close a circle with the others: each is looked at once.
  const links = new Set([link]);
  for (const one of links) {
    if (isDue(topology, ledger, one)) return true;
    for (const above of upstreamOf(topology, one)) links.add(above);
  }
  return false;
}

function isDue(topology: Topology, ledger: Ledger, link: Link): boolean {
  const known = ledger.links[link.address];
  const receipt = known?.receipt ?? null;
  const own = receipt !== null && (receipt.generation ?? 1) < link.copyGeneration;
  // What it missed while `cascade` was off on its source is due, once that is on.
  const cascades = topology.databases.find((one) => one.name === link.from)?.cascade === true;
  const missed =
    receipt !== null &&
    ((cascades && known?.definition?.source.cascade === false) || known?.suspects.some((one) => one.code === 'CascadeWasOff') === true);
  return missed || own || (known?.recopy ?? null) !== null;
}
