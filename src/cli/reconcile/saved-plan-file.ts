import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { planUse, type PlanUse, usePlan } from '../../ledger/used-plans.ts';
import { GoatherdError, messageOf } from '../../lib/errors.ts';
import { formatTimestamp } from '../../lib/format.ts';
import { planFacts } from '../../plan/fingerprint.ts';
import type { Plan } from '../../plan/model.ts';
import type { Access } from '../../postgres/access.ts';
import type { ReportMeta } from '../../report/meta.ts';
import {
  movedFacts,
  readSavedPlan,
  type SavedPlan,
  savedPlanName,
  savedPlanText,
  type SavedTopology,
} from '../../report/document/saved-plan.ts';
import type { Topology } from '../../topology/model.ts';

/** A topology with the plan that was made of it. */
interface Planned {
  readonly topology: Topology;
  readonly access: Access;
  readonly plan: Plan;
}

/** @throws GoatherdError `PlanFile` when the file cannot be read or is no saved plan */
export function readPlanFile(file: string): SavedPlan {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new GoatherdError('PlanFile', `the saved plan cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const saved = readSavedPlan(text);
  if ('problem' in saved)
    throw new GoatherdError('PlanFile', `${file} is no saved plan: ${saved.problem}`, {
      hint: 'save one with goatherd reconcile --dry-run --out FILE',
    });
  return saved;
}

/** Saves these plans. `paths`: the PATHs that they were made of, for `--plan` without any. */
export function writePlanFile(
  file: string,
  planned: readonly Pick<Planned, 'topology' | 'plan'>[],
  paths: readonly string[],
  approvals: readonly string[],
  tool: ReportMeta['tool'],
): void {
  const saved = { id: randomUUID(), savedAt: Date.now(), tool, paths, approvals, plans: planned.map(factsOf) };
  writeFileSync(file, savedPlanText(saved));
}

function factsOf({ topology, plan }: Pick<Planned, 'topology' | 'plan'>): SavedTopology {
  return {
    topology: plan.topology,
    file: plan.file,
    fingerprint: plan.fingerprint,
    verdict: plan.verdict,
    ...planFacts(topology, plan.steps, plan.diagnostics),
  };
}

/** Why a saved plan may not be carried out (22): it was used, or facts that it used have moved. Null when it may. */
export async function refusalOf(saved: SavedPlan, planned: readonly Planned[]): Promise<GoatherdError | null> {
  const first = planned[0];
  // Without a ledger nothing was used; without a hub that is the fact which moved.
  const use = first === undefined ? null : await planUse(first.access, saved.id).catch(nothingKnown);
  if (use !== null) return usedError(saved, use);
  const moved = movedFacts(saved, planned.map(factsOf));
  if (moved.length === 0) return null;
  return new GoatherdError('PlanStale', `${savedPlanName(saved)} is stale:\n${moved.map((line) => `  ${line}`).join('\n')}`, {
    hint: 'save and review another one',
  });
}

function nothingKnown(error: unknown): null {
  if (error instanceof GoatherdError) return null;
  throw error;
}

/** Marks it as used, under the lock and before anything is done; the error when somebody else was faster. */
export async function claim(saved: SavedPlan, access: Access): Promise<GoatherdError | null> {
  const fingerprints = saved.plans.map((plan) => plan.fingerprint);
  const use = await usePlan(access, saved.id, fingerprints, userInfo().username);
  return use === null ? null : usedError(saved, use);
}

function usedError(saved: SavedPlan, use: PlanUse): GoatherdError {
  return new GoatherdError('PlanUsed', `${savedPlanName(saved)} was used by ${use.by} at ${formatTimestamp(use.at)}`, {
    hint: 'a plan is used once: save and review another one, or run goatherd reconcile, which goes on from what stands',
  });
}
