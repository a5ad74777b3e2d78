/** Steps that start and stop a daemon (src/act/steps/daemons/daemon.ts). */
import type { Work } from '../../../../src/plan/work-model.ts';
import { controlOf, instanceOf, statement, violate, type World } from './world.ts';
import { startDaemon, stopDaemon } from './world-daemon.ts';
import type { Outcome } from './world-steps.ts';

export function startStep(world: World, work: Extract<Work, { kind: 'start_daemon' }>): Outcome {
  const instance = instanceOf(world, work.instance);
  const { daemon } = instance;
  if (daemon !== null && daemon.startedAt >= controlOf(world, work.instance).changedAt) {
    const lacking = work.syncs.filter((name) => !daemon.syncs.some((sync) => sync.name === name));
    if (lacking.length === 0) return 'done';
    violate(world, `${work.instance} was started and runs without ${lacking.join(', ')}`);
    return 'failed';
  }
  if (daemon !== null || instance.orphans.length > 0) return 'moved';
  statement(world);
  startDaemon(world, work.instance);
  return 'pending';
}

export function stopStep(world: World, name: string): Outcome {
  const instance = instanceOf(world, name);
  if (instance.daemon === null && instance.orphans.length === 0) return 'done';
  statement(world);
  stopDaemon(world, name);
  return 'pending';
}
