import { expect } from 'vitest';
import type { Lab } from '../../../src/lab/lab.ts';
import type { PlanDocument } from '../../../src/report/document/document.ts';
import { schemaErrors } from '../../unit/report/schemas.ts';
import { type GoatherdRun, runGoatherd } from './run-goatherd.ts';

export type PlanJson = PlanDocument['plans'][number];

/** The words of `goatherd reconcile` on the lab's topology. */
export function reconcileArgs(lab: Lab, args: readonly string[] = []): string[] {
  return ['reconcile', '--config', lab.configFile, ...args, lab.topologyFile];
}

/** Runs `goatherd reconcile` on the lab's topology. */
export function reconcile(lab: Lab, ...args: readonly string[]): Promise<GoatherdRun> {
  return runGoatherd(reconcileArgs(lab, args));
}

/** A failure shows all that the run said. */
export function expectExit(run: GoatherdRun, exitCode: number): void {
  expect(run.exitCode, `${run.stdout}\n${run.stderr}`).toBe(exitCode);
}

/** Reconciles, and fails with everything that was said unless it ends with this code. Gives the document of `--output json`. */
export async function reconciled(lab: Lab, exitCode = 0, ...args: readonly string[]): Promise<PlanDocument> {
  return documentOf(await reconcile(lab, '--output', 'json', ...args), exitCode);
}

/** The plan of a dry run as its JSON document has it, held to schemas/plan.schema.json. */
export async function planOf(lab: Lab, exitCode = 0, ...args: readonly string[]): Promise<PlanJson> {
  const document = documentOf(await reconcile(lab, '--dry-run', '--output', 'json', ...args), exitCode);
  const [plan] = document.plans;
  if (plan === undefined || document.plans.length > 1) throw new Error(`${document.plans.length} plans instead of one`);
  return plan;
}

/** Rule 5: the next plan is empty, exit 0 even with `--detailed-exitcode`, and the verdict is one line. */
export async function expectNothingLeft(lab: Lab): Promise<PlanJson> {
  const plan = await planOf(lab, 0, '--detailed-exitcode');
  expect(plan).toMatchObject({ verdict: 'in_sync', steps: [], changes: [] });
  const text = await reconcile(lab, '--dry-run', '--detailed-exitcode');
  expect(text.stdout).toMatch(/^orders {2}IN SYNC {2}[^\n]+\n/);
  expect(text.exitCode).toBe(0);
  // Warnings are said each time, notes are not.
  const warned = plan.diagnostics.some((one) => one.severity !== 'note');
  if (!warned) expect(text).toMatchObject({ stdout: text.stdout.split('\n', 1).join('') + '\n', stderr: '' });
  return plan;
}

/** What was said under one code, as `orders/a-b: public.t, public.u`. */
export function said(plan: PlanJson, code: string): readonly string[] {
  return plan.diagnostics.filter((one) => one.code === code).map((one) => `${one.address}: ${one.objects.join(', ')}`);
}

function documentOf(run: GoatherdRun, exitCode: number): PlanDocument {
  if (run.exitCode !== exitCode) throw new Error(`exit ${run.exitCode} instead of ${exitCode}\n${run.stderr}\n${run.stdout.slice(-4_000)}`);
  const document = JSON.parse(run.stdout) as PlanDocument;
  expect(schemaErrors(document)).toEqual([]);
  return document;
}
