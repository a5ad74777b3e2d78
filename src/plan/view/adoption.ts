import type { LinkNames } from '../../topology/names.ts';
import { linkNames } from '../../topology/names.ts';
import type { ControlGoat } from '../../observe/control-model.ts';
import type { LinkView } from './link-view.ts';

/** The names that the sync of other hands has, all of them; null where it is not one source and one target. */
export function namesFound({ link, control, sync }: LinkView): LinkNames | null {
  if (control === null || sync === null || sync.herd === '' || sync.dbs === '') return null;
  const members = control.dbmap.filter((one) => one.group === sync.dbs);
  const from = members.find((one) => one.role === 'source')?.db;
  const to = members.find((one) => one.role === 'target')?.db;
  if (members.length !== 2 || from === undefined || to === undefined) return null;
  return { ...linkNames(link), dbgroup: sync.dbs, relgroup: sync.herd, aliases: { from, to } };
}

/** The tables and sequences that a sync carries: members of its relgroup. */
export function membersFound({ control, sync }: LinkView): readonly ControlGoat[] {
  const ids = new Set(control?.herds[sync?.herd ?? '']);
  return (control?.goats ?? []).filter((goat) => ids.has(goat.id));
}
