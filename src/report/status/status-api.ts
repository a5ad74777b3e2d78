/** The document of `/api/status` (schemas/controller.schema.json): what the controller knows, for programs. */
import type { Plan } from '../../plan/model.ts';
import { timeJson } from '../document/time-json.ts';
import { runJson } from '../document/run-json.ts';
import { conditionJson, retryJson, topologyStatusJson } from './status-json.ts';
import type { ControllerSnapshot, RunSummary, TopologySnapshot } from './snapshot-model.ts';

/** A minor step adds keys, which readers ignore; a major one changes what a key means. */
const formatVersion = '1.0';

/** Plain data with snake_case keys, the same bytes for the same snapshot. Times are RFC 3339 in UTC. */
export function controllerDocument(snapshot: ControllerSnapshot) {
  const { source } = snapshot;
  return {
    format_version: formatVersion,
    tool: snapshot.tool,
    host: snapshot.host,
    role: snapshot.role,
    holder: snapshot.holder,
    started_at: timeJson(snapshot.startedAt),
    observed_at: timeJson(snapshot.now),
    last_loop_at: timeJson(snapshot.lastLoopAt),
    source: {
      kind: source.kind,
      place: source.place,
      ref: source.ref,
      desired: source.desired,
      attempted: source.attempted,
      applied: source.applied,
      read_at: timeJson(source.readAt),
      error: source.error,
    },
    conditions: snapshot.conditions.map(conditionJson),
    topologies: snapshot.topologies.map(topologyJson),
    problems: snapshot.problems.map(({ severity, code, message, hint, at }) => ({
      severity,
      code,
      message,
      hint: hint ?? null,
      at: { file: at.file, line: at.line, column: at.column },
    })),
    notes: [...snapshot.notes],
  };
}

function topologyJson(topology: TopologySnapshot) {
  const { suspended } = topology;
  return {
    topology: topology.name,
    file: topology.file,
    revisions: { desired: topology.desired, attempted: topology.attempted, applied: topology.applied },
    observed_at: timeJson(topology.observedAt),
    next_look_at: timeJson(topology.nextLookAt),
    status: topology.status === null ? null : topologyStatusJson(topology.status),
    conditions: topology.conditions.map(conditionJson),
    plan: topology.plan === null ? null : planSummary(topology.plan),
    run: topology.run === null ? null : runJson(topology.run),
    history: topology.history.map(historyJson),
    suspended:
      suspended === null
        ? null
        : { by: suspended.by, reason: suspended.reason, since: timeJson(suspended.since), until: timeJson(suspended.until) },
    retries: topology.retries.map(retryJson),
  };
}

/** The verdict and what it needs; the whole plan is `goatherd reconcile --dry-run --output json`. */
function planSummary({ verdict, fingerprint, counts, approvals, links }: Plan) {
  return {
    verdict,
    fingerprint,
    counts: { ...counts },
    approvals: approvals.required.map(({ id, steps, given, cap }) => ({ id, steps: [...steps], given, cap: cap ?? null })),
    suspect: links.flatMap(({ address, suspect }) => (suspect === null ? [] : [{ address, why: suspect }])),
  };
}

function historyJson(run: RunSummary) {
  return {
    run: run.run,
    revision: run.revision,
    fingerprint: run.fingerprint,
    started_at: timeJson(run.startedAt),
    ended_at: timeJson(run.endedAt),
    outcome: run.outcome,
    reason: run.reason,
    steps_done: run.stepsDone,
    steps_failed: run.stepsFailed,
  };
}
