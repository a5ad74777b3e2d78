import type { Retry } from '../../ledger/model.ts';
import type { Condition } from '../../plan/status/condition-model.ts';
import type { LinkStatus, TopologyStatus, UnpurgedStatus } from '../../plan/status/status-model.ts';
import { timeJson } from '../document/time-json.ts';

/** A minor step adds keys, which readers ignore; a major one changes what a key means. */
const formatVersion = '1.0';

/** What is known of one topology at one moment. */
export interface Known {
  readonly status: TopologyStatus;
  readonly conditions: readonly Condition[];
  readonly retries: readonly Retry[];
}

/** The document of `goatherd status --json` (schemas/status.schema.json). Times are RFC 3339 in UTC, ages seconds. */
export function statusDocument(
  topologies: readonly Known[],
  meta: { readonly tool: { readonly name: string; readonly version: string }; readonly observedAt: number; readonly exitCode: number },
) {
  return {
    format_version: formatVersion,
    tool: { name: meta.tool.name, version: meta.tool.version },
    observed_at: timeJson(meta.observedAt),
    topologies: topologies.map(({ status, conditions, retries }) => ({
      ...topologyStatusJson(status),
      conditions: conditions.map(conditionJson),
      retries: retries.map(retryJson),
    })),
    exit_code: meta.exitCode,
  };
}

/** One topology of it. */
export function topologyStatusJson(status: TopologyStatus) {
  return {
    topology: status.topology,
    file: status.file,
    verdict: status.verdict,
    reasons: [...status.reasons],
    links: status.links.map(linkJson),
    unpurged: status.unpurged.map(unpurgedJson),
    notes: [...status.notes],
  };
}

function unpurgedJson({ database, rows, since, reasons }: UnpurgedStatus) {
  return {
    database,
    rows: String(rows),
    since: timeJson(since),
    reasons: reasons.map((one) => ({ reason: one.reason, rows: String(one.rows), message: one.message })),
  };
}

export function conditionJson({ address, type, status, reason, message, since, observedRevision }: Condition) {
  return { address, type, status, reason, message, since: timeJson(since), observed_revision: observedRevision };
}

export function retryJson({ address, attempts, nextAt, error }: Omit<Retry, 'fatal'>) {
  return { address, attempts, next_at: timeJson(nextAt), error };
}

function linkJson(link: LinkStatus) {
  const { copy, daemon, suspension } = link;
  return {
    address: link.address,
    state: link.state,
    since: timeJson(link.since),
    copy: {
      state: copy.state,
      tables: copy.tables,
      skipped: copy.skipped,
      rows: copy.rows === null ? null : String(copy.rows),
      completed_at: timeJson(copy.completedAt),
      now: copy.now,
      waits_for: copy.waitsFor,
    },
    lag_s: link.lagSeconds === null ? null : Math.round(link.lagSeconds * 1000) / 1000,
    backlog_rows: link.backlogRows === null ? null : String(link.backlogRows),
    last_good_at: timeJson(link.lastGoodAt),
    triggers: link.triggers === null ? null : { right: link.triggers.right, wanted: link.triggers.wanted },
    daemon: daemon === null ? null : { state: daemon.state, pid: daemon.pid, started_at: timeJson(daemon.startedAt) },
    suspension: suspension === null ? null : { by: suspension.by, reason: suspension.reason, since: timeJson(suspension.since) },
    notes: [...link.notes],
  };
}
