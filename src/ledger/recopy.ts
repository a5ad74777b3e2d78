import type { LedgerLink, Recopy, Suspicion } from './model.ts';

/** What a repeated copy changes of a link's row. Pure data. */
export type CopyState = Pick<LedgerLink, 'receipt' | 'recopy' | 'suspects'>;

/** Tables are to be copied again; where none is, the receipt says the generation at once. */
export function recopyBegun(state: CopyState, recopy: Recopy, now: number): CopyState {
  const noted = { ...state, recopy };
  return recopy.tables.length === 0 ? recopyForgotten(recopyEnded(noted, now)) : noted;
}

/** One table was copied again: that ends every doubt about it (rule 15). */
export function tableCopied(state: CopyState, table: string): CopyState {
  const { receipt, recopy } = state;
  return {
    receipt:
      receipt === null
        ? null
        : {
            ...receipt,
            copied: [...new Set([...receipt.copied, table])].toSorted(),
            skipped: receipt.skipped.filter((one) => one !== table),
          },
    recopy: recopy === null ? null : { ...recopy, tables: recopy.tables.filter((one) => one !== table) },
    suspects: state.suspects
      .map((one): Suspicion => ({ ...one, tables: one.tables.filter((name) => name !== table) }))
      .filter((one) => one.tables.length > 0),
  };
}

/** All of them were: the receipt carries the generation. The link stands still until it is active again, which no drift may be. `rows`: of all tables of the receipt, where they are known. */
export function recopyEnded(state: CopyState, now: number, rows?: number): CopyState {
  const { receipt, recopy } = state;
  if (receipt === null || recopy === null) return state;
  return {
    ...state,
    receipt: {
      ...receipt,
      generation: recopy.generation,
      skipped: [...new Set([...receipt.skipped, ...recopy.skipped])].toSorted(),
      ...(recopy.cause === 'generation' ? { endedAt: now } : {}),
      ...(rows === undefined ? {} : { rows }),
    },
  };
}

/** The link is active again; one that has still to copy stays as it is. */
export function recopyForgotten(state: CopyState): CopyState {
  return state.recopy === null || state.recopy.tables.length > 0 ? state : { ...state, recopy: null };
}
