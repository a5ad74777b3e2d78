import { nameDatabases, type NamedDatabases } from './bucardo-databases.ts';
import { goatsOf, linksOf } from './bucardo-sync.ts';
import type { Installation } from './installation.ts';
import type { ImportedTopology, ImportFinding, YamlValue } from './model.ts';
import { managedFindings, withoutManaged } from './managed.ts';
import { topologyName } from './names.ts';
import { settle } from './settle.ts';
import { idleSettings, ownedSettings } from '../topology/form/settings.ts';

/** What goatherd sets itself in every instance; some may be secrets, so their values are never written. */
const isOwned = (name: string): boolean => ownedSettings.has(name) || name === 'warning_file';

/**
 * The topology of some control databases, as one: each sync a link that adopts it. What cannot be a link stands in it as a comment, and what
 * has no key is said at its place; nothing is left out in silence. `known`: the settings that a topology may hold.
 * @throws GoatherdError `OwnControlDatabase` for one that goatherd made
 */
export function importBucardo(found: readonly Installation[], name: string | undefined, known: ReadonlySet<string>): ImportedTopology {
  const installations = found.map(withoutManaged);
  const readable = installations.map((of) => ({
    of,
    settings: Object.fromEntries(
      Object.entries(of.settings)
        .filter(([setting]) => known.has(setting) && !idleSettings.has(setting))
        .map(([setting, value]) => [setting, plainValue(value)]),
    ),
  }));
  const named = nameDatabases(installations);
  const links = readable.flatMap(({ of, settings }) => of.syncs.flatMap((sync) => linksOf(of, sync, named, settings)));
  const databases = installations.map((one) => one.database).join(', ');
  return settle({
    topology: name ?? topologyName(installations[0]?.database ?? ''),
    heading: [
      `Written by goatherd import --from-bucardo ${databases.replaceAll(',', '')}: read it, then see what \`goatherd reconcile --dry-run\` would do.`,
      'The first plan only adopts what stands; what goatherd does otherwise than Bucardo is in the plan after it.',
    ],
    databases: named.databases.map((one) =>
      passesOn(installations, named, one.name) ? one : { ...one, keys: { ...one.keys, cascade: false } },
    ),
    links,
    findings: [...found.flatMap(managedFindings), ...installations.flatMap((one) => installationFindings(one, known))],
  });
}

/**
 * Whether a database passes on what it receives: each sync that enters it writes down there (makedelta) the changes of every table that a
 * sync which leaves it carries. One that only sends or only receives says nothing against it.
 */
function passesOn(installations: readonly Installation[], named: NamedDatabases, name: string): boolean {
  const roles = installations.flatMap((of) =>
    of.syncs.flatMap((sync) =>
      of.members
        .filter((one) => one.group === sync.dbs && named.nameOf(of, one.db) === name)
        .map(({ db: alias, role }) => ({ of, alias, role, tables: goatsOf(of, sync).filter((goat) => goat.type === 'table') })),
    ),
  );
  const leaving = new Set(
    roles.filter((one) => one.role === 'source').flatMap((one) => one.tables.map((goat) => `${goat.schema}.${goat.name}`)),
  );
  return roles
    .filter((one) => one.role === 'target' && one.of.dbs.find((db) => db.name === one.alias)?.makedelta !== true)
    .every(({ tables, alias }) =>
      tables.every(
        (goat) => !leaving.has(`${goat.schema}.${goat.name}`) || goat.makedelta === 'on' || goat.makedelta.split(/\W+/).includes(alias),
      ),
    );
}

function installationFindings(installation: Installation, known: ReadonlySet<string>): ImportFinding[] {
  const where = `control database ${installation.database}`;
  const unknown = Object.entries(installation.settings).filter(([name]) => (!known.has(name) || idleSettings.has(name)) && !isOwned(name));
  const owned = Object.entries(installation.settings).filter(([name]) => isOwned(name));
  const used = new Set(installation.syncs.flatMap((sync) => installation.herds[sync.herd] ?? []));
  const idle = installation.goats.filter((goat) => !used.has(goat.id));
  const disputed = installation.syncs.filter(
    (sync) => installation.members.filter((one) => one.group === sync.dbs && one.role === 'source').length > 1,
  );
  const settles = (row: Installation['customCode'][number]): boolean =>
    disputed.some((sync) => row.sync === sync.name || goatsOf(installation, sync).some((goat) => goat.id === row.goat));
  const conflicts = installation.customCode.filter(
    (row) => (row.whenrun === 'conflict' && !settles(row)) || (row.sync === '' && row.goat === null),
  );
  return [
    ...(installation.syncs.length === 0 ? [{ code: 'NoSyncs', where, message: 'it has no sync' }] : []),
    ...(unknown.length === 0
      ? []
      : [{ code: 'Setting', where, message: `there are no keys for ${unknown.map(([name, value]) => `${name} = ${value}`).join(', ')}` }]),
    ...(owned.length === 0
      ? []
      : [
          {
            code: 'OwnedSetting',
            where,
            message: `goatherd sets these itself once it has adopted it: ${owned
              .map(([name]) => name)
              .toSorted()
              .join(', ')}`,
          },
        ]),
    ...(idle.length === 0
      ? []
      : [
          {
            code: 'NotReplicated',
            where,
            message: `in no sync: ${idle.map((goat) => `${goat.db}'s ${goat.schema}.${goat.name}`).join(', ')}`,
          },
        ]),
    ...(conflicts.length === 0
      ? []
      : [{ code: 'IdleCode', where, message: `code that never runs: ${conflicts.map((row) => row.name).join(', ')}` }]),
  ];
}

/** Bucardo keeps every setting as text, and takes words in any case. */
function plainValue(text: string): YamlValue {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text.toLowerCase();
}
