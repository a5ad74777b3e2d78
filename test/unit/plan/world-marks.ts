/** What the COMMENT of a control database says of the links in it, and what a ledger that was lost learns from it (src/ledger/marks.ts). */
import { instanceMark, namesInMark } from '../../../src/ledger/marks.ts';
import type { LinkNames } from '../../../src/topology/names.ts';
import type { World } from './world.ts';

/** Writes it where there is such a database. `except`: the address of a link that is not in it any more. */
export function markControl(world: World, instance: string, except?: string): void {
  const control = world.instances[instance]?.control ?? null;
  if (control === null) return;
  const all = world.topology.links.filter((link) => link.instance === instance);
  const links = all.filter((link) => link.address !== except);
  const name = all[0]?.control ?? `bucardo_${instance}`;
  const mark = instanceMark(world.topology.name, instance, name, links);
  control.mark = mark;
  world.hub.databases[name] = mark;
}

export function marksSeen(world: World): Readonly<Record<string, LinkNames>> {
  return Object.fromEntries(Object.entries(world.hub.databases).flatMap(([name, comment]) => namesInMark(name, comment)));
}
