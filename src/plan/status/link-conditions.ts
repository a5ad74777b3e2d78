import { formatDuration } from '../../lib/format.ts';
import { type Link, upstreamOf } from '../../topology/model.ts';
import { makedeltaNames } from '../steps/preparing/makedelta.ts';
import type { ConditionType } from './condition-model.ts';
import type { ConditionInput, Finding } from './conditions.ts';
import type { Step, StepKind } from '../step-model.ts';
import type { LinkStatus } from './status-model.ts';

/** Beyond this a link that replicates is late. */
const LAG_HIGH_SECONDS = 60;

const PREPARING: readonly StepKind[] = ['ledger', 'control_database', 'register', 'settings', 'helpers', 'membership', 'copy_tables'];

/** What `Ready` of a link is made of, in this order: the first that is not True says why it is not. */
const PARTS: readonly ConditionType[] = ['Provisioned', 'TriggersInstalled', 'DaemonRunning', 'CopyComplete', 'Replicating', 'Cascading'];

/** What cannot be as it shall be while a database is away. */
const FOLLOWS: readonly ConditionType[] = ['TriggersInstalled', 'DaemonRunning', 'CopyComplete', 'Replicating'];

interface Scene {
  readonly input: ConditionInput;
  readonly link: Link;
  readonly status: LinkStatus;
  /** Its own steps, and those of its instance. */
  readonly steps: readonly Step[];
  readonly at: (type: ConditionType, status: Finding['status'], reason: string, message?: string) => Finding;
}

/** The conditions of one link. */
export function linkConditions(input: ConditionInput, link: Link): readonly Finding[] {
  const at: Scene['at'] = (type, status, reason, message = '') => ({ address: link.address, type, status, reason, message });
  const passesOn = cascades(input, link);
  const types: readonly ConditionType[] = ['Ready', ...PARTS.filter((type) => type !== 'Cascading' || passesOn), 'Suspect', 'Suspended'];
  const status = input.seen?.status.links.find((one) => one.address === link.address);
  if (input.seen === null || status === undefined || status.state === 'unknown')
    return types.map((type) => at(type, 'Unknown', input.seen === null ? 'NotObserved' : 'ControlDatabaseDown'));
  const instance = `${input.topology.name}/instance/${link.instance}`;
  const steps = input.seen.plan.steps.filter((step) => step.address === link.address || step.address === instance);
  const scene: Scene = { input, link, status, steps, at };
  const parts = [
    provisioned(scene),
    triggers(scene),
    daemon(scene),
    copy(scene),
    replicating(scene),
    ...(passesOn ? [cascading(scene)] : []),
  ];
  return [ready(scene, parts), ...parts, suspect(scene), suspended(scene)];
}

/** A link that leaves a database which passes on what it receives. */
function cascades({ topology }: ConditionInput, link: Link): boolean {
  const passes = topology.databases.find((one) => one.name === link.from)?.cascade === true;
  return passes && upstreamOf(topology, link).length > 0;
}

function ready({ at, status, link, input }: Scene, parts: readonly Finding[]): Finding {
  // A link that shall stand still is as it should be when it does.
  const asWanted = status.state === 'stopped' || (link.state === 'stopped' && status.state !== 'blocked');
  const first = parts.find(
    (one) => one.status !== 'True' && !(asWanted && ['DaemonRunning', 'Replicating', 'CopyComplete'].includes(one.type)),
  );
  if (first === undefined) return at('Ready', 'True', asWanted ? 'Stopped' : 'Ready');
  // Bucardo's processes end, fail and linger when a database goes: that is what follows, not what is wrong.
  const away = awayOf({ input, link });
  return away !== undefined && FOLLOWS.includes(first.type) && first.reason !== 'StoppedByUser'
    ? at('Ready', first.status, 'Unreachable', away)
    : at('Ready', first.status, first.reason, first.message);
}

/** Which of its databases does not answer, and why; undefined when both do. */
function awayOf({ input, link }: Pick<Scene, 'input' | 'link'>): string | undefined {
  const away = [link.from, link.to].flatMap((name) => {
    const seen = input.seen?.observation.databases[name];
    return seen === undefined || seen.reachable ? [] : [`database ${name}: ${seen.message}`];
  });
  return away.length === 0 ? undefined : away.join('; ');
}

function blockedBy({ input, link }: Scene): { readonly code: string; readonly message: string } | undefined {
  const places = [link.address, `${input.topology.name}/${link.from}`, `${input.topology.name}/${link.to}`];
  return input.seen?.plan.diagnostics.find((one) => one.severity === 'error' && places.includes(one.address));
}

function provisioned(scene: Scene): Finding {
  const { at, steps, status, input, link } = scene;
  const open = steps.filter((step) => PREPARING.includes(step.kind));
  if (open.length === 0 && status.state !== 'absent' && status.state !== 'blocked') return at('Provisioned', 'True', 'Provisioned');
  const error = blockedBy(scene);
  if (error !== undefined && open.length > 0) {
    const reason = /key/i.test(error.code)
      ? 'PrimaryKeyMissing'
      : /unreachable|connect/i.test(error.code)
        ? 'Unreachable'
        : 'SchemaMismatch';
    return at('Provisioned', 'False', reason, `${error.code}: ${error.message}`);
  }
  if (open.length === 0)
    return at('Provisioned', status.state === 'absent' ? 'False' : 'True', status.state === 'absent' ? 'Pending' : 'Provisioned');
  const failed = retryOf(scene, open);
  if (failed !== undefined) return at('Provisioned', 'False', 'InstallFailed', failed);
  const above = upstreamOf(input.topology, link).find((one) => !hasSync(input, one.address));
  if (above !== undefined) return at('Provisioned', 'False', 'UpstreamNotReady', `waits for ${above.id}`);
  return at('Provisioned', 'False', status.state === 'absent' ? 'Pending' : 'FactsDiffer', open.map((step) => step.what).join('; '));
}

function hasSync({ seen }: ConditionInput, address: string): boolean {
  return seen?.status.links.find((one) => one.address === address)?.state !== 'absent';
}

/** Why its steps are put off; undefined when they are not. */
function retryOf({ input, link }: Scene, steps: readonly Step[]): string | undefined {
  const addresses = new Set([link.address, ...steps.map((step) => step.address)]);
  return input.retries.find((one) => addresses.has(one.address))?.error;
}

function triggers(scene: Scene): Finding {
  const { at, status } = scene;
  if (status.triggers === null) return at('TriggersInstalled', 'Unknown', 'SourceUnreachable', 'the source cannot be seen');
  const { right, wanted } = status.triggers;
  const open = scene.steps.filter((step) => step.kind === 'triggers' || step.kind === 'always');
  if (right >= wanted && wanted > 0 && open.length === 0) return at('TriggersInstalled', 'True', 'Installed', `${right} triggers`);
  const message = `${right} of ${wanted} triggers are as they shall be`;
  const error = retryOf(scene, []);
  if (error !== undefined && /LockBudgetSpent/.test(error)) return at('TriggersInstalled', 'False', 'LockTimeout', error);
  if (wanted === 0) return at('TriggersInstalled', 'False', 'NothingSelected', 'no table of the source matches');
  // Those of a cascade fire ALWAYS only after the copy above.
  const before = ['none', 'waiting', 'copying'].includes(status.copy.state);
  if (right >= wanted && before) return at('TriggersInstalled', 'True', 'Installed', message);
  return at('TriggersInstalled', 'False', before ? 'Installing' : 'TriggerStateDrift', message);
}

function daemon({ at, status, link, input }: Scene): Finding {
  if (link.state === 'stopped') return at('DaemonRunning', 'False', 'Stopped', 'declared stopped');
  const stopped = status.suspension !== null && status.daemon?.state !== 'up';
  if (stopped) return at('DaemonRunning', 'False', 'StoppedByUser', `${status.suspension?.by ?? ''}: ${status.suspension?.reason ?? ''}`);
  if (status.daemon === null) return at('DaemonRunning', 'False', 'NotStarted');
  if (status.daemon.state === 'up') return at('DaemonRunning', 'True', 'Running', `pid ${status.daemon.pid ?? '?'}`);
  if (status.state === 'absent' || status.state === 'waiting' || status.state === 'pending')
    return at('DaemonRunning', 'False', 'NotStarted');
  const looping = input.retries.find((one) => one.address === `${input.topology.name}/instance/${link.instance}`);
  if (looping !== undefined) return at('DaemonRunning', 'False', 'CrashLooping', looping.error);
  const orphans = input.seen?.observation.instances[link.instance]?.daemon?.orphans ?? [];
  if (orphans.length > 0) return at('DaemonRunning', 'False', 'ForeignPid', `processes of an older daemon live: ${orphans.join(', ')}`);
  const message = status.daemon.state === 'without' ? 'the daemon runs without this link' : 'no daemon runs it';
  return at('DaemonRunning', 'False', 'DaemonDown', message);
}

function copy(scene: Scene): Finding {
  const { at, status, steps } = scene;
  const { state, tables, skipped, now, waitsFor } = status.copy;
  switch (state) {
    case 'complete':
      return skipped > 0
        ? at('CopyComplete', 'True', 'SkippedNotEmpty', `${tables} tables copied, ${skipped} left as they were: the target held rows`)
        : at('CopyComplete', 'True', 'Copied', `${tables} tables`);
    case 'not_requested':
      return at('CopyComplete', 'True', 'NotRequested');
    case 'unknown':
      return at('CopyComplete', 'True', 'CopyUnknown', 'the ledger was lost: no copy is repeated');
    case 'waiting':
      return at('CopyComplete', 'False', 'WaitingForUpstreamCopy', `waits for ${waitsFor ?? 'the link above'}`);
    case 'copying':
    case 'none': {
      const error = retryOf(scene, steps);
      if (error !== undefined && error.startsWith('Copy')) return at('CopyComplete', 'False', 'CopyFailed', error);
      if (state === 'none') return at('CopyComplete', 'False', 'NotStarted');
      return at('CopyComplete', 'False', 'Copying', now === null ? `${tables} tables` : `${tables} tables, now ${now}`);
    }
  }
}

function replicating({ at, status, input, link }: Scene): Finding {
  const { state, lagSeconds, backlogRows } = status;
  const runs = input.seen?.observation.instances[link.instance]?.control?.runs[link.sync];
  if (state === 'failing') return at('Replicating', 'False', 'SyncErrors', `the last run failed: ${runs?.lastBad?.error ?? ''}`);
  if (status.daemon?.state !== 'up') return at('Replicating', 'False', 'NoRecentRun', 'no daemon runs it');
  if (!['complete', 'not_requested', 'unknown'].includes(status.copy.state))
    return at('Replicating', 'False', 'CopyFirst', 'its copy is not complete');
  if (lagSeconds === null) return at('Replicating', 'Unknown', 'SourceUnreachable', 'what waits on the source could not be measured');
  const waits = `${backlogRows ?? 0} changes wait, the oldest for ${formatDuration(lagSeconds)}`;
  if (lagSeconds > LAG_HIGH_SECONDS) return at('Replicating', 'False', 'LagHigh', waits);
  if (state === 'unreachable') return at('Replicating', 'Unknown', 'Unreachable', awayOf({ input, link }));
  return at('Replicating', 'True', 'Replicating', waits);
}

function cascading({ at, input, link, steps }: Scene): Finding {
  const above = upstreamOf(input.topology, link);
  const copied = above.every((one) => {
    const state = input.seen?.status.links.find((other) => other.address === one.address)?.copy.state;
    return state === 'complete' || state === 'not_requested' || state === 'unknown';
  });
  if (!copied) return at('Cascading', 'False', 'UpstreamNotReady', `waits for ${above.map((one) => one.id).join(', ')}`);
  // Where it is to end, it is on: nothing leaves the database below any more.
  const makedelta = input.seen?.plan.steps.some(
    ({ work, address }) =>
      work.kind === 'makedelta' &&
      above.some((one) => one.address === address && work.goats.some((goat) => makedeltaNames(goat.makedelta).has(one.aliases.to))),
  );
  if (makedelta === true)
    return at('Cascading', 'False', 'MakedeltaOff', `${above.map((one) => one.id).join(', ')} does not write down all it brings`);
  if (steps.some((step) => step.kind === 'always'))
    return at('Cascading', 'False', 'NoteTruncNotAlways', 'a TRUNCATE from above would not be passed on');
  return at('Cascading', 'True', 'Cascading');
}

function suspect({ at, input, link }: Scene): Finding {
  const found = input.seen?.plan.links.find((one) => one.address === link.address)?.suspect ?? null;
  return found === null ? at('Suspect', 'False', 'NotSuspect') : at('Suspect', 'True', 'Suspect', found);
}

function suspended({ at, status }: Scene): Finding {
  const { suspension } = status;
  if (suspension === null) return at('Suspended', 'False', 'NotSuspended');
  return at('Suspended', 'True', 'SuspendedByUser', `${suspension.by}: ${suspension.reason}`);
}
