import { AS_REPLICA, MARK_CHANGED } from '../bucardo/control-facts.ts';
import { endSuspension, suspend } from '../ledger/suspensions.ts';
import { formatMilliseconds, joinWords } from '../lib/format.ts';
import type { ControlObservation, DaemonObservation } from '../observe/control-model.ts';
import { endOfSuspension, suspensionOf, suspensionText } from '../plan/view/suspensions.ts';
import type { Link } from '../topology/model.ts';
import { deactivate } from './steps/daemons/activation.ts';
import type { ActContext } from './context.ts';
import { startDaemon, stopDaemon } from './steps/daemons/daemon.ts';
import { lookAtControl, lookAtDaemon } from './instance-look.ts';
import { kick } from './kick.ts';
import { pause, untilDone } from './until-done.ts';

/** What came of a verb: one line, and its exit code (0; 1 it cannot be; 20 something is in the way that time or a person ends). */
export interface Said {
  readonly exitCode: 0 | 1 | 20;
  readonly text: string;
  readonly hint?: string;
}

/** One link as a verb finds it. */
interface Found {
  readonly control: ControlObservation;
  readonly daemon: DaemonObservation;
  readonly active: boolean;
  readonly runs: boolean;
}

const RUN_BEGINS_WITHIN_MS = 60_000;

async function look(context: ActContext, link: Link): Promise<Found> {
  const control = await lookAtControl(context, link.instance);
  const daemon = await lookAtDaemon(context, link.instance, control.runs);
  const alive = daemon.masterPid !== null && daemon.startedAt !== null;
  return {
    control,
    daemon,
    active: control.syncs.find((sync) => sync.name === link.sync)?.status === 'active',
    runs: alive && daemon.activeSyncs.includes(link.sync) && (daemon.startedAt ?? 0) >= control.changedAt,
  };
}

/** Stops one link and keeps who, when and why: its sync is made inactive, and the daemon goes on with the others of its instance. */
export async function stopLink(context: ActContext, link: Link, by: string, reason: string): Promise<Said> {
  const found = await look(context, link);
  const copying = copyOf(found, (sync) => sync !== link.sync);
  if (copying !== null) return inTheWay(link, copying);
  if (found.active) await deactivate(context, { kind: 'deactivate', link: link.address, instance: link.instance });
  await suspend(context.access, link.address, by, reason);
  const others = activeSyncs(found.control).filter((sync) => sync !== link.sync);
  const alreadyDown =
    !found.active && !found.daemon.activeSyncs.includes(link.sync) && (others.length > 0 || found.daemon.sessions.length === 0);
  if (!alreadyDown) await again(context, link, others);
  const after = await look(context, link);
  if (after.active || after.daemon.activeSyncs.includes(link.sync))
    return { exitCode: 1, text: `${link.address} is still active after the stop` };
  const rest = others.length === 0 ? 'its daemon is down' : `its daemon runs ${joinWords(others)} without it`;
  return {
    exitCode: 0,
    text: `${link.address} stopped: ${rest}, the triggers on ${link.from} go on recording; goatherd start ${link.address} undoes it`,
  };
}

/** Ends a suspension, and brings a link up that has its copy. */
export async function startLink(context: ActContext, link: Link): Promise<Said> {
  const known = context.known.links[link.address];
  const suspension = context.known.suspensions[link.address];
  if (link.state !== 'running')
    return {
      exitCode: 1,
      text: `${link.address} is declared ${link.state}`,
      hint: `take \`state: ${link.state}\` out of the file, and run goatherd reconcile`,
    };
  const ended = suspension === undefined ? '' : `, no longer ${suspensionText(suspension)}`;
  if ((known?.receipt ?? null) === null) {
    if (suspension === undefined)
      return { exitCode: 1, text: `${link.address} has no complete copy yet`, hint: 'goatherd reconcile brings it up, its copy included' };
    await endSuspension(context.access, link.address);
    return { exitCode: 0, text: `${link.address}${ended}; its copy is not complete: goatherd reconcile goes on with it` };
  }
  if ((known?.recopy ?? null) !== null) {
    if (suspension !== undefined) await endSuspension(context.access, link.address);
    return {
      exitCode: suspension === undefined ? 1 : 0,
      text: `${link.address}${ended}; its tables are being copied again: goatherd reconcile goes on with it`,
    };
  }
  const found = await look(context, link);
  if (!found.active || !found.runs) {
    const copying = copyOf(found, () => true);
    if (copying !== null) return inTheWay(link, copying);
  }
  await endSuspension(context.access, link.address);
  if (!found.active) await activateAgain(context, link);
  if (!found.active || !found.runs) await again(context, link, [...new Set([...activeSyncs(found.control), link.sync])].toSorted());
  const after = await look(context, link);
  if (!after.active || !after.runs)
    return { exitCode: 1, text: `${link.address} is not active in its daemon`, hint: `see goatherd status` };
  const how = found.active && found.runs ? 'runs already' : 'started';
  return { exitCode: 0, text: `${link.address} ${how}: daemon ${link.instance}, pid ${after.daemon.masterPid ?? '?'}${ended}` };
}

/** `restart`: another process in the place of the old one. `reload`: the daemon reads its facts anew, which in this version is a restart too. */
export async function restartLink(context: ActContext, link: Link, verb: 'restart' | 'reload'): Promise<Said> {
  const found = await look(context, link);
  const refusal = refuseUnlessRunning(context, link, found, verb);
  if (refusal !== null) return refusal;
  const copying = copyOf(found, () => true);
  if (copying !== null) return inTheWay(link, copying);
  const before = found.daemon;
  await again(context, link, activeSyncs(found.control));
  const { daemon, runs } = await look(context, link);
  if (!runs || daemon.startedAt === before.startedAt) return { exitCode: 1, text: `${link.address} is not active in a new daemon` };
  const was = before.masterPid === null ? 'none ran before' : `was ${before.masterPid}`;
  const what = verb === 'reload' ? 'reloaded: its daemon began anew and read its facts' : 'restarted';
  return {
    exitCode: 0,
    text: `${link.address} ${what}: pid ${daemon.masterPid ?? '?'} (${was}), it runs ${joinWords(daemon.activeSyncs)}`,
  };
}

/** Asks for a run now, and again until one is seen that began after the question; done when it ended. */
export async function kickLink(context: ActContext, link: Link): Promise<Said> {
  const found = await look(context, link);
  const refusal = refuseUnlessRunning(context, link, found, 'kick');
  if (refusal !== null) return refusal;
  if (!found.runs) return { exitCode: 1, text: `no daemon runs ${link.address}`, hint: `goatherd start ${link.address}` };
  const control = context.access.control(link.instance);
  const [asked] = await control.query<{ at: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at');
  const at = asked?.at ?? 0;
  const began = context.clock.now();
  for (;;) {
    const runs = (await lookAtControl(context, link.instance)).runs[link.sync];
    const bad = runs?.lastBad ?? null;
    const good = runs?.lastGood ?? null;
    if (good !== null && good.startedAt > at)
      return { exitCode: 0, text: `${link.address} kicked: a run began ${formatMilliseconds(good.startedAt - at)} after and ended well` };
    if (bad !== null && bad.startedAt > at) return { exitCode: 1, text: `${link.address} kicked, and the run failed: ${bad.error}` };
    if (context.clock.now() - began > RUN_BEGINS_WITHIN_MS) {
      const running = runs?.running ?? null;
      if (running !== null && running.startedAt > at)
        return { exitCode: 0, text: `${link.address} kicked: a run began after, and goes on` };
      return {
        exitCode: 1,
        text: `${link.address} kicked, and no run began within ${formatMilliseconds(RUN_BEGINS_WITHIN_MS)}`,
        hint: 'see goatherd status',
      };
    }
    await kick(context, link);
    await pause(context, 100);
  }
}

function refuseUnlessRunning(context: ActContext, link: Link, found: Found, verb: string): Said | null {
  const suspension = suspensionOf(context.known, link);
  if (suspension !== null)
    return {
      exitCode: 20,
      text: `${link.address} is ${suspensionText(suspension)}`,
      hint: `${endOfSuspension(context.known, link)} ends that`,
    };
  if (link.state !== 'running') return { exitCode: 1, text: `${link.address} is declared ${link.state}: there is nothing to ${verb}` };
  if (!found.active) return { exitCode: 1, text: `the sync of ${link.address} is not active`, hint: `goatherd start ${link.address}` };
  if (verb === 'reload' && found.daemon.masterPid === null)
    return { exitCode: 1, text: `no daemon of ${link.address} runs`, hint: `goatherd start ${link.address}` };
  return null;
}

/** The sync of this instance whose copy runs in the daemon: nothing disturbs it while it is wanted (rule 3). */
function copyOf({ control, daemon }: Found, which: (sync: string) => boolean): string | null {
  if (daemon.masterPid === null) return null;
  const copying = control.syncs.find(
    ({ name, status, onetimecopy }) => which(name) && status === 'active' && onetimecopy !== 0 && daemon.activeSyncs.includes(name),
  );
  return copying?.name ?? null;
}

function inTheWay(link: Link, sync: string): Said {
  return {
    exitCode: 20,
    text: `${link.address} is left as it is: the copy of ${sync} runs in its daemon ${link.instance}, and would begin anew`,
    hint: 'wait until it is complete: goatherd status shows it',
  };
}

function activeSyncs(control: ControlObservation): string[] {
  return control.syncs.filter((sync) => sync.status === 'active').map((sync) => sync.name);
}

/** The daemon goes down and comes up with these syncs; without one it stays down. */
async function again(context: ActContext, link: Link, syncs: readonly string[]): Promise<void> {
  await untilDone(context, () => stopDaemon(context, link.instance));
  if (syncs.length > 0)
    await untilDone(context, () => startDaemon(context, { kind: 'start_daemon', instance: link.instance, restart: true, syncs }));
}

async function activateAgain(context: ActContext, link: Link): Promise<void> {
  await context.access.control(link.instance).transaction([AS_REPLICA], async (client) => {
    await client.query("UPDATE bucardo.sync SET status = 'active' WHERE name = $1", [link.sync]);
    await client.query(MARK_CHANGED);
  });
}
