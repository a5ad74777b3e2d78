import { RECORDER_MD5 } from '../../bucardo/objects.ts';
import type { ObservedSequence } from '../../observe/model.ts';
import type { LinkView } from './link-view.ts';
import { type WantedTable, wantedTables } from './wanted.ts';

/** What a link carries once preflight has kept out what does not fit. */
export interface Carried {
  readonly tables: readonly WantedTable[];
  readonly sequences: readonly ObservedSequence[];
  readonly recorderMd5: string;
}

export function carriedBy(view: LinkView, unfit: ReadonlySet<string>): Carried {
  const selected = view.selected;
  return {
    tables:
      selected === null
        ? []
        : wantedTables(
            view,
            selected.tables.filter((table) => !unfit.has(table.address)),
          ),
    sequences: selected?.sequences.filter((sequence) => !unfit.has(sequence.address)) ?? [],
    recorderMd5: RECORDER_MD5,
  };
}
