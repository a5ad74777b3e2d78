import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { GoatherdError, messageOf } from '../../../lib/errors.ts';
import { plural } from '../../../lib/format.ts';
import type { DaemonObservation } from '../../../observe/control-model.ts';
import { mayBelongTo, processTitle } from '../../../observe/instance-processes.ts';
import { masterPidFile, putDownFile } from '../../../observe/observe-daemon.ts';
import type { Work } from '../../../plan/work-model.ts';
import type { SecretRef } from '../../../topology/model.ts';
import { type ActContext, done, failed, nextLookMs, type Outcome, remembered } from '../../context.ts';
import { bucardoEnvironment } from './daemon-environment.ts';
import { lookAtDaemon, lookAtProgress } from '../../instance-look.ts';
import { exclusiveHolder } from '../../quiet.ts';

/** A master appears 1 to 2 s after `bucardo start` returns; no session of it after this long means that it did not come up. */
const APPEARS_WITHIN_MS = 20_000;
/** Activation validates every sync; after this long without one that it should run, its log is asked why. */
const ACTIVATES_WITHIN_MS = 60_000;
const BACKENDS_ENDED_AFTER_MS = 10_000;
/** A controller that lives on elsewhere makes another kid: its backends are ended until none comes back. */
const BACKENDS_ENDED_AGAIN_MS = 2_000;
/** What lives on without a backend does nothing more, and may be stopped or hang: it is ended without being asked. */
const KILLED_AFTER_MS = 30_000;
const GIVES_UP_AFTER_MS = 60_000;

interface StartMemory {
  startedAt: number | null;
}

/** The daemon runs every named sync, read back from its own title, and began after the last change of what it reads at start (rule 4). */
export async function startDaemon(context: ActContext, work: Extract<Work, { kind: 'start_daemon' }>): Promise<Outcome> {
  const memory = remembered<StartMemory>(context, `start ${work.instance} ${work.syncs.join(',')}`, () => ({ startedAt: null }));
  const [daemon, control] = await Promise.all([lookAtDaemon(context, work.instance), lookAtProgress(context, work.instance)]);
  const progress = (waitingFor: string, launched: boolean): Outcome => ({
    state: 'pending',
    ...(launched ? { settles: true } : {}),
    progress: {
      done: work.syncs.filter((sync) => daemon.activeSyncs.includes(sync)).length,
      total: work.syncs.length,
      unit: 'syncs',
      waitingFor,
    },
    retryMs: nextLookMs(context, 'the daemon'),
  });
  const alive = daemon.masterPid !== null && daemon.startedAt !== null;
  const since = memory.startedAt === null ? 0 : context.clock.now() - memory.startedAt;
  if (alive && (daemon.startedAt ?? 0) >= control.changedAt) {
    const lacking = work.syncs.filter((sync) => !daemon.activeSyncs.includes(sync));
    if (lacking.length === 0) {
      rmSync(putDownFile(context.config.pidDir, work.instance), { force: true });
      return done(`pid ${daemon.masterPid}`);
    }
    memory.startedAt ??= context.clock.now();
    if (since < ACTIVATES_WITHIN_MS) return progress(`activation of ${lacking.join(', ')}`, true);
    return failed(
      'SyncNotActive',
      `the daemon ${work.instance} runs without ${lacking.join(', ')}: ${logReason(context, work.instance)}`,
      `see ${logFile(context, work.instance)}`,
    );
  }
  if (memory.startedAt !== null && since < APPEARS_WITHIN_MS) return progress('the master process', true);
  if (memory.startedAt !== null)
    return failed(
      'DaemonNotUp',
      `the daemon ${work.instance} did not come up within ${APPEARS_WITHIN_MS / 1000} s: ${logReason(context, work.instance)}`,
      `see ${logFile(context, work.instance)}`,
    );
  if (alive || daemon.sessions.length > 0 || daemon.orphans.length > 0)
    return { state: 'moved', why: `processes of an older daemon ${work.instance} are there` };
  const holder = await holderInTheWay(context, work);
  if (holder !== null) return progress(`a quiet moment: Bucardo's check would wait for ${holder}`, false);
  const problem = await runStart(context, work.instance);
  if (problem !== null)
    return failed('DaemonStart', `bucardo start for ${work.instance} failed: ${problem}`, `see ${logFile(context, work.instance)}`);
  memory.startedAt = context.clock.now();
  return progress('the master process', true);
}

/** Activation takes ACCESS SHARE on every table of the herd, untimed: it is put off while somebody holds or awaits ACCESS EXCLUSIVE (rule 10). */
async function holderInTheWay(context: ActContext, work: Extract<Work, { kind: 'start_daemon' }>): Promise<string | null> {
  for (const link of context.topology.links.filter((one) => work.syncs.includes(one.sync))) {
    const source = context.observation.databases[link.from];
    const tables = source?.reachable === true ? source.tables.filter((table) => table.bucardo !== null).map((table) => table.address) : [];
    const holder = (await exclusiveHolder(context, link.from, tables)) ?? (await exclusiveHolder(context, link.to, tables));
    if (holder !== null) return holder;
  }
  return null;
}

/** Runs `bucardo start`, which returns once it has forked; null, or what it said against it. */
async function runStart(context: ActContext, instance: string): Promise<string | null> {
  const { config, access } = context;
  const directory = path.join(config.pidDir, instance);
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  mkdirSync(config.logDir, { recursive: true });
  rmSync(path.join(directory, 'fullstopbucardo'), { force: true });
  const stale = masterPidFile(config.pidDir, instance);
  // A pid that another program has by now would make `bucardo start` refuse for ever (FACTS 4.2).
  if (stale !== null && !(processTitle(stale.pid)?.startsWith('Bucardo') ?? false)) rmSync(stale.file, { force: true });
  const hub = access.resolvedHub(access.controlDatabase(instance));
  const result = await execa(
    config.bucardo,
    [
      '--no-bucardorc',
      '--dbname',
      hub.dbname,
      '--dbhost',
      hub.host,
      '--dbport',
      String(hub.port),
      '--dbuser',
      hub.user,
      '--log-destination',
      config.logDir,
      '--logextension',
      instance,
      '--quiet',
      'start',
      // Never a word that is an option's value too: Bucardo then drops both when it respawns itself (C:864).
      'by goatherd',
    ],
    // The daemon keeps these descriptors: inherited pipes would keep this process waiting.
    {
      reject: false,
      timeout: 30_000,
      cwd: directory,
      stdin: 'ignore',
      stdout: { file: path.join(directory, 'start.out') },
      stderr: { file: path.join(directory, 'start.err') },
      env: bucardoEnvironment(hub, directory, secretsOf(context)),
      extendEnv: false,
    },
  );
  if (!result.failed) return null;
  return result.code === 'ENOENT'
    ? `${config.bucardo} was not found`
    : messageOf(
        readTail(path.join(directory, 'start.err')) || readTail(path.join(directory, 'start.out')) || `exit ${result.exitCode ?? '?'}`,
      );
}

/** Where the passwords of this run come from. */
function secretsOf({ topology, config }: Pick<ActContext, 'topology' | 'config'>): readonly SecretRef[] {
  const databases = topology.databases.flatMap(({ connection, schemaOwner }) => [connection.password, schemaOwner?.password]);
  return [config.hub.password, ...databases].filter((reference) => reference !== undefined);
}

/**
 * Asks everything of an instance to stop (stop file and TERM), then ends its backends, and is done when all of it is seen gone: processes,
 * and sessions in the control database (rule 20).
 */
export async function stopDaemon(context: ActContext, instance: string): Promise<Outcome> {
  const { pidDir } = context.config;
  const memory = remembered(context, `stop ${instance}`, () => ({ askedAt: 0, pids: [] as number[], most: 0, endedAt: 0, killed: false }));
  const daemon = await lookAtDaemon(context, instance);
  // Those of another host are known by their sessions alone.
  const all = [...new Set([...memory.pids, ...pidsOf(daemon)])];
  const pids = all.filter((pid) => mayBelongTo(pid, pidDir, instance));
  const directory = path.join(context.config.pidDir, instance);
  if (pids.length === 0 && daemon.sessions.length === 0) {
    rmSync(path.join(directory, 'fullstopbucardo'), { force: true });
    context.memory.delete(`stop ${instance}`);
    return done();
  }
  const now = context.clock.now();
  if (memory.askedAt === 0) {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    writeFileSync(putDownFile(pidDir, instance), '');
    writeFileSync(path.join(directory, 'fullstopbucardo'), 'goatherd\n');
    for (const pid of pids) kill(pid, 'SIGTERM');
    memory.askedAt = now;
  }
  // Where no process of it is on this host, there is nobody to be asked: it ran on another one.
  const asked = pids.length === 0 ? 0 : BACKENDS_ENDED_AFTER_MS;
  if (now - memory.askedAt >= asked && now - memory.endedAt > BACKENDS_ENDED_AGAIN_MS) {
    memory.endedAt = now;
    await endBackends(
      context,
      instance,
      all.filter((pid) => pids.includes(pid) || processTitle(pid)?.startsWith('Bucardo') !== true),
    );
    for (const pid of pids) kill(pid, 'SIGTERM');
  }
  if (now - memory.askedAt > KILLED_AFTER_MS && !memory.killed) {
    memory.killed = true;
    for (const pid of pids) kill(pid, 'SIGKILL');
  }
  if (now - memory.askedAt > GIVES_UP_AFTER_MS)
    return failed(
      'DaemonStays',
      `processes of ${instance} do not end: ${pids.join(', ')}`,
      'look at them (ps), end them, and run goatherd again',
    );
  memory.pids = all;
  memory.most = Math.max(memory.most, pids.length);
  return {
    state: 'pending',
    progress: {
      done: memory.most - pids.length,
      total: memory.most,
      unit: 'processes',
      waitingFor: `the end of ${plural(pids.length, 'process', 'processes')}, ${plural(daemon.sessions.length, 'session')}`,
    },
    retryMs: nextLookMs(context, 'its end'),
  };
}

function pidsOf(daemon: DaemonObservation): number[] {
  return [...daemon.sessions.map((session) => session.pid), ...daemon.orphans, ...(daemon.masterPid === null ? [] : [daemon.masterPid])];
}

/** On a user database only `(PID n)` of a process known from the control database is ours: the names carry no instance. */
async function endBackends(context: ActContext, instance: string, pids: readonly number[]): Promise<void> {
  const names = pids.map((pid) => `%(PID ${pid})`);
  await context.access
    .hub(context.config.hub.dbname)
    .query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'bucardo %'", [
      context.access.controlDatabase(instance),
    ]);
  const inIt = context.topology.links.filter(
    (link) => link.instance === instance || link.leaves?.some((left) => left.instance === instance),
  );
  const databases = new Set(inIt.flatMap((link) => [link.from, link.to]));
  for (const database of databases) {
    try {
      await context.access
        .database(database)
        .query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'bucardo %' AND application_name LIKE ANY ($1)",
          [names],
        );
    } catch (error) {
      // A database that does not answer keeps no daemon from ending.
      if (!(error instanceof GoatherdError) || error.retry === 'fatal') throw error;
    }
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone since it was looked at.
  }
}

export function logFile(context: Pick<ActContext, 'config'>, instance: string): string {
  return path.join(context.config.logDir, `log.bucardo.${instance}`);
}

function readTail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-20_000);
  } catch {
    return '';
  }
}

/** The last line of the log that says why: failures of Bucardo's activation stand nowhere else (FACTS 8). */
export function logReason(context: Pick<ActContext, 'config'>, instance: string): string {
  const lines = readTail(logFile(context, instance))
    .split('\n')
    .filter((line) => /fail|warning|error|denied|could not/i.test(line));
  return lines.at(-1)?.trim() ?? 'its log says nothing';
}
