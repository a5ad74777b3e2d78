/**
 * A plan in a file, to be reviewed and then carried out exactly (`--out`, `--plan`): its form, and what moved since it was saved. Pure.
 */
import { type DiagnosticFacts, type PlanFacts, type StepFacts, withoutTimes } from '../../plan/fingerprint.ts';
import type { Verdict } from '../../plan/model.ts';
import { formatTimestamp } from '../../lib/format.ts';
import { workObjects } from './work-objects.ts';
import { timeJson } from './time-json.ts';

/** A minor step adds keys, which readers ignore; a major one changes what a key means. */
const formatVersion = '1.0';
const kind = 'goatherd plan';

/** One topology's plan. */
export interface SavedTopology extends PlanFacts {
  readonly topology: string;
  readonly file: string;
  readonly fingerprint: string;
  readonly verdict: Verdict;
}

export interface SavedPlan {
  /** Of this file: a plan is used once. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly savedAt: number;
  readonly tool: { readonly name: string; readonly version: string };
  readonly paths: readonly string[];
  /** Ids given with `--approve` when it was saved: they were reviewed with it. */
  readonly approvals: readonly string[];
  readonly plans: readonly SavedTopology[];
}

/** The file's text: JSON, two spaces, a line feed at the end. */
export function savedPlanText(saved: SavedPlan): string {
  const document = {
    kind,
    format_version: formatVersion,
    tool: { name: saved.tool.name, version: saved.tool.version },
    id: saved.id,
    saved_at: timeJson(saved.savedAt),
    paths: saved.paths,
    approvals: saved.approvals,
    plans: saved.plans.map(({ topology, file, fingerprint, verdict, definitions, steps, diagnostics }) => ({
      topology,
      file,
      fingerprint,
      verdict,
      definitions,
      steps: steps.map(({ id, what, work, before }) => ({ id, what, work: withoutTimes(work), before })),
      diagnostics,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Reads the text of a saved plan; what is wrong with it, where it is none. */
export function readSavedPlan(text: string): SavedPlan | { readonly problem: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  const file = (raw ?? {}) as Partial<SavedPlan> & { kind?: unknown; format_version?: unknown; saved_at?: unknown };
  if (file.kind !== kind) return { problem: 'it was not saved by `goatherd reconcile --dry-run --out`' };
  if (typeof file.format_version !== 'string' || !file.format_version.startsWith('1.'))
    return { problem: `its format ${String(file.format_version)} is not known to this version` };
  const { id, tool, paths, approvals, plans } = file;
  if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id) || tool === undefined || !Array.isArray(plans) || !Array.isArray(paths))
    return { problem: 'parts of it are missing' };
  return { id, tool, paths, plans, approvals: approvals ?? [], savedAt: Date.parse(String(file.saved_at)) };
}

/** What moved between the plans that were saved and those made now, one line a fact; empty when they may be carried out. */
export function movedFacts(saved: SavedPlan, now: readonly SavedTopology[]): readonly string[] {
  const many = saved.plans.length > 1 || now.length > 1;
  const before = new Map(saved.plans.map((plan) => [plan.topology, plan]));
  const gone = saved.plans.filter((plan) => !now.some((one) => one.topology === plan.topology));
  return [
    ...gone.map((plan) => `topology ${plan.topology} is no longer declared`),
    ...now.flatMap((plan) => {
      const old = before.get(plan.topology);
      if (old === undefined) return [`topology ${plan.topology} is new`];
      if (old.fingerprint === plan.fingerprint) return [];
      const moved = movedIn(old, plan);
      const lines = moved.length > 0 ? moved : [`the file was made by another version (${saved.tool.version}), or edited`];
      return many ? lines.map((line) => `${plan.topology}: ${line}`) : lines;
    }),
  ];
}

function movedIn(old: PlanFacts, now: PlanFacts): string[] {
  const addresses = [...new Set([...Object.keys(old.definitions), ...Object.keys(now.definitions)])].toSorted();
  const declared = addresses.flatMap((address) => {
    const [one, other] = [old.definitions[address], now.definitions[address]];
    if (one === other) return [];
    return [
      one === undefined
        ? `link ${address} is new`
        : other === undefined
          ? `link ${address} is gone`
          : `link ${address} is declared otherwise`,
    ];
  });
  return [...declared, ...movedSteps(old.steps, now.steps), ...movedDiagnostics(old.diagnostics, now.diagnostics)];
}

function movedSteps(old: readonly StepFacts[], now: readonly StepFacts[]): string[] {
  const before = new Map(old.map((step) => [step.id, step]));
  const after = new Map(now.map((step) => [step.id, step]));
  const went = old.filter((step) => !after.has(step.id)).map((step) => `step ${step.id} went: ${step.what}`);
  const came = now.flatMap((step) => {
    const known = before.get(step.id);
    if (known === undefined) return [`step ${step.id} came: ${step.what}`];
    const facts = difference(known.before, step.before);
    const work = difference(workObjects(known.work), workObjects(step.work));
    const same = JSON.stringify(withoutTimes(known.work)) === JSON.stringify(withoutTimes(step.work));
    if (same && facts === '') return [];
    const details = [facts, work].filter((part) => part !== '').join('; ');
    return [`step ${step.id} is another: ${details === '' ? `${known.what} -> ${step.what}` : details}`];
  });
  const order =
    went.length + came.length === 0 && old.some((step, index) => step.id !== now[index]?.id) ? ['the steps come in another order'] : [];
  return [...went, ...came, ...order];
}

function movedDiagnostics(old: readonly DiagnosticFacts[], now: readonly DiagnosticFacts[]): string[] {
  const keyOf = (one: DiagnosticFacts): string => `${one.code} of ${one.address}`;
  const before = new Map(old.map((one) => [keyOf(one), one]));
  const after = new Map(now.map((one) => [keyOf(one), one]));
  return [
    ...[...before.keys()].filter((key) => !after.has(key)).map((key) => `${key} went`),
    ...[...after].flatMap(([key, one]) => {
      const known = before.get(key);
      if (known === undefined) return [`${key} came${one.objects.length === 0 ? '' : `: ${listed(one.objects)}`}`];
      const moved = difference(known.objects, one.objects);
      return moved === '' ? [] : [`${key}: ${moved}`];
    }),
  ];
}

/** `came: public.x; went: public.y`; empty when both hold the same. */
function difference(old: readonly string[], now: readonly string[]): string {
  const came = now.filter((one) => !old.includes(one));
  const went = old.filter((one) => !now.includes(one));
  return [...(came.length > 0 ? [`came: ${listed(came)}`] : []), ...(went.length > 0 ? [`went: ${listed(went)}`] : [])].join('; ');
}

const SHOWN = 8;

function listed(names: readonly string[]): string {
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more` : names.join(', ');
}

/** `the plan saved at 2026-11-23 06:14:02Z`. */
export function savedPlanName(saved: SavedPlan): string {
  return `the plan saved at ${formatTimestamp(saved.savedAt)}`;
}
