import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { QueryResultRow } from 'pg';
import type { Queryable } from '../postgres/session.ts';
import { instanceProcesses, mayBelongTo, processTitle } from './instance-processes.ts';
import type { ControlObservation, DaemonObservation } from './control-model.ts';
import { runningSyncs } from './running-syncs.ts';

export interface DaemonSession {
  /** The control database. */
  readonly database: string;
  readonly kind: 'MCP' | 'CTL' | 'KID' | 'VAC';
  /** The process on this host that the session belongs to: Bucardo writes it into application_name. */
  readonly pid: number;
  /** Epoch milliseconds of the hub's clock. */
  readonly startedAt: number;
}

interface SessionRow extends QueryResultRow {
  datname: string;
  application_name: string;
  started: number;
}

/** Every session that a Bucardo daemon holds on the hub's server (rule 20: a process is known by its sessions in its control database). */
export async function daemonSessions(hub: Queryable): Promise<readonly DaemonSession[]> {
  const { rows } = await hub.query<SessionRow>(`
    SELECT datname::text, application_name, (extract(epoch FROM backend_start) * 1000)::float8 AS started FROM pg_stat_activity
    WHERE application_name LIKE 'bucardo %' ORDER BY backend_start, pid`);
  return rows.flatMap((row): DaemonSession[] => {
    const match = /^bucardo (MCP|CTL|VAC|KID)\b.*\(PID (\d+)\)$/.exec(row.application_name);
    if (match === null) return [];
    return [
      {
        database: row.datname,
        kind: match[1] as DaemonSession['kind'],
        pid: Number(match[2]),
        startedAt: row.started,
      },
    ];
  });
}

const MASTER = /^Bucardo Master Control Program v\S+(?:.*?) Active syncs: (.*)$/;

interface PidFile {
  readonly file: string;
  readonly pid: number;
}

/** The pid in the master's pid file, or null. */
export function masterPidFile(pidDir: string, instance: string): PidFile | null {
  return pidFileIn(path.join(pidDir, instance));
}

/** A file that is there from a stop by goatherd to its next start: what is down for that reason is not left down, whatever the drift policy. */
export function putDownFile(pidDir: string, instance: string): string {
  return path.join(pidDir, instance, 'stopped-by-goatherd');
}

/** Whether the pid file in this directory is that of a master which holds one of these sessions: other instances may have theirs there. */
function isMasterOf(directory: string, sessions: readonly DaemonSession[]): boolean {
  const pid = pidFileIn(directory)?.pid;
  return sessions.some((session) => session.kind === 'MCP' && session.pid === pid);
}

function pidFileIn(directory: string): PidFile | null {
  const file = path.join(directory, 'bucardo.mcp.pid');
  try {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]?.trim());
    return Number.isInteger(pid) && pid > 0 ? { file, pid } : null;
  } catch {
    return null;
  }
}

/**
 * What runs for one instance: the master by pid file, process title and session together; whatever else holds a session in the
 * control database without that master is an orphan. An instance of other hands keeps its pid files where its own settings say
 * (`elsewhere`), until its daemon is started by goatherd. `runs` and `now`, the hub's clock, tell of syncs that its title still names and
 * nothing runs (`runningSyncs`).
 */
export function observeDaemon(
  pidDir: string,
  instance: string,
  control: string,
  all: readonly DaemonSession[],
  elsewhere: string | null,
  { runs, now }: { readonly runs: ControlObservation['runs'] | null; readonly now: number | null } = { runs: null, now: null },
): DaemonObservation {
  const sessions = all.filter((session) => session.database === control);
  const directory = elsewhere !== null && isMasterOf(elsewhere, sessions) ? elsewhere : path.join(pidDir, instance);
  const file = pidFileIn(directory);
  const title = file === null ? null : processTitle(file.pid);
  const isMaster = title?.startsWith('Bucardo Master Control Program') ?? false;
  const masterPid = file !== null && isMaster ? file.pid : null;
  const startedAt = sessions.find((session) => session.kind === 'MCP' && session.pid === masterPid)?.startedAt ?? null;
  return {
    sessions: sessions.map(({ kind, pid, startedAt }) => ({ kind, pid, startedAt })),
    masterPid,
    startedAt,
    activeSyncs:
      masterPid === null ? [] : runningSyncs({ titled: titled(title ?? ''), controlled: controlled(directory), startedAt, runs, now }),
    orphans: orphansOf(pidDir, instance, sessions, masterPid),
    stalePidFile: file !== null && masterPid === null,
    ...(existsSync(putDownFile(pidDir, instance)) ? { putDown: true as const } : {}),
  };
}

function titled(title: string): string[] {
  const list = MASTER.exec(title)?.[1] ?? '';
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Syncs whose controller lives: the master's title is cut where the process has no room for a longer one. */
function controlled(directory: string): string[] {
  try {
    return readdirSync(directory).flatMap((name) => {
      const sync = /^bucardo\.ctl\.sync\.(.+)\.pid$/.exec(name)?.[1];
      if (sync === undefined) return [];
      const pid = Number(readFileSync(path.join(directory, name), 'utf8').split('\n')[0]);
      return processTitle(pid)?.startsWith(`Bucardo Controller. Sync "${sync}"`) === true ? [sync] : [];
    });
  } catch {
    // A pid file that goes away while it is looked at: the title still says what runs.
    return [];
  }
}

/**
 * Children of a living master are not orphans: their parent chain leads to it. Without a master, whatever was started for the instance is one.
 */
function orphansOf(pidDir: string, instance: string, sessions: readonly DaemonSession[], masterPid: number | null): readonly number[] {
  const connected = sessions.map((session) => session.pid).filter((pid) => pid !== masterPid && mayBelongTo(pid, pidDir, instance));
  const unseen = masterPid === null ? instanceProcesses(pidDir, instance) : [];
  return [...new Set([...connected, ...unseen])].filter((pid) => masterPid === null || !descendsFrom(pid, masterPid));
}

function descendsFrom(pid: number, ancestor: number): boolean {
  for (let current = pid, hops = 0; current > 1 && hops < 8; hops += 1) {
    if (current === ancestor) return true;
    try {
      current = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${current}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return false;
    }
  }
  return false;
}
