/** Steps that take a link to another instance (src/act/steps/leaving/drop-control.ts). */
import type { Work } from '../../../../src/plan/work-model.ts';
import { linkNames } from '../../../../src/topology/names.ts';
import { markControl } from './world-marks.ts';
import { instanceOf, statement, violate, type World } from './world.ts';
import { linkAt, type Outcome } from './world-steps.ts';

export function moveStep(world: World, address: string): Outcome {
  const link = linkAt(world, address);
  const row = world.ledger.links[address];
  if (row === undefined) return 'failed';
  statement(world);
  Object.assign(row, structuredClone({ names: linkNames(link), leaves: link.leaves ?? [] }));
  return 'done';
}

export function leaveInstanceStep(world: World, work: Extract<Work, { kind: 'leave_instance' }>): Outcome {
  const link = linkAt(world, work.link);
  const left = link.leaves?.find((one) => one.instance === work.instance);
  const instance = instanceOf(world, work.instance);
  statement(world);
  if (work.whole) {
    if (instance.daemon !== null) violate(world, `the control database of ${work.instance} went while its daemon ran`);
    if (instance.control?.syncs.some((sync) => sync.name !== link.sync))
      violate(world, `the control database of ${work.instance} went with others in it`);
    instance.control = null;
    delete world.hub.databases[left?.control ?? ''];
  } else if (instance.control !== null && left !== undefined) {
    const { control } = instance;
    if (instance.daemon?.syncs.some((sync) => sync.name === link.sync))
      violate(world, `${link.sync} went from ${work.instance} while it ran there`);
    control.syncs = control.syncs.filter((sync) => sync.name !== link.sync);
    delete control.herds[link.relgroup];
    control.dbmap = control.dbmap.filter((one) => one.group !== link.dbgroup);
    const used = new Set(Object.values(control.herds).flat());
    control.goats = control.goats.filter((goat) => goat.db !== left.aliases.from || used.has(goat.id));
    const members = new Set(control.dbmap.map((one) => one.db));
    control.dbs = control.dbs.filter((db) => members.has(db.name) || ![left.aliases.from, left.aliases.to].includes(db.name));
  }
  statement(world);
  world.memory.set(`left ${work.link} ${work.instance}`, 1);
  const row = world.ledger.links[work.link];
  if (row !== undefined) row.leaves = row.leaves.filter((one) => one.instance !== work.instance);
  statement(world);
  for (const name of work.whole ? [link.instance] : [link.instance, work.instance]) markControl(world, name);
  return 'done';
}
