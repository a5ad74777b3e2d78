import { RECORDER_MD5 } from '../../bucardo/objects.ts';
import type { ObservedSequence } from '../../observe/table-model.ts';
import type { LinkView } from './link-view.ts';
import { type WantedTable, wantedTables } from './wanted.ts';

/** What a link carries once preflight has kept out what does not fit. */
export interface Carried {
  readonly tables: readonly WantedTable[];
  readonly sequences: readonly ObservedSequence[];
  /** Tables and sequences that belong to the link and do not fit now: set aside, their triggers go on recording. */
  readonly aside: readonly string[];
  readonly recorderMd5: string;
}

export function carriedBy(view: LinkView, unfit: ReadonlySet<string>): Carried {
  const selected = view.selected;
  const known = new Set(view.control?.goats.filter((goat) => goat.db === view.link.aliases.from).map((goat) => goat.address));
  return {
    tables:
      selected === null
        ? []
        : wantedTables(
            view,
            selected.tables.filter((table) => !unfit.has(table.address)),
          ),
    aside: [...(selected?.tables ?? []), ...(selected?.sequences ?? [])]
      .map((one) => one.address)
      .filter((address) => unfit.has(address) && known.has(address)),
    sequences: selected?.sequences.filter((sequence) => !unfit.has(sequence.address)) ?? [],
    recorderMd5: RECORDER_MD5,
  };
}

/** The same without these tables, addresses: they come later. */
export function without(carried: Carried, late: ReadonlySet<string>): Carried {
  return late.size === 0 ? carried : { ...carried, tables: carried.tables.filter((one) => !late.has(one.table.address)) };
}
