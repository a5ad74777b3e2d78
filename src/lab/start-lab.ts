import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GoatherdError, messageOf } from '../lib/errors.ts';
import { postmasterPid, startServer } from './cluster.ts';
import { freePorts } from './free-ports.ts';
import { findInstallation, type Installation } from './installation.ts';
import { writeLabFiles } from './lab-files.ts';
import { furnishFolder, makeFolder } from './lab-folder.ts';
import { type Lab, openLab } from './lab.ts';
import { register } from './registry.ts';
import { serverUser } from './run-program.ts';
import { prepareRoles, type ServerSettings, writeServerSettings } from './server-setup.ts';
import { type ClusterState, labPaths, type LabState, writeState } from './state.ts';
import { takeDown } from './teardown.ts';
import { placeDataDirectory } from './template.ts';

/** What a lab is made of. */
export interface StartOptions {
  /** Absent, or empty; a new folder in the temporary folder unless given. */
  readonly dir?: string;
  /** Names as a topology has them; the topology is the chain through them. */
  readonly clusters: readonly string[];
  /** The database on each cluster, `orders` unless given. */
  readonly dbname?: string;
  /** fsync on. */
  readonly durable?: boolean;
  /** 127.0.0.1 asks for passwords, which the topology takes from files. */
  readonly passwords?: boolean;
  readonly settings?: ServerSettings;
  /** False for a person's lab, the one `goatherd lab down` means when no folder is named. */
  readonly temporary?: boolean;
  /** Takes what there is of it down again. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a hub and the named clusters with role `goatherd` and the database, and writes `goatherd.yaml` and `topologies/orders.yaml`.
 * All of it works when this returns; when it throws, nothing of it is left, or the message says how to remove it.
 * @throws GoatherdError with what to do about it
 */
export async function startLab(options: StartOptions): Promise<Lab> {
  checkNames(options);
  const [installation, user, ports] = await Promise.all([findInstallation(), serverUser(), freePorts(options.clusters.length + 1)]);
  const { dir, madeDir } = await makeFolder(options.dir);
  try {
    const planned: LabState = {
      format: 1,
      dir,
      madeDir,
      createdAt: new Date().toISOString(),
      complete: false,
      bindir: installation.bindir,
      dbname: options.dbname ?? 'orders',
      user,
      ...plannedClusters(dir, options, ports),
    };
    await register({ dir, createdAt: planned.createdAt, temporary: options.temporary ?? true, pid: process.pid });
    await furnishFolder(planned);
    return await bringUp(planned, installation, options);
  } catch (error) {
    await takeDown(dir).catch((second: unknown) => {
      throw new GoatherdError('HalfMade', `${messageOf(error)}; and what there is of the lab could not be removed: ${messageOf(second)}`, {
        hint: `try: goatherd lab down --dir ${dir}`,
        cause: error,
      });
    });
    throw error;
  }
}

function checkNames({ clusters, dbname }: StartOptions): void {
  const problem = ((): string | undefined => {
    if (clusters.length === 0) return 'a lab needs at least one cluster';
    if (new Set(clusters).size < clusters.length) return 'two clusters have the same name';
    if (clusters.includes('hub')) return 'hub is the name of the hub';
    const bad = clusters.find((name) => !/^[a-z][a-z0-9]{0,7}$/.test(name));
    if (bad !== undefined) return `"${bad}" is no name of a database: a small letter, then at most 7 small letters and digits`;
    if (dbname === undefined || (/^[^\s;'"\\=]{1,63}$/.test(dbname) && !/^(postgres|template[01])$/.test(dbname))) return undefined;
    return `"${dbname}" cannot be the name of the clusters' database`;
  })();
  if (problem !== undefined) throw new GoatherdError('BadName', problem);
}

function plannedClusters(dir: string, options: StartOptions, ports: readonly number[]): Pick<LabState, 'hub' | 'clusters'> {
  const paths = labPaths(dir);
  const plan = (name: string, index: number): ClusterState => ({
    name,
    host: '127.0.0.1',
    port: ports[index] ?? 0,
    dataDir: join(paths.servers, name),
    pid: null,
    passwordFile: options.passwords === true ? join(paths.secrets, name) : null,
  });
  return { hub: plan('hub', 0), clusters: options.clusters.map((name, index) => plan(name, index + 1)) };
}

async function bringUp(planned: LabState, installation: Installation, options: StartOptions): Promise<Lab> {
  const start = (cluster: ClusterState): Promise<ClusterState> => startOne(planned, cluster, installation, options);
  const [hub = planned.hub, ...clusters] = await allOrFirstError([planned.hub, ...planned.clusters].map(start));
  const state: LabState = { ...planned, complete: true, hub, clusters };
  const lab = await openLab(state);
  const members = Object.values(lab.clusters).map((cluster) => prepareRoles(cluster, state.dbname));
  await allOrFirstError([prepareRoles(lab.hub, undefined), ...members]);
  options.signal?.throwIfAborted();
  await writeLabFiles(state);
  await writeState(state);
  return lab;
}

/** Like Promise.all, but returns only when all have ended: nothing may still be starting while the lab is taken down. */
async function allOrFirstError<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** Initialises and starts one cluster; gives its state with the port it really got. */
async function startOne(
  { dir, user }: LabState,
  cluster: ClusterState,
  installation: Installation,
  options: StartOptions,
): Promise<ClusterState> {
  const { durable = false, passwords = false, settings = {} } = options;
  await placeDataDirectory(installation, user, cluster.dataDir, options.signal);
  let port = cluster.port;
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    const where = { port, socketDir: labPaths(dir).sockets, user };
    await writeServerSettings(cluster.dataDir, where, { durable, passwords, settings });
    try {
      await startServer(installation.bindir, cluster.dataDir, user, options.signal);
      return { ...cluster, port, pid: (await postmasterPid(cluster.dataDir)) ?? null };
    } catch (error) {
      // Somebody took the port between the look and the start.
      const taken = error instanceof GoatherdError && /could not bind|already in use/i.test(error.message);
      if (!taken || attempt === 5) throw error;
      port = (await freePorts(1))[0] ?? port;
      await rm(`${cluster.dataDir}.log`, { force: true });
    }
  }
}
