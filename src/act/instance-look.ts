import type { ControlObservation, DaemonObservation } from '../observe/model.ts';
import { observeControl } from '../observe/observe-control.ts';
import { daemonSessions, observeDaemon } from '../observe/observe-daemon.ts';
import type { ActContext } from './context.ts';

/** The daemon of one instance as it is now. */
export async function lookAtDaemon(context: ActContext, instance: string): Promise<DaemonObservation> {
  const hub = context.access.hub(context.config.hub.dbname);
  return observeDaemon(context.config.pidDir, instance, context.access.controlDatabase(instance), await daemonSessions(hub.asQueryable()));
}

/** One control database as it is now. */
export async function lookAtControl(context: ActContext, instance: string): Promise<ControlObservation> {
  const control = await observeControl(context.access.control(instance).asQueryable(), null);
  if (control === null) throw new Error(`control database ${context.access.controlDatabase(instance)} holds no Bucardo`);
  return control;
}
