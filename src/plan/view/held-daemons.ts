/** Daemons that are not stopped, for links that are not to be touched. */
import { DELTA_TRIGGER, deltaNamesTable, truncateName } from '../../bucardo/names.ts';
import type { Observation } from '../../observe/model.ts';
import type { LinkNames } from '../../topology/names.ts';
import type { Scene } from '../scene.ts';
import type { Planned } from '../steps/planned.ts';
import { copyEnded, receiptOf } from './copies/copy.ts';
import type { LinkView } from './link-view.ts';
import { replicatedBy } from './replicated.ts';

/**
 * Why a daemon is not stopped now, by instance: of links that may not act, the first copy of one runs in it (rule 3), or one lacks what
 * Bucardo would make itself when it is started anew, with no time limit on its locks (rule 10). Nothing waits for that beside this, as the
 * link's own steps are held; what is planned goes on once a look finds it ended.
 */
export function heldDaemons({ observation, forgotten }: Scene, held: readonly Planned[]): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  const instances = new Set([...held.map(({ view }) => view.link.instance), ...forgotten.map(({ names }) => names.instance)]);
  for (const instance of instances) {
    const daemon = observation.instances[instance]?.daemon ?? null;
    if (daemon === null || daemon.masterPid === null) continue;
    const own = held.filter(({ view }) => view.link.instance === instance);
    const copying = own.filter(({ view }) => copyRuns(view)).map(({ view }) => view.link.id);
    const lacking = [
      ...own.filter(lacksWhatBucardoMakes).map(({ view }) => view.link.id),
      ...forgotten.filter(({ names }) => names.instance === instance && lacksTriggers(names, observation)).map(({ id }) => id),
    ];
    if (copying.length > 0)
      reasons.set(instance, `waits for the copy of ${copying.toSorted().join(', ')}, which runs in daemon ${instance}`);
    else if (lacking.length > 0)
      reasons.set(
        instance,
        `waits for ${lacking.toSorted().join(', ')}: when daemon ${instance} starts, Bucardo makes what is missing on its tables, with no time limit on locks`,
      );
  }
  return reasons;
}

/** Whether triggers are missing on tables that Bucardo knows as those of a link that neither the file nor the ledger names. */
function lacksTriggers({ instance, sync }: LinkNames, observation: Observation): boolean {
  if (observation.instances[instance]?.control?.syncs.find((one) => one.name === sync)?.status !== 'active') return false;
  return Object.values(observation.databases).some((database) => {
    if (!database.reachable || database.bucardo === null) return false;
    const names = new Set(database.bucardo.deltaNames);
    return database.tables.some(({ schema, name, bucardo }) => {
      const triggers = bucardo?.triggers.map((one) => one.name) ?? [];
      const wanted = [DELTA_TRIGGER, truncateName(sync)];
      return names.has(`${sync}|${deltaNamesTable(schema, name)}`) && !wanted.every((trigger) => triggers.includes(trigger));
    });
  });
}

const MADE: ReadonlySet<string> = new Set(['delta table', 'track table', 'stage table']);

function lacksWhatBucardoMakes(one: Planned): boolean {
  const { sync, source, target } = one.view;
  // A database that does not answer keeps the sync from being activated.
  if (sync?.status !== 'active' || source === null || target === null) return false;
  const replicated = replicatedBy(one);
  return one.carried.tables.some(
    ({ table, triggers, helpers, otherTruncate }) =>
      replicated.has(table.address) &&
      (helpers.some((name) => MADE.has(name)) || triggers.includes('delta') || (triggers.includes('truncate') && !otherTruncate)),
  );
}

function copyRuns(view: LinkView): boolean {
  const { daemon, sync, runs, ledger, link } = view;
  const askedAt = ledger?.request?.askedAt ?? null;
  if (receiptOf(view) || askedAt === null || sync?.status !== 'active' || sync.onetimecopy === 0 || copyEnded(view)) return false;
  // It reads the flag when it starts: one that is older does not copy yet.
  if (daemon === null || daemon.masterPid === null || daemon.startedAt === null || daemon.startedAt < askedAt) return false;
  // One that failed and is not tried just now has nothing to lose, and may fail for ever.
  const failed = (runs?.lastBad?.startedAt ?? 0) >= askedAt && (runs?.running ?? null) === null;
  return daemon.activeSyncs.includes(link.sync) && !failed;
}
