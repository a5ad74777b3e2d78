/** Who hears of what, and when: a function of what was said before, of the conditions and of the time. */
import type { Condition } from '../plan/status/condition-model.ts';
import { type Incident, incidentsOf, keyOf, type Severity } from './incident.ts';

/** When one receiver wants to hear. Milliseconds. */
export interface NotifyPolicy {
  /** The least that is worth saying. */
  readonly severity: Severity;
  /** For so long something must be as it is before it is said: what mends itself is no news. */
  readonly holdMs: number;
  /** What stays is said again after so long. */
  readonly repeatMs: number;
}

/** What is remembered of one incident. */
export interface Told {
  readonly incident: Incident;
  /** Since when it is so, as far as was seen; epoch milliseconds. */
  readonly since: number;
  /** When it was last said, and how grave it was called; null while it was not. */
  readonly said: { readonly at: number; readonly severity: Severity } | null;
  /** Since when all is well again; null while it is not. */
  readonly wellSince: number | null;
}

/** By the incident's key. `seen`: conditions that were looked at before, so that one which turns is known from one that is new. */
export interface Memory {
  readonly told: Readonly<Record<string, Told>>;
  readonly seen: readonly string[];
}

export const nothingTold: Memory = { told: {}, seen: [] };

export interface Notification {
  readonly kind: 'raised' | 'repeated' | 'resolved';
  readonly incident: Incident;
  readonly since: number;
}

export interface Decision {
  readonly send: readonly Notification[];
  /** What is to be remembered when it could be sent. */
  readonly memory: Memory;
  /** What is to be remembered when it could not: the same is decided again. */
  readonly unsent: Memory;
}

/** What one receiver is to be told now. */
export function decide(memory: Memory, conditions: readonly Condition[], now: number, policy: NotifyPolicy): Decision {
  const incidents = new Map(incidentsOf(conditions).map((incident) => [incident.key, incident]));
  const standing = new Set(conditions.map(keyOf));
  // What cannot be seen is as it was, neither worse nor well again, and no word is said of it: so it is just after a start, too.
  const unseen = new Set(conditions.filter((one) => one.status === 'Unknown' && !incidents.has(keyOf(one))).map(keyOf));
  // What no longer exists, as a topology that was removed, is forgotten without a word.
  const known = Object.entries(memory.told).filter(([key]) => standing.has(key));
  const fresh = [...incidents.values()].filter(({ key }) => memory.told[key] === undefined);
  const updated = [
    ...known.map(([key, told]): [string, Told] => [key, unseen.has(key) ? told : observed(told, incidents.get(key), now)]),
    ...fresh.map((incident): [string, Told] => [incident.key, begun(incident, memory.seen.includes(incident.key), now)]),
  ];
  const send = updated.flatMap(([key, told]) => (unseen.has(key) ? [] : dueOf(told, now, policy)));
  const due = new Set(send.map(({ incident }) => incident.key));
  const seen = [...standing].toSorted();
  const unsent = Object.fromEntries(updated.filter(([, told]) => told.said !== null || told.wellSince === null));
  const after = Object.entries(unsent).flatMap(([key, told]): [string, Told][] => {
    if (!due.has(key)) return [[key, told]];
    return told.wellSince === null ? [[key, { ...told, said: { at: now, severity: told.incident.severity } }]] : [];
  });
  return { send, memory: { told: Object.fromEntries(after), seen }, unsent: { told: unsent, seen } };
}

/** What is to be remembered when of all that was decided only this could be brought. */
export function remembered({ memory, unsent }: Decision, before: Memory, keys: readonly string[]): Memory {
  const told = new Map(Object.entries(before.told));
  for (const key of keys) {
    const after = memory.told[key];
    if (after === undefined) told.delete(key);
    else told.set(key, after);
  }
  return { told: Object.fromEntries(told), seen: unsent.seen };
}

/**
 * What is remembered, of what was renamed under its new address: that it is called otherwise is no news. `renames`: former addresses first.
 * What is remembered under a new address already holds.
 */
export function atNewAddresses({ told, seen }: Memory, renames: ReadonlyMap<string, string>): Memory {
  if (renames.size === 0) return { told, seen };
  const now = (key: string): string => {
    const [address = '', ...type] = key.split(' ');
    return [renames.get(address) ?? address, ...type].join(' ');
  };
  const moved = Object.entries(told).flatMap(([key, one]): [string, Told][] => {
    const condition = { ...one.incident.condition, address: renames.get(one.incident.condition.address) ?? one.incident.condition.address };
    return now(key) === key ? [] : [[now(key), { ...one, incident: { ...one.incident, key: now(key), condition } }]];
  });
  const staying = Object.entries(told).filter(([key]) => now(key) === key);
  return { told: Object.fromEntries([...moved, ...staying]), seen: [...new Set(seen.map(now))].toSorted() };
}

/** One that turned bad under our eyes is bad from now on; one that was found so, as long as its condition says. */
function begun(incident: Incident, seenWell: boolean, now: number): Told {
  return { incident, since: seenWell ? now : Math.min(now, incident.condition.since), said: null, wellSince: null };
}

function observed(told: Told, incident: Incident | undefined, now: number): Told {
  if (incident === undefined) return { ...told, wellSince: told.wellSince ?? now };
  return { ...told, incident, wellSince: null };
}

function dueOf({ incident, since, said, wellSince }: Told, now: number, policy: NotifyPolicy): Notification[] {
  if (wellSince !== null) {
    // Nobody who was not told that it began is told that it ended.
    return said !== null && now - wellSince >= policy.holdMs ? [{ kind: 'resolved', incident, since }] : [];
  }
  if (incident.severity === 'warning' && policy.severity === 'error') return [];
  if (said === null) return now - since >= policy.holdMs ? [{ kind: 'raised', incident, since }] : [];
  if (said.severity === 'warning' && incident.severity === 'error') return [{ kind: 'raised', incident, since }];
  return now - said.at >= policy.repeatMs ? [{ kind: 'repeated', incident, since }] : [];
}
