/**
 * What preflight found: errors in the open, the rest folded.
 */
import type { Diagnostic, Plan } from '../../plan/model.ts';
import { shortAddress } from '../address.ts';
import { diagnosticCounts, diagnosticGroups, objectsText, placeText } from '../plan-text/diagnostics.ts';
import { clipped, code, escaped, markdownTable } from './escape.ts';
import { more, type Limits } from './limits.ts';

/** Nothing when all is well. */
export function diagnosticsPart(plan: Plan, limits: Limits): string[] {
  const ordered = diagnosticGroups(plan).flatMap((group) => group.diagnostics);
  const errors = ordered.filter((diagnostic) => diagnostic.severity === 'error');
  const others = ordered.filter((diagnostic) => diagnostic.severity !== 'error');
  const open = errors.length === 0 ? [] : [`**Preflight: ${diagnosticCounts(errors)}**`, '', ...table(plan, errors, limits)];
  const folded =
    others.length === 0
      ? []
      : [`<details><summary>Preflight: ${diagnosticCounts(others)}</summary>`, '', ...table(plan, others, limits), '', '</details>'];
  return open.length > 0 && folded.length > 0 ? [...open, '', ...folded] : [...open, ...folded];
}

function table(plan: Plan, diagnostics: readonly Diagnostic[], limits: Limits): string[] {
  const say = (text: string): string => escaped(clipped(text, limits.text));
  const shown = diagnostics.slice(0, limits.rows);
  const rows = shown.map((diagnostic) => {
    const place = placeText(diagnostic);
    const what = [say(diagnostic.message), say(objectsText(diagnostic.objects)), place === '' ? '' : code(clipped(place, limits.text))];
    return [
      diagnostic.severity,
      code(clipped(diagnostic.code, limits.text)),
      code(clipped(shortAddress(plan, diagnostic.address), limits.text)),
      what.filter((part) => part !== '').join('<br>'),
      say(diagnostic.hint),
    ];
  });
  return [...markdownTable(['', 'Code', 'Where', 'What', 'To do'], [], rows), ...more(diagnostics.length, shown.length, 'findings')];
}
