import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startServer } from './cluster.ts';
import { freePorts } from './free-ports.ts';
import { findInstallation, type Installation } from './installation.ts';
import { GoatherdError } from '../lib/errors.ts';
import { writeLabFiles } from './lab-files.ts';
import { type Lab, openLab } from './lab.ts';
import { register } from './registry.ts';
import { prepareRoles } from './roles.ts';
import { type OsUser, runProgram } from './run-program.ts';
import { serverUser } from './server-user.ts';
import { type ServerOptions, type ServerSettings, writeServerSettings } from './server-settings.ts';
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
  /** Whether `goatherd lab down` without a folder may mean this lab. */
  readonly temporary?: boolean;
  /** Takes what there is of it down again. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a hub and the named clusters with role `goatherd` and the database, and writes `goatherd.yaml` and `topologies/orders.yaml`.
 * All of it works when this returns; when it throws, nothing of it is left.
 * @throws GoatherdError with what to do about it
 */
export async function startLab(options: StartOptions): Promise<Lab> {
  checkNames(options.clusters);
  const [installation, user] = await Promise.all([findInstallation(), serverUser()]);
  const { dir, madeDir } = await makeFolder(options.dir);
  let state: LabState | undefined;
  try {
    state = await prepareFolder(dir, madeDir, installation, user, options);
    await register({ dir, createdAt: state.createdAt, temporary: options.temporary ?? true });
    return await bringUp(state, installation, options);
  } catch (error) {
    if (state !== undefined) await takeDown(dir);
    else if (madeDir) await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

function checkNames(names: readonly string[]): void {
  if (names.length === 0) throw new GoatherdError('NoClusters', 'a lab needs at least one cluster');
  for (const name of names) {
    if (!/^[a-z][a-z0-9]{0,7}$/.test(name)) {
      throw new GoatherdError('BadName', `${name} is no name of a database: a small letter, then at most 7 small letters and digits`);
    }
    if (name === 'hub') throw new GoatherdError('BadName', 'hub is the name of the hub');
  }
  if (new Set(names).size < names.length) throw new GoatherdError('BadName', 'two clusters have the same name');
}

async function makeFolder(given: string | undefined): Promise<{ readonly dir: string; readonly madeDir: boolean }> {
  if (given === undefined) return { dir: await mkdtemp(join(tmpdir(), 'goatherd-lab-')), madeDir: true };
  const dir = resolve(given);
  // Sockets: sun_path holds 107 bytes; the rest because libpq, DSNs and postgresql.conf each give some characters a meaning.
  if (Buffer.byteLength(join(labPaths(dir).sockets, '.s.PGSQL.65535')) > 107) {
    throw new GoatherdError('PathTooLong', `${dir} is too long for a socket below it`, { hint: 'choose a --dir of at most 80 bytes' });
  }
  if (!/^[\p{L}\p{N}/._@+ -]+$/u.test(dir)) throw new GoatherdError('BadPath', `${dir} holds characters that a connection string cannot`);
  const made = await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length > 0) {
    throw new GoatherdError('NotEmpty', `${dir} is not empty`, { hint: `a lab there ends with goatherd lab down --dir ${dir}` });
  }
  return { dir, madeDir: made !== undefined };
}

/** Makes the folders, and the state before anything that would have to be ended. */
async function prepareFolder(
  dir: string,
  madeDir: boolean,
  installation: Installation,
  user: OsUser,
  options: StartOptions,
): Promise<LabState> {
  const paths = labPaths(dir);
  const names = ['hub', ...options.clusters];
  const ports = await freePorts(names.length);
  const clusters = names.map((name, index): ClusterState => ({
    name,
    host: '127.0.0.1',
    port: ports[index] ?? 0,
    dataDir: join(paths.servers, name),
    pid: null,
    passwordFile: options.passwords === true ? join(paths.secrets, name) : null,
  }));
  const [hub, ...rest] = clusters;
  if (hub === undefined) throw new Error('a lab has a hub');
  const state: LabState = {
    format: 1,
    dir,
    madeDir,
    createdAt: new Date().toISOString(),
    complete: false,
    bindir: installation.bindir,
    dbname: options.dbname ?? 'orders',
    user,
    hub,
    clusters: rest,
  };
  await writeState(state);
  if (madeDir) await chmod(dir, 0o755);
  for (const folder of [paths.servers, paths.sockets, paths.logs, paths.pids, paths.topologies]) await mkdir(folder);
  // Daemons and goatherd run as the caller, so everything but the servers' own folders stays the caller's.
  for (const folder of [paths.servers, paths.sockets]) await chown(folder, user.uid, user.gid);
  await checkReachable(paths.servers, user);
  if (options.passwords === true) {
    await mkdir(paths.secrets, { mode: 0o700 });
    for (const { passwordFile } of clusters) {
      if (passwordFile !== null) await writeFile(passwordFile, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
    }
  }
  return state;
}

async function checkReachable(folder: string, user: OsUser): Promise<void> {
  try {
    await runProgram('test', ['-w', folder], { as: user, timeoutMs: 10_000 });
  } catch (cause) {
    throw new GoatherdError('NotReachable', `user ${user.name}, who runs the servers, cannot enter ${folder}`, {
      hint: 'choose another --dir, or make each folder above it open to others (chmod o+x)',
      cause,
    });
  }
}

async function bringUp(planned: LabState, installation: Installation, options: StartOptions): Promise<Lab> {
  const start = (cluster: ClusterState): Promise<ClusterState> => startOne(planned, cluster, installation, options);
  const [hub, ...clusters] = await allOrFirstError([planned.hub, ...planned.clusters].map(start));
  if (hub === undefined) throw new Error('a lab has a hub');
  const state: LabState = { ...planned, complete: true, hub, clusters };
  const lab = await openLab(state);
  await allOrFirstError([prepareRoles(lab.hub, undefined), ...Object.values(lab.clusters).map((one) => prepareRoles(one, state.dbname))]);
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
async function startOne(state: LabState, cluster: ClusterState, installation: Installation, options: StartOptions): Promise<ClusterState> {
  const { user, dir } = state;
  const server: ServerOptions = {
    durable: options.durable ?? false,
    passwords: options.passwords ?? false,
    settings: options.settings ?? {},
  };
  await placeDataDirectory(installation, user, cluster.dataDir, options.signal);
  let port = cluster.port;
  for (let attempt = 1; ; attempt += 1) {
    await writeServerSettings(cluster.dataDir, { port, socketDir: labPaths(dir).sockets, user }, server);
    try {
      await startServer(installation.bindir, cluster.dataDir, user, options.signal);
      return { ...cluster, port };
    } catch (error) {
      // Somebody took the port between the look and the start.
      const taken = error instanceof GoatherdError && /could not bind|already in use/i.test(error.message);
      if (!taken || attempt === 5) throw error;
      port = (await freePorts(1))[0] ?? port;
      await rm(`${cluster.dataDir}.log`, { force: true });
    }
  }
}
