/**
 * Preflight: every problem at once, grouped by the link or database it concerns, errors first, each with what to do.
 */
import type { Diagnostic, Plan } from '../../plan/model.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { indented, padEnd, widthOf } from '../layout.ts';
import type { Style } from '../style.ts';
import { shortAddress } from '../address.ts';

const severities = ['error', 'warning', 'note'] as const;
const shownObjects = 8;

/** One address with its problems, the gravest first. */
export interface DiagnosticGroup {
  readonly address: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Groups with errors come first, then those with warnings; ties keep the order of the plan. */
export function diagnosticGroups(plan: Plan): readonly DiagnosticGroup[] {
  const groups = Map.groupBy(plan.diagnostics, (diagnostic) => diagnostic.address);
  return [...groups]
    .map(([address, diagnostics]) => ({ address, diagnostics: diagnostics.toSorted((left, right) => rank(left) - rank(right)) }))
    .toSorted((left, right) => Math.min(...left.diagnostics.map(rank)) - Math.min(...right.diagnostics.map(rank)));
}

function rank(diagnostic: Diagnostic): number {
  return severities.indexOf(diagnostic.severity);
}

/** `2 errors, 1 warning`. */
export function diagnosticCounts(diagnostics: readonly Diagnostic[]): string {
  return severities
    .map((severity) => ({ severity, count: diagnostics.filter((diagnostic) => diagnostic.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => plural(count, severity))
    .join(', ');
}

/** The block `Preflight`; nothing when all is well. */
export function diagnosticsLines(plan: Plan, width: number, style: Style): string[] {
  if (plan.diagnostics.length === 0) return [];
  const codeWidth = Math.min(28, Math.max(...plan.diagnostics.map((diagnostic) => widthOf(diagnostic.code))));
  return [
    `${style.heading('Preflight')}   ${diagnosticCounts(plan.diagnostics)}`,
    ...diagnosticGroups(plan).flatMap((group) => [
      `  ${shortAddress(plan, group.address)}`,
      ...group.diagnostics.flatMap((diagnostic) => diagnosticLines(diagnostic, codeWidth, width, style)),
    ]),
  ];
}

/** `    error    NoKey   3 tables have no key`, then the objects, what to do and the place in the file. */
function diagnosticLines(diagnostic: Diagnostic, codeWidth: number, width: number, style: Style): string[] {
  const severity = padEnd(diagnostic.severity, 'warning'.length);
  const head = `    ${paintSeverity(severity, diagnostic.severity, style)}  ${padEnd(diagnostic.code, codeWidth)}  `;
  const indent = 15;
  const [first = '', ...rest] = indented(widthOf(head), diagnostic.message, width);
  const place = placeText(diagnostic);
  return [
    head + first.trimStart(),
    ...rest,
    ...(diagnostic.objects.length === 0 ? [] : indented(indent, objectsText(diagnostic.objects), width)),
    ...(diagnostic.hint === '' ? [] : indented(indent, `-> ${diagnostic.hint}`, width)),
    ...(place === '' ? [] : indented(indent, `at ${place}`, width)),
  ];
}

/** Up to eight names, then how many more; the JSON document has them all. */
export function objectsText(objects: readonly string[], most = shownObjects): string {
  const shown = objects.slice(0, most).join(', ');
  return objects.length > most ? `${shown} and ${formatCount(objects.length - most)} more` : shown;
}

/** `topologies/orders.yaml:7:3`; empty when it has no place. */
export function placeText(diagnostic: Diagnostic): string {
  return diagnostic.at === null ? '' : `${diagnostic.at.file}:${diagnostic.at.line}:${diagnostic.at.column}`;
}

function paintSeverity(text: string, severity: Diagnostic['severity'], style: Style): string {
  switch (severity) {
    case 'error':
      return style.bad(text);
    case 'warning':
      return style.warn(text);
    case 'note':
      return style.faint(text);
  }
}
