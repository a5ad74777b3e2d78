/**
 * The JSON document of `--output json` (schemas/plan.schema.json): one for a command, with all that the text shows and nothing cut.
 */
import type { Plan, Verdict } from '../../plan/model.ts';
import { planJson } from './plan-json.ts';
import { runJson } from './run-json.ts';
import { timeJson } from './time-json.ts';
import { planExitCodes, runExitCodes, type ExitCodes } from '../exit-code.ts';
import type { ReportMeta } from '../meta.ts';
import type { RunRecord } from '../run/run-model.ts';

/** A minor step adds keys, which readers ignore; a major one changes what a key means. */
const formatVersion = '1.0';

export type PlanDocument = ReturnType<typeof planDocument>;

/**
 * The document for these plans, as plain data with snake_case keys: the same bytes for the same plans and meta. An acting command passes
 * its `runs`, whose outcomes then decide the exit code. Numbers that may pass 2^53 (bytes, rows) are strings.
 */
export function planDocument(plans: readonly Plan[], meta: ReportMeta, runs?: readonly RunRecord[]) {
  const codes = exitCodes(plans, meta, runs);
  return {
    format_version: formatVersion,
    tool: { name: meta.tool.name, version: meta.tool.version },
    revision: meta.revision ?? null,
    observed_at: timeJson(meta.observedAt ?? null),
    observed_ms: meta.observedMs ?? null,
    plans: plans.map(planJson),
    ...(runs === undefined ? {} : { runs: runs.map(runJson) }),
    problems: (meta.problems ?? []).map((problem) => ({
      severity: problem.severity,
      code: problem.code,
      message: problem.message,
      hint: problem.hint ?? null,
      at: { file: problem.at.file, line: problem.at.line, column: problem.at.column },
    })),
    error: meta.error === undefined ? null : { code: meta.error.code, message: meta.error.message, hint: meta.error.hint },
    counts: countsJson(plans),
    exit_code: { plain: codes.plain, detailed: codes.detailed },
  };
}

/** The document as text: two spaces, a line feed at the end. */
export function documentText(document: PlanDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A refusal or an error, which the caller knows of, is the code of the whole. */
function exitCodes(plans: readonly Plan[], meta: ReportMeta, runs: readonly RunRecord[] | undefined): ExitCodes {
  if (meta.exitCode !== undefined) return { plain: meta.exitCode, detailed: meta.exitCode };
  return runs === undefined ? planExitCodes(plans) : runExitCodes(runs);
}

/** Over all plans. */
function countsJson(plans: readonly Plan[]) {
  const withVerdict = (verdict: Verdict): number => plans.filter((plan) => plan.verdict === verdict).length;
  const sum = (key: keyof Plan['counts']): number => plans.reduce((total, plan) => total + plan.counts[key], 0);
  return {
    topologies: {
      total: plans.length,
      in_sync: withVerdict('in_sync'),
      changes: withVerdict('changes'),
      drift: withVerdict('drift'),
      blocked: withVerdict('blocked'),
    },
    create: sum('create'),
    change: sum('change'),
    remove: sum('remove'),
    drift: sum('drift'),
    steps: sum('steps'),
    waits: sum('waits'),
    blocked: sum('blocked'),
  };
}
