import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GoatherdError } from '../lib/errors.ts';
import { processesWorkingBelow, signalProcess, waitUntilGone } from './processes.ts';
import { type OsUser, runProgram } from './run-program.ts';
import type { ClusterState } from './state.ts';

/** PostgreSQL's three ways to stop: when all clients have gone, by ending them, or at once with recovery at the next start. */
export type StopMode = 'smart' | 'fast' | 'immediate';

const SIGNALS: Readonly<Record<StopMode, NodeJS.Signals>> = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' };

/** One PostgreSQL server of a lab. */
export interface Cluster {
  /** `hub`, or the name in the topology. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly socketDir: string;
  readonly dataDir: string;
  /** Of role `goatherd`, for 127.0.0.1; undefined where nobody is asked for one. */
  readonly password: string | undefined;
  /** Stops it, `fast` unless told; returns when its last process is gone. Stopping a stopped cluster does nothing. */
  stop(mode?: StopMode): Promise<void>;
  /** Starts it on the same port; returns when it accepts connections. Starting a running cluster does nothing. */
  start(): Promise<void>;
  /** Stops and starts it. */
  restart(mode?: StopMode): Promise<void>;
  /** Whether its postmaster lives. */
  isRunning(): Promise<boolean>;
}

/** The server at this place, running or not. */
export function openCluster(
  state: ClusterState,
  where: { readonly bindir: string; readonly socketDir: string; readonly user: OsUser; readonly password?: string },
): Cluster {
  const cluster: Cluster = {
    name: state.name,
    host: state.host,
    port: state.port,
    socketDir: where.socketDir,
    dataDir: state.dataDir,
    password: where.password,
    stop: (mode = 'fast') => stopServer(state.dataDir, mode, 60_000),
    start: async () => {
      if (!(await cluster.isRunning())) await startServer(where.bindir, state.dataDir, where.user);
    },
    restart: async (mode = 'fast') => {
      await cluster.stop(mode);
      await cluster.start();
    },
    isRunning: async () => (await postmasterPid(state.dataDir)) !== undefined,
  };
  return cluster;
}

/**
 * Starts the server of a data directory; returns when it accepts connections.
 * @throws GoatherdError `StartFailed` with the end of the server's log
 */
export async function startServer(bindir: string, dataDir: string, user: OsUser, signal?: AbortSignal): Promise<void> {
  const log = `${dataDir}.log`;
  try {
    await runProgram(join(bindir, 'pg_ctl'), ['start', '-D', dataDir, '-l', log, '-w', '-t', '60', '-s'], {
      as: user,
      cwd: dirname(dataDir),
      timeoutMs: 90_000,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-6).join('\n');
    throw new GoatherdError('StartFailed', `the server in ${dataDir} did not start; its log ends:\n${said}`, { cause });
  }
}

/**
 * Stops the server of a data directory by signal, which needs no installed program, and waits until its last process is gone.
 * @throws GoatherdError `StopTimedOut` naming what lives on
 */
export async function stopServer(dataDir: string, mode: StopMode, timeoutMs: number): Promise<void> {
  const pid = await postmasterPid(dataDir);
  if (pid !== undefined) signalProcess(pid, SIGNALS[mode]);
  const left = await waitUntilGone(() => processesWorkingBelow(dataDir), timeoutMs);
  if (left.length > 0) {
    throw new GoatherdError('StopTimedOut', `a ${mode} stop of ${dataDir} did not end pids ${left.join(', ')} in ${timeoutMs / 1000} s`);
  }
}

/** The living postmaster of a data directory. A pid file alone proves nothing: after a reboot its pid may be somebody else's. */
export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 1)) return undefined;
  return (await processesWorkingBelow(dataDir)).includes(pid) ? pid : undefined;
}
