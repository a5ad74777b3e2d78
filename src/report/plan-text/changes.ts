/**
 * What differs from the declaration, and why: drift first, apart from what the declaration newly asks for.
 */
import type { Change, Plan } from '../../plan/model.ts';
import { indented, padEnd, spaced, widthOf } from '../layout.ts';
import type { Style } from '../style.ts';
import { shortAddress } from '../address.ts';

const changeSymbols: Readonly<Record<Change['action'], string>> = { create: '+', change: '~', remove: '-', drift: '!' };

/** The blocks `Drift` and `Changes`, those that have something. */
export function changesLines(plan: Plan, width: number, style: Style): string[] {
  const drift = plan.changes.filter((change) => change.action === 'drift');
  const others = plan.changes.filter((change) => change.action !== 'drift');
  return spaced([block('Drift', plan, drift, width, style), block('Changes', plan, others, width, style)]);
}

function block(title: string, plan: Plan, changes: readonly Change[], width: number, style: Style): string[] {
  if (changes.length === 0) return [];
  const columns = {
    address: Math.min(24, Math.max(...changes.map((change) => widthOf(shortAddress(plan, change.address))))),
    what: Math.max(...changes.map((change) => widthOf(changeWhat(plan, change)))),
    reason: Math.max(...changes.map((change) => widthOf(reasonText(change)))),
  };
  const explained = changes.some((change) => change.fields.length > 0) ? '   (observed -> declared)' : '';
  return [`${style.heading(title)}${explained}`, ...changes.flatMap((change) => changeLines(plan, change, columns, width, style))];
}

interface Columns {
  readonly address: number;
  readonly what: number;
  readonly reason: number;
}

const TREATMENTS: Readonly<Record<NonNullable<Change['drift']>['treatment'], string>> = {
  heal: 'put back: ',
  warn: 'left as it is: ',
  contended: 'left alone, changed again and again: ',
};

/** What the change consists of, without `link a-b: ` in front, as the address stands beside it; of drift what is done about it. */
export function changeWhat(plan: Plan, change: Change): string {
  const prefix = `link ${shortAddress(plan, change.address)}: `;
  const treatment =
    change.drift === undefined ? '' : change.drift.onlyNoted ? 'noted, nothing is to be put back: ' : TREATMENTS[change.drift.treatment];
  return treatment + (change.what.startsWith(prefix) ? change.what.slice(prefix.length) : change.what);
}

/** Drift that is not put back has a sign of its own. */
export function changeSymbol(change: Change): string {
  return change.drift === undefined || change.drift.treatment === 'heal' ? changeSymbols[change.action] : '?';
}

function reasonText(change: Change): string {
  return change.reason === '' ? '' : `because: ${change.reason}`;
}

/** The reasons stand beside what is changed where all of the block fit there, else below it. */
function changeLines(plan: Plan, change: Change, columns: Columns, width: number, style: Style): string[] {
  const head = `  ${paintSymbol(change, style)} ${padEnd(shortAddress(plan, change.address), columns.address)}   `;
  const indent = widthOf(head);
  const what = changeWhat(plan, change);
  const reason = reasonText(change);
  const beside = indent + columns.what + 3 + columns.reason <= width;
  const [first = '', ...rest] = indented(indent, what, width);
  return [
    beside ? `${head}${padEnd(what, columns.what)}   ${reason}` : head + first.trimStart(),
    ...(beside ? [] : [...rest, ...(reason === '' ? [] : indented(indent, reason, width))]),
    ...fieldLines(change, indent, width),
  ];
}

/** Paths aligned, then observed -> declared. */
function fieldLines(change: Change, indent: number, width: number): string[] {
  const pathWidth = Math.min(40, Math.max(0, ...change.fields.map(({ path }) => widthOf(path))));
  return change.fields.flatMap(({ path, before, after }) => {
    const [first = '', ...rest] = indented(indent, `${padEnd(path, pathWidth)}  ${valueText(before)} -> ${valueText(after)}`, width);
    return [first, ...rest.map((line) => `    ${line}`)];
  });
}

/** A value that is absent, and one that is the empty text, are not the same. */
export function valueText(value: string | null): string {
  if (value === null) return '(none)';
  return value === '' ? "''" : value;
}

function paintSymbol(change: Change, style: Style): string {
  const symbol = changeSymbol(change);
  switch (change.action) {
    case 'create':
      return style.good(symbol);
    case 'change':
    case 'drift':
      return style.warn(symbol);
    case 'remove':
      return style.bad(symbol);
  }
}
