import type { InstalledSync, Installation } from './installation.ts';
import type { ImportFinding } from './model.ts';

/** Above this, Bucardo's second check of a sync fails on its own trigger (FACTS 2.2). */
export const LONGEST_SYNC = 42;

type Member = Installation['members'][number];

/** The sync that a target gets when a sync of several is parted: the first keeps the sync, each other gets one of its own. */
export function splitName(installation: Installation, sync: InstalledSync, others: readonly Member[], target: string): string {
  if (others.length < 2 || target === others[0]?.db) return sync.name;
  const taken = new Set([...installation.syncs.map((one) => one.name), ...installation.members.map((one) => one.group)]);
  const suffix = `_${target.replaceAll(/\W+/g, '_')}`;
  for (let number = 1; ; number += 1) {
    const end = number === 1 ? suffix : `${suffix}${number}`;
    const name = sync.name.slice(0, LONGEST_SYNC - end.length) + end;
    if (!taken.has(name)) return name;
  }
}

/**
 * What is said of a sync with several targets, with the commands of Bucardo that part it while applications write (decision 10): the new
 * syncs keep every change from the moment they are added, before the old one lets go of their targets. `alone`: nothing else keeps the
 * sync from becoming links; otherwise parting it would not help.
 */
export function severalTargets(installation: Installation, sync: InstalledSync, alone: boolean, where: string): ImportFinding {
  const members = installation.members.filter((one) => one.group === sync.dbs);
  const targets = members.filter((one) => one.role === 'target');
  const source = members.find((one) => one.role === 'source')?.db ?? '';
  const sharers = installation.syncs.filter((one) => one.dbs === sync.dbs && one.name !== sync.name).map((one) => one.name);
  const message = `it has ${members.filter((one) => one.role !== 'source').length} targets, and a link is one sync with one target`;
  if (!alone) return { code: 'SeveralTargets', where, message: `${message}; what else is said of it stands in the way, too` };
  if (sharers.length > 0)
    return {
      code: 'SeveralTargets',
      where,
      message: `${message}; its dbgroup ${sync.dbs} is also that of ${sharers.join(', ')}: give it one of its own in Bucardo and import again, which then says how it is parted`,
    };
  const bucardo = installation.database === 'bucardo' ? 'bucardo' : `bucardo --dbname=${quoted(installation.database)}`;
  const settings = Object.entries(sync.settings).filter(([name]) => name !== 'conflict_strategy');
  const like = [
    `relgroup=${sync.herd}`,
    'onetimecopy=0',
    `autokick=${sync.autokick ? 1 : 0}`,
    ...(sync.checktimeSeconds === null ? [] : [`checktime=${sync.checktimeSeconds}s`]),
    ...(sync.status === 'inactive' ? ['status=inactive'] : []),
    ...settings.map(([name, value]) => `${name}=${value === 'true' ? '1' : value === 'false' ? '0' : value}`),
  ].map(quoted);
  return {
    code: 'SeveralTargets',
    where,
    message: `${message}. Its rows need no copy: part it with the commands below, while it runs, in this order, and import again; the links below are what it becomes`,
    commands: [
      // Left to itself, Bucardo takes any dbgroup of the same members, and what was delivered is kept by its name.
      ...targets.slice(1).flatMap(({ db }) => {
        const name = splitName(installation, sync, targets, db);
        return [
          `${bucardo} add dbgroup ${name} ${quoted(`${source}:source`)} ${quoted(`${db}:target`)}`,
          `${bucardo} add sync ${name} dbs=${name} ${like.join(' ')}`,
        ];
      }),
      `${bucardo} update dbgroup ${quoted(sync.dbs)} ${quoted(`${source}:source`)} ${quoted(`${targets[0]?.db ?? ''}:target`)}`,
      `${bucardo} restart`,
    ],
  };
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w.,:=/-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
