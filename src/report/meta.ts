/**
 * What a report says beside the plans: who made it, when, and of which revision. The caller knows; nothing here asks a clock or git.
 */
import type { Problem } from '../topology/model.ts';
import type { Style } from './style.ts';

export interface ReportMeta {
  readonly tool: { readonly name: string; readonly version: string };
  /** Short commit of the declared state, where it is known. */
  readonly revision?: string;
  /** Epoch milliseconds at which observing began, and how long it took. */
  readonly observedAt?: number;
  readonly observedMs?: number;
  /** Whether the plan is about to be carried out; a dry run's last line names the exit code. */
  readonly acting?: boolean;
  /** Whether `--detailed-exitcode` was given. */
  readonly detailedExitCode?: boolean;
  /** What is wrong with the files, for the JSON document. */
  readonly problems?: readonly Problem[];
  /** The error that ended the command, for the JSON document. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | null };
  /** Where it is not what the plans and runs say: the exit code of a refusal (78, 23, 22) or an error (1). */
  readonly exitCode?: number;
}

export interface TextOptions {
  /** Columns to lay tables out in; 100 unless told. Longer words stick out, nothing is cut. */
  readonly width?: number;
  readonly style?: Style;
  /** Reasons, hazards and facts of every step. */
  readonly verbose?: boolean;
}
