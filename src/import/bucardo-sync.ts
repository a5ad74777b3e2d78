import type { InstalledGoat, InstalledSync, Installation } from './installation.ts';
import type { ImportedLink, ImportFinding, YamlMap } from './model.ts';
import type { NamedDatabases } from './bucardo-databases.ts';
import { patternFor } from './names.ts';
import { LONGEST_SYNC, severalTargets, splitName } from './several-targets.ts';

/** Bucardo's names for `copy_data`. */
const COPY = ['never', 'always', 'empty'] as const;

/** A sync as one link for each of its targets; held where it cannot be one, with the reason. */
export function linksOf(
  installation: Installation,
  sync: InstalledSync,
  named: NamedDatabases,
  settings: YamlMap,
): readonly ImportedLink[] {
  const where = `sync ${sync.name} of ${installation.database}`;
  const say = (code: string, message: string): ImportFinding => ({ code, where, message });
  const members = installation.members.filter((one) => one.group === sync.dbs);
  const sources = members.filter((one) => one.role === 'source');
  const others = members.filter((one) => one.role !== 'source');
  const goats = goatsOf(installation, sync);
  const refusals = [
    ...(sources.length === 1
      ? []
      : [
          say(
            'SeveralSources',
            `it has ${sources.length} sources (${namesOf(sources)}), which feed each other; a link has one, and goes one way: leave it to Bucardo`,
          ),
        ]),
    ...(others.length === 0 && sources.length < 2 ? [say('NoTarget', 'its dbgroup has no target')] : []),
    ...others
      .filter((one) => one.role !== 'target')
      .map((one) => say('Fullcopy', `${one.db} is copied in full at every run (role ${one.role}), which is no replication of changes`)),
    ...(goats.some((goat) => goat.type === 'table')
      ? []
      : [say('NoTables', `its relgroup ${sync.herd === '' ? '(none)' : sync.herd} has no table`)]),
    ...(sources.length > 1 ? [] : foreignGoats(goats, sources[0]?.db, say)),
    ...customNames(installation, sync, goats, say),
    ...customCode(installation, sync, goats, sources.length > 1, say),
    ...(sync.name.length > LONGEST_SYNC
      ? [say('LongName', `its name has ${sync.name.length} characters, and Bucardo's own check fails above ${LONGEST_SYNC}`)]
      : []),
  ];
  if (others.length > 1) refusals.unshift(severalTargets(installation, sync, refusals.length === 0, where));
  const remarks = [
    ...syncRemarks(sync, sources.length > 1, say),
    ...customColumns(installation, sync, goats, say),
    ...goatRemarks(goats, say),
  ];
  const { tables, sequences, widened } = selectionOf(goats);
  if (widened.length > 0) remarks.push(say('PatternWidened', `names that patterns cannot hold are written with ?: ${widened.join(', ')}`));
  const keys: YamlMap = {
    ...(sync.onetimecopy === 0 ? {} : { copy_data: COPY[sync.onetimecopy] ?? 'empty' }),
    disable_kicking: !sync.autokick,
    ...(sync.checktimeSeconds === null ? {} : { kick_interval: `${Math.max(1, Math.round(sync.checktimeSeconds))}s` }),
    ...(sync.status === 'inactive' ? { state: 'stopped' } : {}),
    tables: { include: tables },
    sequences: { include: sequences },
  };
  const bucardo: YamlMap = Object.keys(settings).length === 0 ? {} : { settings };
  // Sources that feed each other are shown as the first of the directions.
  const ends = others.length > 0 ? others : sources.length > 1 ? sources.slice(1) : [{ db: '?' }];
  return ends.map((target, index): ImportedLink => ({
    where,
    from: named.nameOf(installation, sources[0]?.db ?? '?'),
    to: named.nameOf(installation, target.db),
    keys: {
      ...keys,
      bucardo: { adopt: { database: installation.database, sync: splitName(installation, sync, others, target.db) }, ...bucardo },
    },
    // What is said of the sync stands at its first link; the others name it.
    findings: index === 0 ? [...refusals, ...remarks] : [say('SeveralTargets', `${target.db} is another of its targets`)],
    held: refusals.length > 0,
  }));
}

type Say = (code: string, message: string) => ImportFinding;

/** Members of the sync's relgroup. */
export function goatsOf(installation: Installation, sync: InstalledSync): readonly InstalledGoat[] {
  const ids = new Set(installation.herds[sync.herd]);
  return installation.goats.filter((goat) => ids.has(goat.id));
}

function selectionOf(goats: readonly InstalledGoat[]): {
  readonly tables: readonly string[];
  readonly sequences: readonly string[];
  readonly widened: readonly string[];
} {
  const patterns = (type: string): { readonly pattern: string; readonly widened: boolean }[] =>
    goats.filter((goat) => (goat.type === 'table') === (type === 'table')).map((goat) => patternFor(goat.schema, goat.name));
  const [tables, sequences] = [patterns('table'), patterns('sequence')];
  const texts = (list: typeof tables): string[] => [...new Set(list.map(({ pattern }) => pattern))].toSorted();
  return { tables: texts(tables), sequences: texts(sequences), widened: texts([...tables, ...sequences].filter((one) => one.widened)) };
}

function foreignGoats(goats: readonly InstalledGoat[], source: string | undefined, say: Say): ImportFinding[] {
  const other = goats.filter((goat) => goat.db !== source);
  return source === undefined || other.length === 0
    ? []
    : [
        say(
          'OtherDatabase',
          `its relgroup names tables of ${[...new Set(other.map((goat) => goat.db))].join(', ')}, and its source is ${source}`,
        ),
      ];
}

function customNames(installation: Installation, sync: InstalledSync, goats: readonly InstalledGoat[], say: Say): ImportFinding[] {
  const rows = installation.customNames.filter(
    (row) => (row.sync === '' || row.sync === sync.name) && goats.some((goat) => goat.id === row.goat),
  );
  return rows.length === 0
    ? []
    : [
        say(
          'CustomName',
          `tables have other names on the target: ${rows.map((row) => `${addressOf(goats, row.goat)} is ${row.text}`).join(', ')}`,
        ),
      ];
}

function customColumns(installation: Installation, sync: InstalledSync, goats: readonly InstalledGoat[], say: Say): ImportFinding[] {
  const rows = installation.customColumns.filter(
    (row) => (row.sync === '' || row.sync === sync.name) && goats.some((goat) => goat.id === row.goat),
  );
  return rows.map((row) =>
    say(
      'CustomColumns',
      `${addressOf(goats, row.goat)} is replicated as "${row.text}"; it can be adopted if that leaves out its generated columns and no other`,
    ),
  );
}

/** Code for conflicts never runs where there is one source: `conflicts` says that there are more. */
function customCode(
  installation: Installation,
  sync: InstalledSync,
  goats: readonly InstalledGoat[],
  conflicts: boolean,
  say: Say,
): ImportFinding[] {
  const rows = installation.customCode.filter(
    (row) => (conflicts || row.whenrun !== 'conflict') && (row.sync === sync.name || goats.some((goat) => goat.id === row.goat)),
  );
  return rows.length === 0
    ? []
    : [
        say(
          'CustomCode',
          `code of its own runs with it, which a topology cannot say: ${[...new Set(rows.map((row) => `${row.name} (${row.whenrun})`))].join(', ')}`,
        ),
      ];
}

function syncRemarks(sync: InstalledSync, conflicts: boolean, say: Say): ImportFinding[] {
  const settings = Object.entries(sync.settings).filter(([name]) => name !== 'conflict_strategy');
  const seconds = sync.checktimeSeconds;
  return [
    ...(sync.onetimecopy === 0
      ? []
      : [say('CopyPending', `Bucardo is asked for a copy (onetimecopy ${sync.onetimecopy}): it can be adopted when that is over`)]),
    ...(sync.status === 'active' || sync.status === 'inactive' ? [] : [say('SyncStatus', `its status is ${sync.status}`)]),
    ...(sync.autokick || seconds !== null
      ? []
      : [say('NoKicks', 'it has neither kick triggers nor a checktime: it runs when somebody kicks it, and goatherd polls every second')]),
    ...(seconds !== null && !Number.isInteger(seconds)
      ? [say('Checktime', `its checktime is ${seconds} s, and kick_interval takes whole seconds`)]
      : []),
    ...(settings.length === 0
      ? []
      : [
          say(
            'SyncSetting',
            `there are no keys for ${settings.map(([name, value]) => `${name} = ${value}`).join(', ')}; its row keeps them`,
          ),
        ]),
    ...(conflicts || 'conflict_strategy' in sync.settings
      ? [
          say(
            'ConflictStrategy',
            conflicts
              ? `conflict_strategy is ${sync.settings['conflict_strategy'] ?? 'bucardo_latest'}, which decides between its sources: there is no key for it`
              : `conflict_strategy is ${sync.settings['conflict_strategy'] ?? ''}: a link has one source, so there are no conflicts`,
          ),
        ]
      : []),
  ];
}

function goatRemarks(goats: readonly InstalledGoat[], say: Say): ImportFinding[] {
  const all = goats.flatMap((goat) => Object.entries(goat.settings).map(([name, value]) => ({ goat, setting: `${name} = ${value}` })));
  return [...Map.groupBy(all, ({ setting }) => setting)].map(([setting, rows]) =>
    say(
      'TableSetting',
      `there is no key for ${setting}, which stands for ${rows.map(({ goat }) => `${goat.schema}.${goat.name}`).join(', ')}; their rows keep it`,
    ),
  );
}

function addressOf(goats: readonly InstalledGoat[], id: number): string {
  const goat = goats.find((one) => one.id === id);
  return goat === undefined ? String(id) : `${goat.schema}.${goat.name}`;
}

function namesOf(members: readonly { readonly db: string }[]): string {
  return members.map((one) => one.db).join(', ');
}
