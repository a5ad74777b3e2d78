import type { LastWord, Ledger } from '../../ledger/model.ts';
import { fewOf, formatDuration, formatTimestamp, plural } from '../../lib/format.ts';
import type { Backlog, CopyNow, Observation, Unpurged } from '../../observe/model.ts';
import type { Topology } from '../../topology/model.ts';
import { carriedBy } from '../view/carried.ts';
import { copyEnded } from '../view/copies/copy.ts';
import { type LinkView, linkViews } from '../view/link-view.ts';
import { withLostLinks } from '../view/remembered/lost-ledger.ts';
import type { Change, Plan } from '../model.ts';
import { standsAsDeclared } from './as-declared.ts';
import { preflight } from '../preflight/preflight.ts';
import { unpurgedOf, unpurgedText } from './unpurged.ts';
import type { CopyStatus, DaemonStatus, LinkState, LinkStatus, TopologyStatus } from './status-model.ts';
import { endOfSuspension, suspensionOf, suspensionText } from '../view/suspensions.ts';

/** Measures that no plan needs. By link address. */
export interface Measures {
  readonly backlog: Readonly<Record<string, Backlog>>;
  readonly copies: Readonly<Record<string, CopyNow>>;
  /** By source. */
  readonly unpurged: Readonly<Record<string, Unpurged>>;
}

/** Links whose copy goes on, as far as the ledger and the control database know. */
export function copyingLinks(topology: Topology, observation: Observation, ledger: Ledger): readonly string[] {
  return linkViews(topology, observation, ledger)
    .filter((view) => copyState(view) === 'copying' && view.ledger?.recopy === null)
    .map((view) => view.link.address);
}

/** What stands, link by link. `plan`: made of the same look; it tells drift and what is blocked. */
export function statusOf(topology: Topology, observation: Observation, found: Ledger, plan: Plan, measures: Measures): TopologyStatus {
  const ledger = withLostLinks(topology, observation, found);
  const views = linkViews(topology, observation, ledger);
  const { unfit } = preflight(topology, observation, views, ledger);
  const links = views.map((view): LinkStatus => {
    const { address, id, sync } = view.link;
    const tables = carriedBy(view, unfit.get(address) ?? new Set()).tables;
    const wanted = view.link.state === 'detached' ? 0 : view.link.disableKicking ? 2 : 3;
    const wrong = tables.reduce((sum, one) => sum + new Set([...one.triggers, ...one.notAlways]).size, 0);
    const suspension = suspensionOf(ledger, view.link);
    const daemon = observation.hub.reachable ? daemonOf(view, sync) : null;
    const state = observation.hub.reachable ? stateOf(view, plan, daemon, suspension !== null) : 'unknown';
    const backlog = measures.backlog[address];
    return {
      address,
      id,
      state,
      since: sinceOf(state, view, suspension?.since ?? null),
      copy: copyOf(view, measures.copies[address]),
      lagSeconds: backlog?.lagSeconds ?? null,
      backlogRows: backlog?.rows ?? null,
      lastGoodAt: view.runs?.lastGood?.endedAt ?? null,
      triggers: view.source === null ? null : { right: Math.max(0, tables.length * wanted - wrong), wanted: tables.length * wanted },
      daemon,
      suspension,
      notes: notesOf(
        view,
        state,
        plan,
        suspension === null ? null : `${suspensionText(suspension)}; ${endOfSuspension(ledger, view.link)} ends it`,
        backlog,
        ledger.words?.[view.link.address],
      ),
    };
  });
  const unpurged = unpurgedOf(topology, ledger, links, measures.unpurged);
  const unwell = links.filter(({ state }) => state !== 'running' && state !== 'stopped' && state !== 'detached');
  const unwellText = unwell.map(({ id, state }) => `${id} ${state}`);
  const ready = standsAsDeclared(plan) && unwell.every(({ state }) => state === 'drifted');
  const lags = links.map((link) => link.lagSeconds).filter((lag) => lag !== null);
  const kept = plan.diagnostics
    .filter(
      (one) => one.severity === 'error' && links.some((link) => one.address === `${topology.name}/${link.id}` && link.state === 'running'),
    )
    .map((one) => `${one.address.split('/')[1] ?? ''} ${one.code}`);
  const suspects = plan.links.filter((link) => link.suspect !== null).map((link) => `${link.address.split('/')[1] ?? ''} Suspect`);
  return {
    topology: topology.name,
    file: topology.file,
    verdict: observation.hub.reachable ? (ready ? 'ready' : 'not_ready') : 'unknown',
    reasons: !observation.hub.reachable
      ? [`the hub cannot be reached: ${observation.hub.message}`]
      : ready
        ? [
            plural(links.length, 'link'),
            `oldest change on its way ${formatDuration(Math.max(0, ...lags))}`,
            ...unwellText,
            ...kept,
            ...suspects,
          ]
        : [...unwellText, ...(unwell.length === 0 ? ['the plan is not empty'] : []), ...kept, ...suspects],
    links,
    unpurged,
    notes: [
      ...plan.approvals.required
        .filter((one) => !one.given)
        .map((one) => `approval ${one.id} is missing: ${plural(one.steps.length, 'step')}`),
      ...unpurged.flatMap(unpurgedText),
    ],
  };
}

function stateOf(view: LinkView, plan: Plan, daemon: DaemonStatus | null, suspended: boolean): LinkState {
  if (suspended) return 'suspended';
  if (view.source === null || view.target === null) return 'unreachable';
  const blocked = plan.links.find((link) => link.address === view.link.address)?.state === 'blocked';
  if (view.sync === null) return blocked ? 'blocked' : 'absent';
  if (view.link.state !== 'running') return view.link.state;
  const copy = copyState(view);
  if ((view.ledger?.recopy ?? null) !== null) return blocked ? 'blocked' : 'copying';
  if (copy === 'copying') return daemon?.state === 'up' ? 'copying' : 'down';
  if (copy === 'waiting') return 'waiting';
  if (daemon?.state !== 'up') return blocked ? 'blocked' : copy === 'none' ? 'pending' : 'down';
  const change = plan.changes.find((one) => one.address === view.link.address);
  if (failing(view)) return 'failing';
  if (change !== undefined) return change.action === 'drift' ? 'drifted' : 'pending';
  return blocked ? 'blocked' : 'running';
}

/** Its last run that ended failed: it is rolled back and tried again. */
function failing({ runs }: LinkView): boolean {
  return runs?.lastBad !== null && runs?.lastBad !== undefined && runs.lastBad.endedAt > (runs.lastGood?.endedAt ?? 0);
}

function copyState(view: LinkView): CopyStatus['state'] {
  const receipt = view.ledger?.receipt ?? null;
  if (view.link.state === 'running' && (view.ledger?.recopy ?? null) !== null) return 'copying';
  if (receipt !== null) return receipt.mode === 'unknown' ? 'unknown' : receipt.mode === 'never' ? 'not_requested' : 'complete';
  if (typeof view.ledger?.request?.askedAt === 'number') return copyEnded(view) ? 'complete' : 'copying';
  return view.upstream.length > 0 && view.sync !== null ? 'waiting' : 'none';
}

function copyOf(view: LinkView, now: CopyNow | undefined): CopyStatus {
  const state = copyState(view);
  const receipt = view.ledger?.receipt ?? null;
  const request = view.ledger?.request ?? null;
  return {
    state,
    tables: view.ledger?.recopy?.tables.length ?? receipt?.copied.length ?? request?.tables.length ?? 0,
    skipped: receipt?.skipped.length ?? request?.skipped.length ?? 0,
    rows: receipt === null || receipt.mode === 'unknown' ? null : receipt.rows,
    completedAt: state === 'complete' && receipt !== null && receipt.endedAt > 0 ? receipt.endedAt : null,
    now: state === 'copying' ? (now?.table ?? null) : null,
    waitsFor: state === 'waiting' ? (view.upstream[0]?.id ?? null) : null,
  };
}

function daemonOf({ daemon }: LinkView, sync: string): DaemonStatus | null {
  if (daemon === null) return null;
  const alive = daemon.masterPid !== null && daemon.startedAt !== null;
  const state = !alive ? 'down' : daemon.activeSyncs.includes(sync) ? 'up' : 'without';
  return { state, pid: daemon.masterPid, startedAt: daemon.startedAt };
}

function sinceOf(state: LinkState, view: LinkView, suspendedSince: number | null): number | null {
  switch (state) {
    case 'suspended':
      return suspendedSince;
    case 'copying':
      return view.ledger?.request?.askedAt ?? null;
    case 'down':
    case 'stopped':
    case 'detached':
    case 'unreachable':
      return Math.max(view.runs?.lastGood?.endedAt ?? 0, view.runs?.lastBad?.endedAt ?? 0) || null;
    case 'failing':
      return view.runs?.lastGood?.endedAt ?? view.runs?.lastBad?.startedAt ?? null;
    case 'running':
    case 'drifted':
    case 'pending':
      return view.daemon?.startedAt ?? null;
    case 'waiting':
    case 'blocked':
    case 'absent':
    case 'unknown':
      return null;
  }
}

function notesOf(
  view: LinkView,
  state: LinkState,
  plan: Plan,
  suspended: string | null,
  backlog: Backlog | undefined,
  word: LastWord | undefined,
): readonly string[] {
  const { address, from, to, former } = view.link;
  const suspect = plan.links.find((link) => link.address === address)?.suspect ?? null;
  const errors = plan.diagnostics.filter(
    (one) =>
      one.severity === 'error' &&
      [address, 'hub', `${address.split('/')[0] ?? ''}/${from}`, `${address.split('/')[0] ?? ''}/${to}`].includes(one.address),
  );
  const blocked = plan.steps.find(
    (step) => step.address === address && step.blocked !== null && !step.blocked.startsWith('waits for step'),
  )?.blocked;
  const bad = failing(view) ? (view.runs?.lastBad?.error ?? '') : '';
  const { daemon } = view;
  return [
    ...(suspended === null ? [] : [suspended]),
    ...(suspect === null ? [] : [`Suspect: ${suspect}`]),
    ...errors.map((one) => `${one.code}: ${one.message}${one.objects.length === 0 ? '' : `: ${fewOf(one.objects)}`}`),
    ...(blocked === undefined || blocked === null || suspended !== null || errors.length > 0 ? [] : [`blocked: ${blocked}`]),
    // The end of a daemon may be several drifts of one object.
    ...new Set(
      plan.changes
        .filter((one) => one.address === address && one.action !== 'create')
        .map((one) => `${one.action}: ${one.what.replace(/^link [^:]+: /, '')}${linesOf(one)}`),
    ),
    ...(bad === '' ? [] : [`the last run failed: ${bad}`]),
    ...(state === 'down' ? [`no daemon runs it: goatherd start ${address}, or goatherd reconcile`] : []),
    ...(daemon !== null && daemon.orphans.length > 0 ? [`processes of an older daemon live: ${daemon.orphans.join(', ')}`] : []),
    ...(former === true ? ['its file no longer names it'] : []),
    // A suspension says who and why itself.
    ...(word === undefined || suspended !== null ? [] : [`${word.what} by ${word.by} at ${formatTimestamp(word.at)}: ${word.reason}`]),
    ...(backlog === undefined && view.sync !== null ? [`what waits on ${from} could not be measured`] : []),
  ];
}

/** Of what only another declaration ends, the lines of it. */
function linesOf({ drift, fields }: Change): string {
  if (drift?.step !== null) return '';
  return `: ${fewOf(fields.map(({ after }) => after ?? ''))}`;
}
