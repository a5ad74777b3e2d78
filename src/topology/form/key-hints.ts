/** What to say of a key that stands where it is not known. */
import { hostSchema, topologySchema } from '../schema-types.ts';

/** Keys of later versions: they have a place already and do nothing yet, so they are refused and not ignored. */
const laterKeys: ReadonlySet<string> = new Set(['indexes', 'materialized_views']);

/** What other tools and bucardo_wrapper call things. */
const otherNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    asynchronous_kicking: 'disable_kicking',
    autokick: 'disable_kicking',
    bucardo_dbname: 'instance',
    checktime: 'kick_interval',
    data_source: 'from',
    database: 'dbname',
    db: 'dbname',
    dbhost: 'host',
    dbpass: 'password',
    dbport: 'port',
    dbuser: 'user',
    destination: 'to',
    mat_views: 'materialized_views',
    name: 'topology',
    onetimecopy: 'copy_data',
    pass: 'password',
    replication_name: 'topology',
    replication_objects: 'tables',
    source: 'from',
    syncs: 'links',
    target: 'to',
    username: 'user',
  }),
);

/** The known key that another tool's word stands for, if it is known here. */
export function knownMeaning(key: string, known: readonly string[]): string | undefined {
  const meant = otherNames.get(key.toLowerCase());
  return meant !== undefined && known.includes(meant) ? meant : undefined;
}

/** `known` are the keys of the mapping that the unknown one stands in, `meant` the one that it resembles. */
export function hintForUnknownKey(key: string, known: readonly string[], meant: string | undefined): string {
  if (key === '<<') return 'merge keys are not read; write the keys out, or repeat a whole value with an alias';
  if (meant !== undefined && !laterKeys.has(key)) return `did you mean \`${meant}\`?`;
  const elsewhere = placesOf(key);
  if (elsewhere.length > 0) return `\`${key}\` stands ${elsewhere.join(' and ')}`;
  if (laterKeys.has(key) || laterKeys.has(otherNames.get(key) ?? '')) return 'this version does not know it yet';
  return meant === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${meant}\`?`;
}

function placesOf(key: string): string[] {
  const { database, link, bucardo, tables, locks } = topologySchema.$defs;
  const places: [string, object][] = [
    ['at the topology', topologySchema.properties],
    ['at a database', database.properties],
    ['at a link', link.properties],
    ['in `bucardo`', bucardo.properties],
    ['in `tables` and `sequences`', tables.properties],
    ['in `locks`', locks.properties],
    ['in `bucardo.settings`', topologySchema.$defs.settings.properties],
    ['in goatherd.yaml, the host settings', hostSchema.properties],
  ];
  return places.filter(([, properties]) => Object.hasOwn(properties, key)).map(([place]) => place);
}
