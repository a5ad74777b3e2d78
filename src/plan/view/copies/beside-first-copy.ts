/** Tables that begin to match while a link's first copy is made. */
import { type Carried, without } from '../carried.ts';
import type { LinkView } from '../link-view.ts';
import { receiptOf } from './copy.ts';

interface Known {
  readonly view: LinkView;
  readonly carried: Carried;
}

/**
 * The links, upstream first, each without the tables that its first copy does not bring: it was asked for before they matched, and a table
 * that joined beside it would be taken for copied. Nor does a first copy below bring them before they are there. They come when there is a
 * receipt, with a copy of their own.
 */
export function withoutLate<T extends Known>(links: readonly T[]): readonly T[] {
  const late = new Map<string, ReadonlySet<string>>();
  return links.map((one) => {
    const { view, carried } = one;
    const above = new Set(view.upstream.flatMap((link) => [...(late.get(link.address) ?? [])]));
    const own = receiptOf(view) ? new Set<string>() : lateFor(view, carried, above);
    late.set(view.link.address, own);
    return { ...one, carried: without(carried, own) };
  });
}

function lateFor({ link, ledger }: LinkView, carried: Carried, above: ReadonlySet<string>): ReadonlySet<string> {
  const addresses = carried.tables.map((one) => one.table.address);
  const request = ledger?.request ?? null;
  if (request === null || request.mode !== link.copyData || link.copyData === 'never')
    return new Set(addresses.filter((address) => above.has(address)));
  const asked = new Set([...request.tables, ...request.skipped]);
  return new Set(addresses.filter((address) => !asked.has(address)));
}
