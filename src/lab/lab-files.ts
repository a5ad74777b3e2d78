import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Document, type YAMLMap } from 'yaml';
import { type ClusterState, labPaths, type LabState } from './state.ts';

const SCHEMAS = fileURLToPath(new URL('../../schemas/', import.meta.url));

/** Writes `goatherd.yaml` and `topologies/orders.yaml`: a chain through the clusters, in their order. */
export async function writeLabFiles(state: LabState): Promise<void> {
  const paths = labPaths(state.dir);
  const config = new Document({
    hub: { host: state.hub.host, port: state.hub.port, user: 'goatherd', dbname: 'postgres', ...password(state.hub) },
    ledger: 'goatherd',
    log_dir: paths.logs,
    pid_dir: paths.pids,
  });
  inOneLine(config.get('hub'));

  const topology = new Document({
    topology: 'orders',
    databases: Object.fromEntries(
      state.clusters.map((cluster) => [
        cluster.name,
        { host: cluster.host, port: cluster.port, dbname: state.dbname, ...password(cluster) },
      ]),
    ),
    links: state.clusters.slice(1).map((to, index) => `${state.clusters[index]?.name} -> ${to.name}`),
  });
  for (const { name } of state.clusters) inOneLine(topology.getIn(['databases', name]));
  inOneLine(topology.get('links'));

  await writeFile(paths.config, withSchema('goatherd', config));
  await writeFile(paths.topology, withSchema('topology', topology));
}

function withSchema(name: string, document: Document): string {
  return `# yaml-language-server: $schema=${SCHEMAS}${name}.schema.json\n${document.toString({ lineWidth: 0 })}`;
}

function password({ passwordFile }: ClusterState): { password?: { file: string } } {
  return passwordFile === null ? {} : { password: { file: passwordFile } };
}

function inOneLine(node: unknown): void {
  if (typeof node === 'object' && node !== null) (node as YAMLMap).flow = true;
}
