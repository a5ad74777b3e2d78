/** What a running daemon may still write down though its rows say nothing of it: other hands took makedelta off, and it reads that when it starts (FACTS 4.6). */
import type { ObservedTable } from '../../../observe/table-model.ts';
import { DELTA_TRIGGER } from '../../../bucardo/names.ts';
import type { LedgerLink } from '../../../ledger/model.ts';
import { type LinkView, membersOf } from '../../view/link-view.ts';
import { isRunBy } from '../../view/runs-first.ts';

/** Ids of the links below that a link was last known to write its changes down for; a ledger of an earlier version says nothing. */
export const passedOnBy = ({ ledger }: { readonly ledger: Pick<LedgerLink, 'definition'> | null }): readonly string[] =>
  ledger?.definition?.passedOn ?? [];

/** Whether a link was last known to write its changes down for this one, under the name that it has or had. */
export function passesOnTo(upper: Pick<LinkView, 'ledger'>, below: LinkView): boolean {
  const known = [below.link.id, below.ledger?.formerAddress?.split('/').at(-1)];
  return passedOnBy(upper).some((id) => known.includes(id));
}

/**
 * Tables of a link that runs, by address, which a link below leaves, or which leave one, while what stands for them on the target is to go:
 * the rows may say for long that they are not written down there, and the daemon be older than that. `ending`: links whose objects go;
 * `below`: links that stay and leave the target.
 */
export function stillLoaded(view: LinkView, ending: readonly LinkView[], below: readonly LinkView[]): ReadonlySet<string> {
  if (!isRunBy(view)) return new Set();
  const members = membersOf(view);
  const startedAt = view.daemon?.startedAt ?? 0;
  const standing = (one: LinkView, goes: (address: string) => boolean): readonly string[] =>
    (one.source?.tables ?? [])
      .filter((table) => stands(table) && members.has(table.address) && goes(table.address))
      .map((table) => table.address);
  const ended = ending.filter((one) => one.link.from === view.link.to && passesOnTo(view, one)).flatMap((one) => standing(one, () => true));
  const left = below
    .filter((one) => one.link.from === view.link.to && one.selected !== null && passesOnTo(view, one))
    .flatMap((one) => {
      const matching = new Set(one.selected?.tables.map((table) => table.address));
      // Where one that moves comes from they are members until it runs where it goes, which waits for this.
      const carried = membersOf({ ...one, leaves: [] });
      // It leaves now, or has left since the daemon began.
      const since = (one.control?.changedAt ?? 0) >= startedAt;
      return standing(one, (address) => !matching.has(address) && (since || carried.has(address)));
    });
  return new Set([...ended, ...left]);
}

/** Whether a run that writes changes of a table down would miss something when it goes. */
function stands({ bucardo }: ObservedTable): boolean {
  return bucardo !== null && (bucardo.deltaColumns !== null || bucardo.triggers.some((one) => one.name === DELTA_TRIGGER));
}
