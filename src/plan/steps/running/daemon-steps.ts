import type { InstanceObservation } from '../../../observe/control-model.ts';
import { factKey } from '../../drift/fact.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { runId, stepId } from '../step-ids.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import { needsActivation, type Planned, wantsRunning } from '../planned.ts';

/**
 * When an instance's daemon is started. A daemon reads what it runs when it starts, so each group of links that become active together
 * is one wave: wave 0 brings up what is active already (or reads changed facts), wave d + 1 the links at depth d. A restart waits for
 * copies that run (rule 3).
 */
export interface DaemonPlan {
  readonly steps: readonly Draft[];
  /** Id of the start that brings a link up, by link address; absent when it runs already. */
  readonly startOf: ReadonlyMap<string, string>;
  /** Id of the start that has to come before a link's sync is made active: an earlier wave would begin its copy, and the next end it. */
  readonly activateAfter: ReadonlyMap<string, string>;
  /** Whether a daemon that runs is stopped and started again in wave 0. */
  readonly restarts: boolean;
}

/** What runs in an instance beside the links that may act. */
export interface Others {
  /** Syncs that are active there: never adopted, or of links that replicate and may not act. */
  readonly syncs: readonly string[];
  /** Whether a link of the instance is on its way out, or stopped: a run that was cut off may have stopped the daemon for it. */
  readonly ending: boolean;
}

/** Kinds of steps whose facts a daemon reads only when it starts. */
const READ_AT_START = ['register', 'settings', 'membership', 'set_aside', 'makedelta', 'deactivate', 'leave'] as const;

/**
 * `links`: the links of one instance that may act; `drafts`: their steps so far, to see what a running daemon would miss; `withheld`: steps
 * that nothing waits for now; `others`: what a daemon that is stopped for these runs again.
 */
export function daemonPlan(
  topology: string,
  instance: string,
  observed: InstanceObservation | undefined,
  links: readonly Planned[],
  drafts: readonly Draft[],
  withheld: ReadonlySet<string>,
  others: Others,
): DaemonPlan {
  const daemon = observed?.daemon ?? null;
  const alive = daemon !== null && daemon.masterPid !== null && daemon.startedAt !== null;
  const running = links.filter(({ view }) => wantsRunning(view));
  const pending = running.filter(needsActivation);
  const standing = running.filter((one) => !needsActivation(one));
  const changes = drafts.filter((step) => (READ_AT_START as readonly string[]).includes(step.kind) && belongsTo(step, instance));
  const rekeyed = drafts.filter(
    ({ work }) => work.kind === 'rekey' && links.some(({ view }) => view.link.from === work.database || view.link.to === work.database),
  );
  const leftovers = daemon !== null && !alive && (daemon.sessions.length > 0 || daemon.orphans.length > 0);
  // Drift of a daemon that is left alone: it is not stopped or started for that.
  const leaves =
    links.length > 0 &&
    links.every(({ view }) => view.left.has(factKey.daemon)) &&
    pending.length === 0 &&
    changes.length === 0 &&
    rekeyed.length === 0 &&
    !(alive && (observed?.control?.changedAt ?? 0) > daemon.startedAt);
  if (leaves) return { steps: [], startOf: new Map(), activateAfter: new Map(), restarts: false };
  const reasons = alive ? staleReasons(daemon, observed?.control ?? null, standing, changes, rekeyed) : [];
  // A copy that was asked for after this daemon started is not running in it: it reads the flag when it starts.
  const copying = standing.filter(({ view }) => !receiptOf(view) && (!alive || (view.ledger?.request?.askedAt ?? 0) <= daemon.startedAt));
  const wanted = standing.length > 0;
  const goesOn = others.syncs.length > 0 && (alive || changes.length > 0 || others.ending);
  const steps: Draft[] = [];
  const startOf = new Map<string, string>();
  const activateAfter = new Map<string, string>();
  const address = `${topology}/instance/${instance}`;
  const stop = (wave: number, phase: number, after: readonly string[], reason: string): void => {
    steps.push(
      draft({
        id: runId.stop(instance, wave),
        kind: 'stop_daemon',
        symbol: wanted || goesOn || pending.length > 0 ? '~' : '-',
        address,
        depth: wave,
        phase,
        after,
        reason,
        on: ['hub'],
        what: `stop daemon ${instance}`,
        work: { kind: 'stop_daemon', instance },
        hazards: ['PAUSES_LINK'],
        objects: 1,
        estimateSeconds: 3,
      }),
    );
  };
  const start = (
    wave: number,
    phase: number,
    group: readonly Planned[],
    after: readonly string[],
    reason: string,
    restart: boolean,
  ): void => {
    const syncs = group.map(({ view }) => view.link.sync).toSorted();
    steps.push(
      draft({
        id: runId.start(instance, wave),
        kind: 'start_daemon',
        symbol: restart ? '~' : '+',
        address,
        depth: wave,
        phase,
        after: [...after, runId.stop(instance, wave)],
        reason,
        on: ['hub', ...new Set(group.flatMap(({ view }) => [view.link.from, view.link.to]))],
        what: `start daemon ${instance} with ${[...syncs, ...others.syncs].join(', ')}`,
        work: { kind: 'start_daemon', instance, restart, syncs },
        lock: { mode: 'ACCESS SHARE' },
        objects: syncs.length,
        estimateSeconds: 3,
      }),
    );
  };
  const waitsForCopies = copying.flatMap(({ view }) => [runId.copy(view.link.id), runId.receipt(view.link.id)]);
  let up = alive;
  const own = new Set(links.map(({ view }) => view.link.sync));
  const runsOthers = observed?.control?.syncs.some((sync) => sync.status === 'active' && !own.has(sync.name)) === true;
  const unwantedDaemon = alive && !wanted && pending.length === 0 && !runsOthers;
  if (leftovers || reasons.length > 0 || unwantedDaemon) {
    stop(
      0,
      PHASE.run,
      [...changes.map((step) => step.id), ...(alive ? waitsForCopies : [])],
      leftovers ? 'sessions of a dead daemon are left' : (reasons[0] ?? 'no link of it is to run'),
    );
    up = false;
  }
  if ((wanted || goesOn) && !up) {
    const prepared = [
      ...standing
        .flatMap(({ view }) => [stepId.triggers(view), stepId.helpers(view), stepId.membership(view)])
        .filter((id) => !withheld.has(id)),
      ...rekeyed.map((step) => step.id),
    ];
    start(0, PHASE.run + 1, standing, [...changes.map((step) => step.id), ...prepared], reasons[0] ?? 'no daemon runs', alive);
    for (const { view } of standing)
      if (!alive || !copying.some((one) => one.view === view)) startOf.set(view.link.address, runId.start(instance, 0));
    up = true;
  }
  let last = runId.start(instance, 0);
  const waves = [...new Set(pending.map(({ view }) => view.depth))].toSorted((one, other) => one - other);
  for (const depth of waves) {
    const wave = depth + 1;
    const group = pending.filter(({ view }) => view.depth === depth);
    const before = [...standing, ...pending.filter(({ view }) => view.depth < depth)];
    const phase = PHASE.run + depth * 10;
    const activated = group.map(({ view }) => runId.activate(view));
    const copies = [
      ...waitsForCopies,
      // What stands for a table that leaves goes when no daemon has read it.
      ...changes.filter((step) => step.kind === 'leave').map((step) => step.id),
      ...before.flatMap(({ view }) => [runId.copy(view.link.id), runId.receipt(view.link.id)]),
      // A daemon that runs what it should not is down before another is started.
      runId.stop(instance, 0),
      runId.start(instance, 0),
    ];
    if (up)
      stop(
        wave,
        phase + 5,
        [...activated, ...copies],
        `it reads its syncs when it starts: ${group.map(({ view }) => view.link.id).join(', ')} become active`,
      );
    start(
      wave,
      phase + 6,
      [...before, ...group],
      [...activated, ...copies],
      `${group.map(({ view }) => view.link.id).join(', ')} declared running`,
      up,
    );
    for (const { view } of group) {
      startOf.set(view.link.address, runId.start(instance, wave));
      activateAfter.set(view.link.address, last);
    }
    last = runId.start(instance, wave);
    up = true;
  }
  return { steps, startOf, activateAfter, restarts: alive && reasons.length > 0 };
}

function belongsTo(step: Draft, instance: string): boolean {
  return 'instance' in step.work && step.work.instance === instance;
}

/** Why a daemon that runs has to be started again; empty when it runs exactly what it shall. */
function staleReasons(
  daemon: NonNullable<InstanceObservation['daemon']>,
  control: InstanceObservation['control'],
  standing: readonly Planned[],
  changes: readonly Draft[],
  rekeyed: readonly Draft[],
): string[] {
  const wanted = standing.map(({ view }) => view.link.sync);
  const lacking = wanted.filter((sync) => !daemon.activeSyncs.includes(sync));
  // One that is active in its row would be there again after a restart: a link that is blocked, or that no file names, is left alone.
  const active = new Set(control?.syncs.filter((sync) => sync.status === 'active').map((sync) => sync.name));
  const extra = daemon.activeSyncs.filter((sync) => !active.has(sync));
  return [
    ...(changes.length > 0
      ? [`it reads ${[...new Set(changes.map((step) => step.kind.replace('_', ' ')))].join(', ')} when it starts`]
      : []),
    ...(rekeyed.length > 0 ? ['delta tables that it reads or writes are made anew'] : []),
    ...((control?.changedAt ?? 0) > (daemon.startedAt ?? 0) ? ['facts changed since it started'] : []),
    ...(lacking.length > 0 ? [`${lacking.join(', ')} ${lacking.length === 1 ? 'is' : 'are'} not active in it`] : []),
    ...(extra.length > 0 ? [`${extra.join(', ')} ${extra.length === 1 ? 'runs' : 'run'} in it and should not`] : []),
    ...(daemon.orphans.length > 0 ? [`processes of an older daemon live: ${daemon.orphans.length}`] : []),
  ];
}
