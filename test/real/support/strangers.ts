import type { Lab } from '../../../src/lab/lab.ts';
import { diskFiles } from '../../../src/lib/files.ts';
import { loadTopologies } from '../../../src/topology/load.ts';
import type { Link, Topology } from '../../../src/topology/model.ts';
import { leftovers } from './leftovers.ts';
import { query } from './query.ts';

/** What stands for one link, by the names that the ledger gave it. */
interface Standing {
  readonly link: Link;
  /** The cluster that it leaves, as the lab calls it. */
  readonly source: string;
  readonly sync: string;
  readonly instance: string;
  /** Tables in its relgroup, `schema.table`. */
  readonly tables: readonly string[];
}

/**
 * Of all objects that `leftovers` lists, those that belong to nothing that the lab's file declares now: to a link that is gone or has
 * another name, an instance that was left, a table that no link of its source carries, a kick trigger where none is wanted.
 */
export async function strangers(lab: Lab): Promise<readonly string[]> {
  const { topologies } = await loadTopologies([lab.topologyFile], diskFiles);
  const [topology] = topologies;
  if (topology === undefined) throw new Error('the lab has no valid topology');
  const standing = await standingOf(lab, topology);
  const addresses = new Set(topology.links.map((link) => link.address));
  const instances = standing.map((one) => one.instance);
  const ofInstance = /^(?:database bucardo_|run\/|log\/log\.bucardo\.)(\w+)/;
  const onHub = (what: string): boolean =>
    what.startsWith('link ') ? addresses.has(what.slice('link '.length)) : instances.includes(ofInstance.exec(what)?.[1] ?? '');
  return (await leftovers(lab)).filter((line) => {
    const [place = '', ...rest] = line.split(': ');
    const what = rest.join(': ');
    if (line.startsWith('process ')) return standing.length === 0;
    if (lab.clusters[place] !== undefined) return !isExpected(what, standing, place);
    return !onHub(what);
  });
}

async function standingOf(lab: Lab, topology: Topology): Promise<readonly Standing[]> {
  const rows = await query(lab.hub, 'goatherd', "SELECT address, sync, instance, names->>'relgroup' AS relgroup FROM goatherd.link");
  return Promise.all(
    topology.links.map(async (link): Promise<Standing> => {
      const row = rows.find((one) => one['address'] === link.address);
      const port = topology.databases.find((one) => one.name === link.from)?.connection.port;
      const source = Object.entries(lab.clusters).find(([, cluster]) => cluster.port === port)?.[0];
      if (row === undefined || source === undefined) throw new Error(`${link.address} is not in the ledger`);
      const instance = String(row['instance']);
      const tables = await query(
        lab.hub,
        `bucardo_${instance}`,
        "SELECT DISTINCT schemaname || '.' || tablename AS name FROM bucardo.goat JOIN bucardo.herdmap ON goat = id WHERE herd = $1",
        [row['relgroup']],
      );
      return { link, source, sync: String(row['sync']), instance, tables: tables.map((one) => String(one['name'])) };
    }),
  );
}

/** Whether something on a database stands for a link that leaves it. */
function isExpected(what: string, standing: readonly Standing[], place: string): boolean {
  if (what.startsWith('session ')) return true;
  const links = standing.filter((one) => one.source === place);
  if (links.length === 0) return false;
  const recording = links.filter((one) => one.link.state !== 'detached');
  const carries = (table: string, some = recording): boolean =>
    some.some((one) => one.tables.includes(table.includes('.') ? table : `public.${table}`));
  const trigger = /^trigger (\S+) on (\S+)$/.exec(what);
  if (trigger !== null) {
    const [, name = '', table = ''] = trigger;
    if (table.startsWith('bucardo.')) return true;
    if (name === 'bucardo_delta') return carries(table);
    const own = recording.filter((one) => name.endsWith(`_${one.sync}`));
    return carries(table, own) && (!name.startsWith('bucardo_kick_') || own.some((one) => !one.link.disableKicking));
  }
  const helper = /^(?:relation|function) bucardo\.(?:delta|track|stage)_([a-z0-9]+)_(\w+?)(?:\(\))?$/.exec(what);
  if (helper !== null) return carries(`${helper[1]}.${helper[2]}`);
  const kick = /^function bucardo\.bucardo_kick_(\w+)\(\)$/.exec(what);
  // Bucardo's own, which every database has, are called otherwise.
  if (kick !== null && (kick[1] ?? '').startsWith('orders_')) return links.some((one) => one.sync === kick[1]);
  return /^(?:schema bucardo$|relation bucardo\.|function bucardo\.)/.test(what);
}
