import type { LedgerLink } from '../ledger/model.ts';
import { matchesSelection } from '../topology/glob.ts';
import type { Link, Selection } from '../topology/model.ts';
import type { ActContext } from './context.ts';

/**
 * Whether another of our links in this control database registered a table or sequence of the source that is called `alias` there: its rows
 * are that link's, too, also while it stands in no relgroup: set aside, or about to join.
 */
export function registeredElsewhere(
  { known, topology }: Pick<ActContext, 'known' | 'topology'>,
  link: Link,
  control: string,
  alias: string,
  syncs: readonly string[],
): (address: string, type: string) => boolean {
  const others = Object.values(known.links).filter(
    (row) =>
      row.address !== link.address &&
      syncs.includes(row.names.sync) &&
      [row.names, ...row.leaves].some((one) => one.control === control && one.aliases.from === alias),
  );
  const declared = others.map((row) => topology.links.find((one) => one.address === row.address) ?? row.definition);
  return (address, type) =>
    others.some((row) => hasReceipt(row, address)) ||
    declared.some(
      (one) => one !== null && (type === 'sequence' ? takesSequence(one.sequences, address) : matchesSelection(one.tables, address)),
    );
}

function hasReceipt({ receipt }: LedgerLink, address: string): boolean {
  return receipt !== null && (receipt.copied.includes(address) || receipt.skipped.includes(address));
}

/** `auto` takes those of tables; which these are, the source would have to be asked. */
function takesSequence(sequences: 'auto' | Selection, address: string): boolean {
  return sequences === 'auto' || matchesSelection(sequences, address);
}
