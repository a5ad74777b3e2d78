import { readFile } from 'node:fs/promises';
import { type Cluster, openCluster } from './cluster.ts';
import { type ClusterState, labPaths, type LabState, readState } from './state.ts';
import { takeDown } from './teardown.ts';

/** A hub and some clusters, all on 127.0.0.1, with everything they need below one folder. */
export interface Lab {
  readonly dir: string;
  /** `goatherd.yaml`, for `--config`. */
  readonly configFile: string;
  /** `topologies/orders.yaml`. */
  readonly topologyFile: string;
  /** The database on each cluster. */
  readonly dbname: string;
  readonly hub: Cluster;
  /** By name, in the order of the chain. */
  readonly clusters: Readonly<Record<string, Cluster>>;
  readonly logDir: string;
  readonly pidDir: string;
  /** Ends the lab's Bucardo daemons and servers and removes the folder. */
  stop(): Promise<void>;
}

/**
 * The lab in a folder, running or not.
 * @throws GoatherdError `NoLab`
 */
export async function openLab(where: string | LabState): Promise<Lab> {
  const state = typeof where === 'string' ? await readState(where) : where;
  const paths = labPaths(state.dir);
  const open = async (cluster: ClusterState): Promise<Cluster> =>
    openCluster(cluster, {
      bindir: state.bindir,
      socketDir: paths.sockets,
      user: state.user,
      ...(cluster.passwordFile === null ? {} : { password: (await readFile(cluster.passwordFile, 'utf8')).trim() }),
    });
  const [hub, ...clusters] = await Promise.all([open(state.hub), ...state.clusters.map(open)]);
  return {
    dir: state.dir,
    configFile: paths.config,
    topologyFile: paths.topology,
    dbname: state.dbname,
    hub,
    clusters: Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster])),
    logDir: paths.logs,
    pidDir: paths.pids,
    stop: () => takeDown(state.dir),
  };
}
