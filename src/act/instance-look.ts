import type { ControlObservation, DaemonObservation } from '../observe/control-model.ts';
import { type ControlProgress, observeControl, observeProgress } from '../observe/observe-control.ts';
import { type DaemonSession, daemonSessions, observeDaemon } from '../observe/observe-daemon.ts';
import type { ActContext } from './context.ts';

/**
 * The daemon of one instance as it is now. With the `runs` of its control database, syncs that its master names and does not run are not
 * among those that it runs; a wait for its start has no need of them.
 */
export async function lookAtDaemon(
  context: ActContext,
  instance: string,
  runs: ControlObservation['runs'] | null = null,
): Promise<DaemonObservation> {
  const hub = context.access.hub(context.config.hub.dbname);
  const control = context.access.controlDatabase(instance);
  const sessions = await daemonSessions(hub.asQueryable());
  const [clock] =
    runs === null ? [] : await hub.query<{ now: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
  const elsewhere = await ownPidDir(context, instance, sessions);
  return observeDaemon(context.config.pidDir, instance, control, sessions, elsewhere, { runs, now: clock?.now ?? null });
}

/** Where the control database says that its daemon keeps its pid files: asked only where something runs. */
async function ownPidDir(context: ActContext, instance: string, sessions: readonly DaemonSession[]): Promise<string | null> {
  if (!sessions.some((session) => session.database === context.access.controlDatabase(instance))) return null;
  const rows = await context.access
    .control(instance)
    .query<{ setting: string }>("SELECT setting FROM bucardo.bucardo_config WHERE name = 'piddir' AND item IS NULL");
  return rows[0]?.setting ?? null;
}

/** One control database as it is now. */
export async function lookAtControl(context: ActContext, instance: string): Promise<ControlObservation> {
  const control = await observeControl(context.access.control(instance).asQueryable(), null);
  if (control === null) throw new Error(`control database ${context.access.controlDatabase(instance)} holds no Bucardo`);
  return control;
}

/** What of it moves while its daemon works: for waits. */
export async function lookAtProgress(context: ActContext, instance: string): Promise<ControlProgress> {
  return observeProgress(context.access.control(instance).asQueryable());
}
