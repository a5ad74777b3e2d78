import type { Policy } from '../../plan/model.ts';
import type { SavedPlan } from '../../report/document/saved-plan.ts';
import type { OutputOptions } from './output.ts';

export interface ReconcileOptions extends OutputOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly output: 'text' | 'json' | 'markdown';
  readonly detailedExitcode?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly approve: readonly string[];
  /** Addresses of links: nothing else is done. */
  readonly only?: readonly string[];
  /** Where a dry run saves its plan. */
  readonly out?: string;
  /** A saved plan, to be carried out exactly. */
  readonly plan?: string;
  /** Where metrics of what stands at the end are written. */
  readonly metricsInto?: string;
  /** The topology whose every link is to go, as the ledger knows it. */
  readonly destroy?: string;
}

/** What was asked for, with what a saved plan adds to it. */
export interface Asked extends ReconcileOptions {
  readonly paths: readonly string[];
  readonly saved?: SavedPlan;
}

/** What the planner has to know of it. */
export function policyOf({ approve, only }: Asked): Policy {
  return only === undefined ? { approvals: approve } : { approvals: approve, only };
}
