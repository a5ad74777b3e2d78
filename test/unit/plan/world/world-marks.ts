/** What the COMMENT of a control database says of the links in it, and what a ledger that was lost learns from it (src/ledger/marks.ts). */
import { byAddress, instanceMark, markedLinks, namesInMark } from '../../../../src/ledger/marks.ts';
import { forgottenLinks } from '../../../../src/plan/view/remembered/forgotten.ts';
import type { LinkNames } from '../../../../src/topology/names.ts';
import type { World } from './world.ts';

/** Writes it where there is such a database. `except`: the address of a link that is not in it any more. */
export function markControl(world: World, instance: string, except?: string): void {
  const control = world.instances[instance]?.control ?? null;
  if (control === null) return;
  const all = world.topology.links.filter((link) => !world.memory.has(`left ${link.address} ${instance}`));
  const forgotten = forgottenLinks(world.topology, { ...world.ledger, marked: marksSeen(world) }, world.instances)
    .filter((link) => link.names.instance === instance && link.address !== except)
    .map((link) => ({ id: link.id, ...link.names }));
  const standing = markedLinks(
    world.topology.name,
    instance,
    all.filter((link) => link.address !== except),
  );
  const links = [...standing, ...forgotten];
  const name = markedLinks(world.topology.name, instance, all)[0]?.control ?? `bucardo_${instance}`;
  const mark = instanceMark(world.topology.name, instance, name, links);
  control.mark = mark;
  world.hub.databases[name] = mark;
}

export function marksSeen(world: World): Readonly<Record<string, readonly LinkNames[]>> {
  return byAddress(Object.entries(world.hub.databases).flatMap(([name, comment]) => namesInMark(name, comment)));
}
