import { parseDocument } from 'yaml';
import type { ImportFinding } from './model.ts';

/** What one configuration of emmadev/bucardo_wrapper says, in the wrapper's words. */
export interface WrapperConfig {
  readonly file: string;
  readonly plugins: readonly string[];
  readonly hub: { readonly host: string; readonly port: number; readonly user: string };
  readonly primary: WrapperDatabase;
  readonly secondary: WrapperDatabase;
  readonly copyData: string;
  readonly replicationName: string;
  readonly asynchronousKicking: boolean;
  readonly objects: WrapperObjects;
  /** The control database; `bucardo` without the plugin `concurrency`. */
  readonly control: string;
  /** Bytes or text as written; null where the plugin `indexes` is not used. */
  readonly indexesLargerThan: string | null;
  readonly materializedViews: boolean;
  /** Milliseconds; null where the plugin `retry` is not used. */
  readonly retryTimeoutMs: number | null;
  /** Keys that the wrapper does not know or does not use, and values that are missing. */
  readonly findings: readonly ImportFinding[];
}

export interface WrapperDatabase {
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly user: string;
  /** Null where it is not set. */
  readonly schemaOwner: string | null;
  readonly cascade: boolean;
}

/** Names, taken as they are: the wrapper knows no patterns. */
export interface WrapperObjects {
  readonly namespaceInclude: readonly string[];
  readonly namespaceExclude: readonly string[];
  readonly tableInclude: readonly string[];
  readonly tableExclude: readonly string[];
}

type Node = Readonly<Record<string, unknown>>;

const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['plugins', 'databases', 'bucardo', 'concurrency', 'indexes', 'mat_views', 'retry'],
  databases: ['bucardo', 'primary', 'secondary'],
  'databases.bucardo': ['database_owner', 'fallback_db', 'host', 'port', 'dbname'],
  'databases.primary': ['database_owner', 'schema_owner', 'dbname', 'host', 'port', 'cascade'],
  'databases.secondary': ['database_owner', 'schema_owner', 'dbname', 'host', 'port', 'cascade'],
  bucardo: ['copy_data', 'replication_name', 'replication_objects', 'asynchronous_kicking'],
  concurrency: ['bucardo_dbname'],
  indexes: ['replication_objects', 'larger_than'],
  mat_views: ['replication_objects'],
  retry: ['timeout'],
};
const OBJECT_KEYS = ['namespace_include', 'namespace_exclude', 'table_include', 'table_exclude'];
const PLUGINS = ['bucardo', 'concurrency', 'indexes', 'mat_views', 'retry', 'fork_bucardo'];

/** Reads the text of one of the wrapper's configurations, as its Python does (YAML 1.1). A text that is none is an error in words. */
export function readWrapperConfig(file: string, text: string): WrapperConfig | string {
  const document = parseDocument(text, { version: '1.1', merge: true });
  const error = document.errors[0];
  if (error !== undefined) return error.message.split('\n')[0] ?? 'it is no YAML';
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch (problem) {
    return problem instanceof Error ? problem.message : 'it cannot be read';
  }
  if (!isNode(root) || !isNode(root['databases']) || !isNode(root['bucardo']))
    return 'it has no `databases` and `bucardo`, which a configuration of the wrapper has';
  return configOf(file, root);
}

function configOf(file: string, root: Node): WrapperConfig {
  const findings: ImportFinding[] = [];
  const say = (code: string, where: string, message: string): void => void findings.push({ code, where: `${where} of ${file}`, message });
  const at = (path: string): Node => {
    const value = path.split('.').reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), root);
    return isNode(value) ? value : {};
  };
  for (const [path, keys] of Object.entries(KEYS)) {
    for (const key of Object.keys(path === '' ? root : at(path))) {
      const where = path === '' ? key : `${path}.${key}`;
      if (key === 'disable_kicking' && path.startsWith('databases.'))
        say('DeadKey', where, 'the wrapper never reads it; `asynchronous_kicking` is what it obeys');
      else if (!keys.includes(key)) say('UnknownKey', where, 'the wrapper knows no such key, and neither does a topology');
    }
  }
  const text = (path: string, key: string): string => {
    const value = at(path)[key];
    if (value === undefined || value === null) say('MissingKey', `${path}.${key}`, 'it is not set');
    const written = wordOf(value);
    if (/^<.*>$/.test(written)) say('Placeholder', `${path}.${key}`, `it still is ${written}`);
    return written.replace(/^<.*>$/, '');
  };
  const database = (path: string): WrapperDatabase => {
    const owner = at(path)['schema_owner'];
    return {
      host: text(path, 'host'),
      port: portOf(at(path)['port']),
      dbname: text(path, 'dbname'),
      user: text(path, 'database_owner'),
      schemaOwner: typeof owner === 'string' && !owner.startsWith('<') ? owner : null,
      cascade: at(path)['cascade'] === true,
    };
  };
  const plugins = names(root['plugins']);
  for (const plugin of plugins.filter((one) => !PLUGINS.includes(one)))
    say('UnknownPlugin', 'plugins', `${plugin} is none of the wrapper's plugins`);
  for (const [section, plugin] of [
    ['concurrency', 'concurrency'],
    ['indexes', 'indexes'],
    ['mat_views', 'mat_views'],
    ['retry', 'retry'],
  ] as const)
    if (section in root && !plugins.includes(plugin))
      say('UnusedSection', section, `\`plugins\` does not name ${plugin}, so the wrapper does not use it`);
  const objects = objectsOf(at('bucardo')['replication_objects'], 'bucardo', say);
  for (const section of ['indexes', 'mat_views'])
    if (at(section)['replication_objects'] !== undefined)
      say(
        'OwnObjects',
        `${section}.replication_objects`,
        'a topology has one selection of tables for each link, which holds for this as well',
      );
  const timeout = Number(at('retry')['timeout']);
  return {
    file,
    plugins,
    hub: {
      host: text('databases.bucardo', 'host'),
      port: portOf(at('databases.bucardo')['port']),
      user: text('databases.bucardo', 'database_owner'),
    },
    primary: database('databases.primary'),
    secondary: database('databases.secondary'),
    copyData: text('bucardo', 'copy_data'),
    replicationName: text('bucardo', 'replication_name'),
    asynchronousKicking: at('bucardo')['asynchronous_kicking'] === true,
    objects,
    control:
      plugins.includes('concurrency') && typeof at('concurrency')['bucardo_dbname'] === 'string'
        ? String(at('concurrency')['bucardo_dbname'])
        : 'bucardo',
    indexesLargerThan: plugins.includes('indexes') ? wordOf(at('indexes')['larger_than'] ?? '10 GB') : null,
    materializedViews: plugins.includes('mat_views'),
    retryTimeoutMs: plugins.includes('retry') && Number.isInteger(timeout) && timeout > 0 ? timeout : null,
    findings,
  };
}

function objectsOf(value: unknown, section: string, say: (code: string, where: string, message: string) => void): WrapperObjects {
  const node = isNode(value) ? value : {};
  for (const key of Object.keys(node).filter((one) => !OBJECT_KEYS.includes(one)))
    say('UnknownKey', `${section}.replication_objects.${key}`, 'the wrapper knows no such key, and neither does a topology');
  return {
    namespaceInclude: names(node['namespace_include']),
    namespaceExclude: names(node['namespace_exclude']),
    tableInclude: names(node['table_include']),
    tableExclude: names(node['table_exclude']),
  };
}

/** A scalar as it is written; anything else is empty. */
function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function portOf(value: unknown): number {
  const port = Number(value ?? 5432);
  return Number.isInteger(port) ? port : 5432;
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string' || typeof one === 'number').map(String) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
