import type { ImportedDatabase, ImportedLink, ImportedTopology, ImportFinding, YamlMap } from './model.ts';
import { patternFor, topologyName } from './names.ts';
import { topologySchema } from '../topology/schema-types.ts';
import { settle } from './settle.ts';
import type { WrapperConfig, WrapperDatabase, WrapperObjects } from './wrapper-config.ts';

export interface WrapperImportOptions {
  readonly topology: string | undefined;
  /** Whether what the wrapper has installed is to be adopted; else its configurations are taken as wishes only. */
  readonly adopt: boolean;
}

/**
 * One topology from the wrapper's configurations: the secondary of one that is the primary of another (host, port and name) is one database,
 * and so the cascade is found. What the wrapper says and a topology cannot is listed.
 */
export function importWrapper(configs: readonly WrapperConfig[], options: WrapperImportOptions): ImportedTopology {
  const ordered = upstreamFirst(configs);
  const places = [...new Set(ordered.flatMap((config) => [placeOf(config.primary), placeOf(config.secondary)]))];
  const nameOf = (database: WrapperDatabase): string => letters(places.indexOf(placeOf(database)));
  const links = ordered.map((config): ImportedLink => ({
    where: config.file,
    from: nameOf(config.primary),
    to: nameOf(config.secondary),
    keys: linkKeys(config, options),
    findings: linkFindings(config, ordered),
    held: false,
  }));
  const hubs = [...new Set(ordered.map(({ hub }) => `host ${hub.host}, port ${hub.port}, user ${hub.user}`))];
  return settle({
    topology: options.topology ?? topologyName(ordered[0]?.replicationName ?? ''),
    heading: [
      `Written by goatherd import --from-wrapper ${configs.map((config) => config.file).join(' ')}: read it, then see what \`goatherd reconcile --dry-run\` would do.`,
      ...(options.adopt ? ['It adopts what the wrapper has installed; where nothing stands yet, import with --no-adopt.'] : []),
      `The wrapper keeps its control databases at ${hubs.join(' and ')}: that is \`hub\` in goatherd.yaml. Stop its own kicking (watch) and use its menu no more.`,
      ...(hubs.length > 1 ? ['A topology has one hub.'] : []),
    ],
    databases: places.map((place, index) => databaseOf(letters(index), place, ordered)),
    links,
    findings: ordered.flatMap((config) => config.findings),
  });
}

/** `a`, `b`, … `z`, `aa`: in the order in which changes go. */
function letters(index: number): string {
  return index < 26 ? String.fromCodePoint(97 + index) : `${letters(Math.floor(index / 26) - 1)}${letters(index % 26)}`;
}

function placeOf({ host, port, dbname }: WrapperDatabase): string {
  return `${host.toLowerCase()}:${port}/${dbname}`;
}

/** Those whose primary no other writes first, then what they feed; a circle stays in the order that was given. */
function upstreamFirst(configs: readonly WrapperConfig[]): readonly WrapperConfig[] {
  const ordered: WrapperConfig[] = [];
  const left = [...configs];
  while (left.length > 0) {
    const next = left.findIndex((one) => !left.some((other) => other !== one && placeOf(other.secondary) === placeOf(one.primary)));
    ordered.push(...left.splice(Math.max(next, 0), 1));
  }
  return ordered;
}

function databaseOf(name: string, place: string, configs: readonly WrapperConfig[]): ImportedDatabase {
  const incoming = configs.filter((config) => placeOf(config.secondary) === place);
  const outgoing = configs.filter((config) => placeOf(config.primary) === place);
  const sides = [
    ...outgoing.map(({ primary, file }) => ({ ...primary, file })),
    ...incoming.map(({ secondary, file }) => ({ ...secondary, file })),
  ];
  const [first, ...others] = sides;
  if (first === undefined) throw new Error(`no configuration names ${place}`);
  const owner = sides.map((one) => one.schemaOwner).find((one) => one !== null && one !== first.user) ?? null;
  const where = `database ${name}`;
  const findings: ImportFinding[] = others
    .filter((other) => other.user !== first.user)
    .map((other) => ({
      code: 'OtherUser',
      where,
      message: `${other.file} connects to it as ${other.user}; a topology has one role for each database`,
    }));
  const both = incoming.length > 0 && outgoing.length > 0;
  const passes = incoming.every((config) => config.secondary.cascade);
  if (both && passes !== outgoing.every((config) => config.primary.cascade))
    findings.push({
      code: 'HalfCascade',
      where,
      message: `\`cascade\` is set in ${passes ? incoming.map((one) => one.file).join(', ') : outgoing.map((one) => one.file).join(', ')} only: the wrapper wants it on both sides of a database that passes on`,
    });
  if (!both && sides.some((one) => one.cascade))
    findings.push({
      code: 'HalfCascade',
      where,
      message: '`cascade` is set, and no configuration given here is its other side: import all of them together',
    });
  return {
    name,
    keys: {
      host: first.host,
      ...(first.port === 5432 ? {} : { port: first.port }),
      dbname: first.dbname,
      ...(first.user === '' ? {} : { user: first.user }),
      ...(owner === null ? {} : { schema_owner: { user: owner } }),
      ...(both && !passes ? { cascade: false } : {}),
    },
    findings,
  };
}

function linkKeys(config: WrapperConfig, options: WrapperImportOptions): YamlMap {
  const selection = selectionOf(config.objects);
  return {
    copy_data: ['empty', 'always', 'never'].includes(config.copyData) ? config.copyData : 'never',
    disable_kicking: config.asynchronousKicking,
    ...(config.asynchronousKicking ? { kick_interval: '1s' } : {}),
    tables: selection,
    // The wrapper takes the sequences that match, whoever uses them.
    sequences: selection,
    ...(config.retryTimeoutMs === null ? {} : { locks: { timeout: durationOf(config.retryTimeoutMs) } }),
    ...(config.indexesLargerThan !== null && hasKey('indexes') ? { indexes: { defer_larger_than: sizeOf(config.indexesLargerThan) } } : {}),
    ...(config.materializedViews && hasKey('materialized_views') ? { materialized_views: { refresh: 'after_copy' } } : {}),
    ...(options.adopt ? { bucardo: { adopt: { database: config.control, sync: config.replicationName } } } : {}),
  };
}

function linkFindings(config: WrapperConfig, all: readonly WrapperConfig[]): ImportFinding[] {
  const say = (code: string, message: string): ImportFinding => ({ code, where: config.file, message });
  const twins = all.filter((other) => other !== config && other.control === config.control);
  return [
    ...(['empty', 'always', 'never'].includes(config.copyData)
      ? []
      : [say('CopyData', `copy_data "${config.copyData}" is taken as never, as the wrapper does`)]),
    ...(twins.length === 0
      ? []
      : [
          say(
            'SameControlDatabase',
            `it has the control database ${config.control} in common with ${twins.map((one) => one.file).join(', ')}: the wrapper cannot have installed both`,
          ),
        ]),
    ...(config.indexesLargerThan !== null && !hasKey('indexes')
      ? [say('Indexes', `no key defers indexes (larger_than ${config.indexesLargerThan}): drop and make them by hand around a copy`)]
      : []),
    ...(config.materializedViews && !hasKey('materialized_views')
      ? [say('MaterializedViews', 'no key refreshes materialized views: refresh them by hand after a copy')]
      : []),
    ...(config.plugins.includes('fork_bucardo')
      ? [say('ForkBucardo', 'goatherd needs no patched file; put the packaged bucardo back (apt-get install --reinstall bucardo)')]
      : []),
    ...(config.plugins.includes('concurrency')
      ? [
          say(
            'PatchedBucardo',
            'the plugin concurrency has replaced /usr/bin/bucardo and its schema; goatherd needs neither (apt-get install --reinstall bucardo)',
          ),
        ]
      : []),
    ...(config.plugins.includes('retry')
      ? [
          say(
            'PatchedValidation',
            `the plugin retry has replaced validate_sync in ${config.control}, which needs the Perl module Try::Tiny as long as that database lives`,
          ),
        ]
      : []),
  ];
}

/** The wrapper's four lists of names as patterns: those of a namespace and those of a table are multiplied. */
function selectionOf(objects: WrapperObjects): { readonly include: readonly string[]; readonly exclude: readonly string[] } {
  const pattern = (schema: string, table: string): string =>
    schema === '*'
      ? table === '*'
        ? '*.*'
        : `*.${patternFor('', table).pattern.slice(1)}`
      : table === '*'
        ? `${patternFor(schema, '').pattern}*`
        : patternFor(schema, table).pattern;
  const schemas = objects.namespaceInclude.length === 0 ? ['*'] : objects.namespaceInclude;
  const tables = objects.tableInclude.length === 0 ? ['*'] : objects.tableInclude;
  return {
    include: schemas.flatMap((schema) => tables.map((table) => pattern(schema, table))),
    exclude: [
      ...objects.namespaceExclude.map((schema) => pattern(schema, '*')),
      ...objects.tableExclude.map((table) => pattern('*', table)),
    ],
  };
}

/** `10 gigabyte` and `10 GB` as a topology writes them. */
function sizeOf(text: string): string {
  const [, count = '10', unit = ''] = /^(\d+)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const letter = unit.slice(0, 1).toUpperCase();
  return `${count}${letter === 'K' ? 'kB' : ['M', 'G', 'T'].includes(letter) ? `${letter}B` : 'GB'}`;
}

const hasKey = (key: string): boolean => Object.keys(topologySchema.properties).includes(key);

function durationOf(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
