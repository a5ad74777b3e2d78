import type { LinkStatus, TopologyStatus } from '../../plan/status-model.ts';
import { timeJson } from '../document/time-json.ts';

/** A minor step adds keys, which readers ignore; a major one changes what a key means. */
const formatVersion = '1.0';

/** The document of `goatherd status --json` (schemas/status.schema.json). Times are RFC 3339 in UTC, ages seconds. */
export function statusDocument(
  statuses: readonly TopologyStatus[],
  meta: { readonly tool: { readonly name: string; readonly version: string }; readonly observedAt: number; readonly exitCode: number },
) {
  return {
    format_version: formatVersion,
    tool: { name: meta.tool.name, version: meta.tool.version },
    observed_at: timeJson(meta.observedAt),
    topologies: statuses.map(topologyStatusJson),
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
    notes: [...status.notes],
  };
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
      now: copy.now,
      waits_for: copy.waitsFor,
    },
    lag_s: link.lagSeconds === null ? null : Math.round(link.lagSeconds * 1000) / 1000,
    backlog_rows: link.backlogRows === null ? null : String(link.backlogRows),
    triggers: link.triggers === null ? null : { right: link.triggers.right, wanted: link.triggers.wanted },
    daemon: daemon === null ? null : { state: daemon.state, pid: daemon.pid, started_at: timeJson(daemon.startedAt) },
    suspension: suspension === null ? null : { by: suspension.by, reason: suspension.reason, since: timeJson(suspension.since) },
    notes: [...link.notes],
  };
}
