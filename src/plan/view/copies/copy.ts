import type { CopyRequest } from '../../../ledger/model.ts';
import type { Carried } from '../carried.ts';
import type { LinkView } from '../link-view.ts';

/** What a link's first copy would do, decided while its targets are as they are now. */
export interface CopyPlan {
  /** Tables that the copy fills. */
  readonly tables: readonly string[];
  /** Tables that stay as they are because the target holds rows (`copy_data: empty`). */
  readonly skipped: readonly string[];
  /** Tables of the target that hold rows and are emptied first (`copy_data: always`). */
  readonly emptied: readonly string[];
  readonly bytes: number;
}

/** The copy that was asked for stands as the ledger wrote it down: targets are not empty any more once it runs. */
export function copyPlan(view: LinkView, carried: Carried): CopyPlan {
  const request = view.ledger?.request ?? null;
  const rows = new Map(view.target?.tables.map((table) => [table.address, table.hasRows]));
  const bytes = (addresses: readonly string[]): number => {
    const asked = new Set(addresses);
    return carried.tables.filter((one) => asked.has(one.table.address)).reduce((sum, one) => sum + one.table.bytes, 0);
  };
  if (request !== null && request.mode === view.link.copyData) return planOf(request, bytes);
  const addresses = carried.tables.map((one) => one.table.address);
  // A table that could not be looked at counts as filled: skipping is said, overwriting would not be.
  const filled = addresses.filter((address) => rows.get(address) !== false);
  switch (view.link.copyData) {
    case 'never':
      return { tables: [], skipped: [], emptied: [], bytes: 0 };
    case 'always':
      return {
        tables: addresses,
        skipped: [],
        emptied: filled,
        bytes: bytes(addresses),
      };
    case 'empty': {
      const tables = addresses.filter((address) => rows.get(address) === false);
      return { tables, skipped: filled, emptied: [], bytes: bytes(tables) };
    }
  }
}

function planOf(request: CopyRequest, bytes: (addresses: readonly string[]) => number): CopyPlan {
  return { tables: request.tables, skipped: request.skipped, emptied: [], bytes: bytes(request.tables) };
}

/** Whether Bucardo has finished what the ledger asked for: its flag is down and a run that began after the question ended well. */
export function copyEnded(view: LinkView): boolean {
  const askedAt = view.ledger?.request?.askedAt;
  if (askedAt === null || askedAt === undefined || view.sync === null) return false;
  const good = view.runs?.lastGood;
  return view.sync.onetimecopy === 0 && good !== null && good !== undefined && good.startedAt >= askedAt;
}

/** Whether the ledger holds the receipt of a link's copy: copied, skipped, not asked for, or unknown. */
export const receiptOf = (view: LinkView): boolean => view.ledger?.receipt !== null && view.ledger?.receipt !== undefined;

/** Whether Bucardo has still to be asked for this link's first copy: never asked, or its flag was lost before the copy ended. */
export function mustAskForCopy(view: LinkView): boolean {
  if (receiptOf(view) || view.link.copyData === 'never' || copyEnded(view)) return false;
  const asked = view.ledger?.request?.askedAt ?? null;
  return asked === null || view.sync === null || view.sync.onetimecopy === 0;
}
