import type { ControlObservation, DaemonObservation } from '../observe/model.ts';
import { observeControl } from '../observe/observe-control.ts';
import { daemonSessions, observeDaemon } from '../observe/observe-daemon.ts';
import type { Sessions } from '../postgres/session.ts';
import type { ActContext } from './context.ts';

/** The daemon of one instance as it is now. */
export async function lookAtDaemon(context: ActContext, instance: string): Promise<DaemonObservation> {
  const hub = context.access.hub(context.config.hub.dbname);
  return observeDaemon(context.config.pidDir, instance, context.access.controlDatabase(instance), await daemonSessions(asQueryable(hub)));
}

/** One control database as it is now. */
export async function lookAtControl(context: ActContext, instance: string): Promise<ControlObservation> {
  const control = await observeControl(asQueryable(context.access.control(instance)), null);
  if (control === null) throw new Error(`control database ${context.access.controlDatabase(instance)} holds no Bucardo`);
  return control;
}

function asQueryable(sessions: Sessions): Parameters<typeof daemonSessions>[0] {
  return {
    query: async <R extends Record<string, unknown>>(text: string, values?: unknown[]) => {
      const rows = await sessions.query<R>(text, values);
      return { rows, rowCount: rows.length };
    },
  };
}
