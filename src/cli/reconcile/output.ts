/** What `reconcile` writes of its plans and runs: text or a document on standard output, and files. */
import { writeFileSync } from 'node:fs';
import type { GoatherdError } from '../../lib/errors.ts';
import { STALE } from '../../lib/exit-codes.ts';
import type { Plan } from '../../plan/model.ts';
import { documentText, planDocument } from '../../report/document/document.ts';
import type { ReportMeta } from '../../report/meta.ts';
import { planMarkdown } from '../../report/plan-markdown/plan-markdown.ts';
import { planText } from '../../report/plan-text/plan-text.ts';
import type { RunRecord } from '../../report/run/run-model.ts';
import { reportStyle } from '../report-style.ts';

export interface OutputOptions {
  /** `none`: nothing on standard output; files are written all the same. */
  readonly output: 'text' | 'json' | 'markdown' | 'none';
  readonly jsonInto?: string;
  readonly mdInto?: string;
  readonly verbose?: boolean;
}

/** Where the plan was shown already, or is no news: a document for those who asked for one, no text. */
export function withoutText(options: OutputOptions): OutputOptions {
  return options.output === 'text' ? { ...options, output: 'none' } : options;
}

/** Writes what was asked for: the document or text on standard output, and files. */
export function report(options: OutputOptions, plans: readonly Plan[], meta: ReportMeta, runs?: readonly RunRecord[]): unknown {
  const document = planDocument(plans, meta, runs);
  if (options.output === 'json') process.stdout.write(documentText(document));
  if (options.output === 'markdown') process.stdout.write(planMarkdown(plans, meta));
  if (options.output === 'text' && plans.length > 0) process.stdout.write(planText(plans, meta, textOptions(options)));
  if (options.jsonInto !== undefined) writeFileSync(options.jsonInto, documentText(document));
  if (options.mdInto !== undefined) writeFileSync(options.mdInto, planMarkdown(plans, meta));
  return document;
}

export function textOptions(options: Pick<OutputOptions, 'verbose'>): {
  width: number;
  verbose: boolean;
  style: ReturnType<typeof reportStyle>;
} {
  return {
    width: process.stdout.isTTY ? Math.max(80, process.stdout.columns) : 100,
    verbose: options.verbose === true,
    style: reportStyle(process.stdout),
  };
}

/** A plan that may not be carried out: a saved one that is stale, a part that breaks the order. */
export function refuse(
  error: GoatherdError,
  plans: readonly Plan[],
  meta: ReportMeta,
  options: OutputOptions,
  exitCode: number = STALE,
): number {
  const { code, message, hint } = error;
  process.stderr.write(`goatherd: ${message}\nhint: ${hint}\n`);
  report(withoutText(options), plans, {
    ...meta,
    exitCode,
    error: { code, message, hint },
  });
  return exitCode;
}
