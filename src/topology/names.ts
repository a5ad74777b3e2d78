import { controlDatabase } from '../bucardo/names.ts';
import type { Link } from './model.ts';

/** Everything that a link is called in Bucardo, and in which control database. */
export type LinkNames = Pick<Link, 'instanceName' | 'instance' | 'control' | 'sync' | 'dbgroup' | 'relgroup' | 'aliases'>;

/** The names that a link gets when it is new (rule 22): `orders_a_b` for all, and an instance of that name unless it shares one. */
export function freshNames(topology: string, from: string, to: string, instanceName: string | null): LinkNames {
  const sync = `${topology}_${from}_${to}`;
  const instance = instanceName === null ? sync : sharedInstance(topology, instanceName);
  return { instanceName, instance, control: controlDatabase(instance), sync, dbgroup: sync, relgroup: sync, aliases: { from, to } };
}

/**
 * The names of a link that adopts a sync, as far as its file says them: dbgroup, relgroup and aliases are found in the control database.
 * Its instance is called as the control database, which is unique over the hub.
 */
export function adoptedNames(from: string, to: string, { database, sync }: NonNullable<Link['adopt']>): LinkNames {
  return { instanceName: null, instance: database, control: database, sync, dbgroup: sync, relgroup: sync, aliases: { from, to } };
}

/** The instance that links share under this name. */
export function sharedInstance(topology: string, instanceName: string): string {
  return `${topology}_${instanceName}`;
}

/** The names of a link, and nothing else of it; keys are in one order, wherever the names come from: jsonb of the ledger has another. */
export function linkNames({ instanceName, instance, control, sync, dbgroup, relgroup, aliases: { from, to } }: LinkNames): LinkNames {
  return { instanceName, instance, control, sync, dbgroup, relgroup, aliases: { from, to } };
}

export function sameNames(one: LinkNames, other: LinkNames): boolean {
  const text = ({ instanceName, instance, control, sync, dbgroup, relgroup, aliases }: LinkNames): string =>
    JSON.stringify([instanceName, instance, control, sync, dbgroup, relgroup, aliases.from, aliases.to]);
  return text(one) === text(other);
}
