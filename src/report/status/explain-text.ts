import type { Observation } from '../../observe/model.ts';
import type { PastRun, Retry } from '../../ledger/model.ts';
import type { Condition, ConditionType } from '../../plan/status/condition-model.ts';
import type { Plan } from '../../plan/model.ts';
import { unpurgedText } from '../../plan/status/unpurged.ts';
import type { TopologyStatus } from '../../plan/status/status-model.ts';
import { upstreamOf, type Link, type Topology } from '../../topology/model.ts';
import { formatTimestamp } from '../../lib/format.ts';
import { cleaned, toText } from '../layout.ts';
import { adviceFor } from './advice.ts';

/** What an explanation is made from. */
export interface Explaining {
  readonly topology: Topology;
  readonly observation: Observation;
  readonly plan: Plan;
  readonly status: TopologyStatus;
  readonly conditions: readonly Condition[];
  /** When it was looked at, epoch milliseconds. */
  readonly at: number;
  readonly retries: readonly Retry[];
  /** Newest first. */
  readonly runs: readonly PastRun[];
}

/** One cause, and what caused it in turn. */
export interface Cause {
  readonly text: string;
  readonly because: readonly Cause[];
}

/** Objects that are named one by one; of more the number is told. */
const NAMED = 5;
const PARTS: readonly ConditionType[] = ['Provisioned', 'TriggersInstalled', 'DaemonRunning', 'CopyComplete', 'Replicating', 'Cascading'];

const MARKS: readonly ConditionType[] = ['Suspended', 'Suspect'];

/** Why the topology, or one link of it (`orders/b-c`), is not Ready: a chain of causes down to the table or the process. */
export function explanation(seen: Explaining, address: string): Cause {
  const given = cleaned(seen);
  const link = given.topology.links.find((one) => one.address === address);
  if (link === undefined) return topologyCause(given);
  const { text, because } = linkCause(given, link, new Set());
  return { text, because: [...because, ...unpurged(given, (database) => database === link.from)] };
}

/** As indented lines: `orders/b-c Ready=False WaitingForUpstreamCopy`, below it `<- …`. */
export function explainText(cause: Cause): string {
  const lines = (one: Cause, depth: number): string[] => [
    `${depth === 0 ? '' : `${'   '.repeat(depth - 1)}<- `}${one.text}`,
    ...one.because.flatMap((inner) => lines(inner, depth + 1)),
  ];
  return toText(lines(cause, 0));
}

function conditionAt({ conditions }: Explaining, address: string, type: ConditionType): Condition | undefined {
  return conditions.find((one) => one.address === address && one.type === type);
}

/** Since when is said where an earlier look knew it: otherwise all that is known is that it is so now. */
function textOf({ at }: Explaining, { address, type, status, reason, message, since }: Condition, withAddress: boolean): string {
  const tail = message === '' ? '' : `: ${message}`;
  return `${withAddress ? `${address} ` : ''}${type}=${status} ${reason}${since < at ? ` since ${formatTimestamp(since)}` : ''}${tail}`;
}

function topologyCause(seen: Explaining): Cause {
  const { topology, plan } = seen;
  const ready = conditionAt(seen, topology.name, 'Ready');
  const unready = topology.links.filter((link) => conditionAt(seen, link.address, 'Ready')?.status !== 'True');
  // A link that another of them waits for is told where it is waited for.
  const roots = unready.filter((link) => !unready.some((other) => upstreamOf(topology, other).includes(link)));
  const approvals = plan.approvals.required
    .filter((one) => !one.given || one.cap !== undefined)
    .map((one) => leaf(`approval ${one.id} ${one.cap ?? 'is missing'}: ${one.steps.join(', ')}; goatherd approve ${one.id}`));
  // Neither makes a link unready by itself: it goes on as it was left, or replicates and is doubted.
  const marked = topology.links.filter(
    (link) => !unready.includes(link) && MARKS.some((type) => conditionAt(seen, link.address, type)?.status === 'True'),
  );
  const open =
    ready?.status !== 'True' && unready.length === 0 && marked.length === 0 && approvals.length === 0 ? openSteps(seen, () => true) : [];
  return {
    text: ready === undefined ? `${topology.name} was not looked at` : textOf(seen, { ...ready, message: '' }, true),
    because: [
      ...[...roots, ...marked].map((link) => linkCause(seen, link, new Set())),
      ...approvals,
      ...open,
      ...unpurged(seen, () => true),
      ...triedAgain(seen, (address) => !unready.some((link) => address === link.address || address.endsWith(`/${link.instance}`))),
    ],
  };
}

function linkCause(seen: Explaining, link: Link, told: Set<string>): Cause {
  told.add(link.address);
  const ready = conditionAt(seen, link.address, 'Ready');
  const parts = PARTS.flatMap((type) => conditionAt(seen, link.address, type) ?? []).filter((one) => one.status !== 'True');
  const suspect = conditionAt(seen, link.address, 'Suspect');
  const suspended = conditionAt(seen, link.address, 'Suspended');
  const because: Cause[] = [
    ...(suspended?.status === 'True' ? [leaf(textOf(seen, suspended, false))] : []),
    ...unreachable(seen, link),
    ...(ready?.status === 'True' ? [] : parts.map((one) => partCause(seen, link, one, told))),
    ...(suspect?.status === 'True' ? [{ text: textOf(seen, suspect, false), because: [leaf(`to do: ${adviceFor(suspect)}`)] }] : []),
    ...triedAgain(seen, (address) => address === link.address || address === `${seen.topology.name}/instance/${link.instance}`),
    ...failedRun(seen, link),
  ];
  const head = ready === undefined ? `${link.address} was not looked at` : textOf(seen, { ...ready, message: '' }, true);
  return { text: head, because };
}

function unreachable(seen: Explaining, link: Link): readonly Cause[] {
  return [link.from, link.to].flatMap((name) => {
    const found = conditionAt(seen, `${seen.topology.name}/${name}`, 'Reachable');
    return found === undefined || found.status === 'True' ? [] : [leaf(textOf(seen, found, true))];
  });
}

function partCause(seen: Explaining, link: Link, part: Condition, told: Set<string>): Cause {
  const waits = ['WaitingForUpstreamCopy', 'UpstreamNotReady'].includes(part.reason);
  const above = waits ? upstreamOf(seen.topology, link).filter((one) => !told.has(one.address)) : [];
  return { text: textOf(seen, part, false), because: [...above.map((one) => linkCause(seen, one, told)), ...details(seen, link, part)] };
}

/** What a part's condition does not say by itself: tables, processes, steps and what stands against them. */
function details(seen: Explaining, link: Link, part: Condition): readonly Cause[] {
  const mine = (address: string): boolean => address === link.address || address === `${seen.topology.name}/instance/${link.instance}`;
  switch (part.type) {
    case 'TriggersInstalled':
    case 'Provisioned':
    case 'Cascading':
      return [...fields(seen, link), ...openSteps(seen, mine)];
    case 'DaemonRunning':
      return [...processes(seen, link), ...openSteps(seen, mine)];
    case 'Replicating':
      return [...runs(seen, link), ...holders(seen, link)];
    case 'CopyComplete':
      return [...runs(seen, link), ...openSteps(seen, mine)];
    default:
      return [];
  }
}

/** Facts that differ: `public.items bucardo_delta: missing, shall be enabled`. */
function fields({ plan }: Explaining, link: Link): readonly Cause[] {
  const all = plan.changes
    .filter((change) => change.address === link.address && change.action !== 'create')
    .flatMap((change) => change.fields);
  const named = all.slice(0, NAMED).map(({ path, before, after }) => leaf(`${path}: ${before ?? 'missing'}, shall be ${after ?? 'gone'}`));
  return all.length > NAMED ? [...named, leaf(`and ${all.length - NAMED} more`)] : named;
}

function openSteps({ plan }: Explaining, mine: (address: string) => boolean): readonly Cause[] {
  const steps = plan.steps.filter((step) => mine(step.address));
  const blocked = steps.filter((step) => step.blocked !== null && !step.blocked.startsWith('waits for step'));
  const told = (blocked.length > 0 ? blocked : steps).slice(0, NAMED);
  return told.map((step) => leaf(step.blocked === null ? `to do: ${step.what}` : `blocked: ${step.what}: ${step.blocked}`));
}

function processes({ observation }: Explaining, link: Link): readonly Cause[] {
  const daemon = observation.instances[link.instance]?.daemon;
  if (daemon === undefined) return [];
  return [
    ...(daemon.masterPid === null ? [leaf(`no master process of ${link.instance} lives`)] : []),
    ...(daemon.masterPid !== null && !daemon.activeSyncs.includes(link.sync)
      ? [leaf(`the master, pid ${daemon.masterPid}, runs ${daemon.activeSyncs.join(', ') || 'nothing'}`)]
      : []),
    ...(daemon.orphans.length > 0 ? [leaf(`processes of an older daemon live: ${daemon.orphans.join(', ')}`)] : []),
  ];
}

function runs({ observation }: Explaining, link: Link): readonly Cause[] {
  const found = observation.instances[link.instance]?.control?.runs[link.sync];
  if (found === undefined) return [];
  const { running, lastGood, lastBad } = found;
  return [
    ...(running === null ? [] : [leaf(`a run goes on since ${formatTimestamp(running.startedAt)}: ${running.status}`)]),
    ...(lastBad === null || lastBad.endedAt <= (lastGood?.endedAt ?? 0)
      ? []
      : [leaf(`the last run failed at ${formatTimestamp(lastBad.endedAt)}: ${lastBad.error}`)]),
    ...(lastGood === null ? [leaf('no run has ended well')] : []),
  ];
}

/** Transactions that a run may have to wait for. */
function holders({ observation }: Explaining, link: Link): readonly Cause[] {
  return [link.from, link.to].flatMap((name) => {
    const database = observation.databases[name];
    if (database?.reachable !== true) return [];
    return database.longTransactions
      .slice(0, NAMED)
      .map(({ pid, seconds, application, state }) =>
        leaf(`a transaction of ${seconds} s is open on ${name}: pid ${pid} ${application} ${state}`.trimEnd()),
      );
  });
}

function triedAgain({ retries }: Explaining, mine: (address: string) => boolean): readonly Cause[] {
  return retries
    .filter(({ address }) => mine(address))
    .map(({ attempts, nextAt, error }) => leaf(`attempt ${attempts} failed, the next one at ${formatTimestamp(nextAt)}: ${error}`));
}

/** The last run of the topology that failed on this link, when nothing came after it. */
function failedRun({ runs: past }: Explaining, link: Link): readonly Cause[] {
  const [last] = past;
  if (last === undefined || last.outcome !== 'failed' || last.reason?.includes(`${link.id}/`) !== true) return [];
  return [leaf(`the last run (${last.command}, ${formatTimestamp(last.endedAt)}) failed: ${last.reason}`)];
}

/** It makes nothing unready, and is the answer to why a source's disk fills. */
function unpurged({ status }: Explaining, of: (database: string) => boolean): readonly Cause[] {
  return status.unpurged.filter((one) => of(one.database)).flatMap((one) => unpurgedText(one).map(leaf));
}

function leaf(text: string): Cause {
  return { text, because: [] };
}
