import { plural } from '../../lib/format.ts';
import type { Observation } from '../../observe/model.ts';
import type { Problem, Topology } from '../../topology/model.ts';
import { standsAsDeclared } from './as-declared.ts';
import type { Condition, ConditionType } from './condition-model.ts';
import { linkConditions } from './link-conditions.ts';
import type { Diagnostic, Plan } from '../model.ts';
import type { TopologyStatus } from './status-model.ts';
import { atAddressesNow, renamedAddresses } from '../view/remembered/renamed-addresses.ts';

/** What the conditions of one topology are made from. Times are epoch milliseconds. */
export interface ConditionInput {
  readonly topology: Topology;
  /** Null before the first look. */
  readonly seen: { readonly observation: Observation; readonly plan: Plan; readonly status: TopologyStatus } | null;
  /** Looks in a row that came to nothing. */
  readonly missedLooks: number;
  readonly revision: string | null;
  /** Why the desired revision is not in force. */
  readonly problems: readonly Problem[];
  readonly retries: readonly { readonly address: string; readonly error: string; readonly fatal: boolean }[];
  /** The run that goes on: `waiting` when all that is left of it are gates. */
  readonly run: 'none' | 'working' | 'waiting';
  readonly previous: readonly Condition[];
  readonly now: number;
}

/** One condition before it is known since when. */
export interface Finding {
  readonly address: string;
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** After so many looks that came to nothing, what was seen before says nothing any more (RECONCILERS 4.1, rule 4). */
const STALE_AFTER = 3;

/**
 * Every condition of a topology, its databases and its links. Each type stands from the first sight on, `Unknown` until it is known. What is
 * renamed goes on as what it was before.
 */
export function conditionsOf(input: ConditionInput): readonly Condition[] {
  const { topology, previous, now, revision } = input;
  const databases = topology.databases.map(({ name }) => reachable(input, name));
  const links = topology.links.flatMap((link) => linkConditions(input, link));
  const stale = input.missedLooks >= STALE_AFTER;
  const seen = [...databases, ...links].map((one) => (stale ? unknown(one, input.missedLooks) : one));
  const findings = [...topologyFindings(input, seen, stale), ...seen];
  const known = new Map(atAddressesNow(previous, renamedAddresses(topology)).map((one) => [`${one.address} ${one.type}`, one]));
  return findings.map((one): Condition => {
    const before = known.get(`${one.address} ${one.type}`);
    return { ...one, since: before?.status === one.status ? before.since : now, observedRevision: revision };
  });
}

function unknown(one: Finding, missed: number): Finding {
  return { ...one, status: 'Unknown', reason: 'ObservationStale', message: `${missed} looks in a row came to nothing` };
}

function topologyFindings(input: ConditionInput, seen: readonly Finding[], stale: boolean): readonly Finding[] {
  const at = (type: ConditionType, status: Finding['status'], reason: string, message = ''): Finding => ({
    address: input.topology.name,
    type,
    status,
    reason,
    message,
  });
  const problem = input.problems[0];
  const valid = problem === undefined ? at('SpecValid', 'True', 'Valid') : at('SpecValid', 'False', specReason(problem), problem.message);
  if (input.seen === null || stale) {
    const reason = stale ? 'ObservationStale' : 'NotObserved';
    return [
      valid,
      ...(['Approved', 'InSync', 'Ready', 'Reconciling', 'Stalled', 'Suspended'] as const).map((type) => at(type, 'Unknown', reason)),
    ];
  }
  const { plan, status } = input.seen;
  const approved = approvedOf(plan, at);
  const inSync = inSyncOf(plan, status, at);
  const links = seen.filter((one) => one.type === 'Ready');
  const unready = links.find((one) => one.status !== 'True');
  const ready =
    unready !== undefined
      ? at('Ready', unready.status, unready.reason, unready.message === '' ? unready.address : `${unready.address}: ${unready.message}`)
      : inSync.status === 'True' || (inSync.status === 'False' && standsAsDeclared(plan))
        ? at('Ready', 'True', 'Ready', plural(links.length, 'link'))
        : at('Ready', inSync.status, inSync.reason, inSync.message);
  return [valid, approved, inSync, ready, reconcilingOf(input, at), stalledOf(input, plan, approved, at), suspendedOf(status, at)];
}

type At = (type: ConditionType, status: Finding['status'], reason: string, message?: string) => Finding;

function specReason({ code }: Problem): string {
  if (/cycle/i.test(code)) return 'CycleFound';
  return /owner|twice|duplicate|taken/i.test(code) ? 'DuplicateOwner' : 'SchemaError';
}

function approvedOf(plan: Plan, at: At): Finding {
  const missing = plan.approvals.required.find((one) => !one.given);
  if (missing !== undefined)
    return at('Approved', 'False', 'ApprovalMissing', `goatherd approve ${missing.id} approves ${missing.steps.join(', ')}`);
  const capped = plan.approvals.required.find((one) => one.cap !== undefined);
  if (capped !== undefined) return at('Approved', 'False', 'CapExceeded', `${capped.cap ?? ''}: goatherd approve ${capped.id} --over-cap`);
  return at('Approved', 'True', plan.approvals.required.length === 0 ? 'NothingToApprove' : 'Approved');
}

function inSyncOf(plan: Plan, status: TopologyStatus, at: At): Finding {
  if (status.verdict === 'unknown') return at('InSync', 'Unknown', 'ObservationIncomplete', status.reasons.join('; '));
  const open = plan.steps.filter((step) => step.blocked === null);
  const contended = contendedIn(plan);
  if (contended !== undefined) return at('InSync', 'False', 'Contended', contended.message);
  switch (plan.verdict) {
    case 'in_sync':
      return at('InSync', 'True', 'InSync', `${plan.factsChecked} facts`);
    case 'drift':
      return at('InSync', 'False', 'DriftDetected', plan.changes.map((change) => change.what).join('; '));
    case 'changes':
      return at('InSync', 'False', 'ChangesPending', `${open.length} steps`);
    case 'blocked': {
      const reason = plan.steps.find((step) => step.blocked !== null && !step.blocked.startsWith('waits for step'))?.blocked;
      return at('InSync', 'False', 'Blocked', reason ?? plan.diagnostics[0]?.message ?? '');
    }
  }
}

/** What was put back again and again, and is left alone (rule 15). */
function contendedIn(plan: Plan): Diagnostic | undefined {
  return plan.diagnostics.find((one) => one.code === 'Contended');
}

function reconcilingOf({ run, retries }: ConditionInput, at: At): Finding {
  if (run === 'none' && retries.length > 0) return at('Reconciling', 'True', 'ProgressingWithRetry', retries[0]?.error ?? '');
  if (run === 'none') return at('Reconciling', 'False', 'Idle');
  return at('Reconciling', 'True', run === 'waiting' ? 'WaitingOnGate' : 'Progressing');
}

function stalledOf({ retries }: ConditionInput, plan: Plan, approved: Finding, at: At): Finding {
  const fatal = retries.find((one) => one.fatal);
  if (fatal !== undefined) return at('Stalled', 'True', 'TerminalError', `${fatal.address}: ${fatal.error}`);
  if (approved.status === 'False') return at('Stalled', 'True', approved.reason, approved.message);
  const contended = contendedIn(plan);
  if (contended !== undefined) return at('Stalled', 'True', 'Contended', contended.message);
  return at('Stalled', 'False', 'NothingInTheWay');
}

function suspendedOf({ links }: TopologyStatus, at: At): Finding {
  const suspended = links.filter((link) => link.suspension !== null);
  const first = suspended[0]?.suspension ?? null;
  if (first === null) return at('Suspended', 'False', 'NotSuspended');
  const named = suspended.length === links.length ? '' : `${suspended.map((link) => link.id).join(', ')}: `;
  return at('Suspended', 'True', 'SuspendedByUser', `${named}by ${first.by}: ${first.reason}`);
}

function reachable({ topology, seen }: ConditionInput, name: string): Finding {
  const address = `${topology.name}/${name}`;
  const of = (status: Finding['status'], reason: string, message = ''): Finding => ({
    address,
    type: 'Reachable',
    status,
    reason,
    message,
  });
  const database = seen?.observation.databases[name];
  if (database === undefined) return of('Unknown', 'NotObserved');
  if (!database.reachable) return of('False', database.code.startsWith('28') ? 'AuthFailed' : 'ConnectFailed', database.message);
  const found = seen?.plan.diagnostics.find((one) => one.address === address && one.severity === 'error');
  if (found === undefined) return of('True', 'Reachable');
  if (database.inRecovery) return of('False', 'ReadOnly', found.message);
  if (/right|privilege|replicationrole/i.test(found.code)) return of('False', 'RightsMissing', found.message);
  return /version/i.test(found.code) ? of('False', 'VersionUnsupported', found.message) : of('True', 'Reachable', found.message);
}
