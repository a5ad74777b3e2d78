import type { LedgerLink } from '../../ledger/model.ts';
import type { LinkView } from './link-view.ts';

/** One reason to doubt tables of a link, wherever it is known from. */
export interface Doubt {
  readonly code: string;
  readonly tables: readonly string[];
  /** ISO 8601 or PostgreSQL's form; null where it holds since the copy. */
  readonly since: string | null;
}

/** Tables that the copy left as they were, less those that a person has accepted. */
export function skippedTables(link: LedgerLink | null): readonly string[] {
  const accepted = new Set(link?.accepted);
  return (link?.receipt?.skipped ?? []).filter((table) => !accepted.has(table));
}

/** Everything that makes a link `Suspect`: what its copy skipped, what drift may have lost, what our trigger could not keep. */
export function doubtsOf(view: Pick<LinkView, 'ledger' | 'source' | 'link'>): readonly Doubt[] {
  const skipped = skippedTables(view.ledger);
  const noted = view.source?.bucardo?.suspects.filter((one) => one.sync === view.link.sync) ?? [];
  return [
    ...(skipped.length > 0 ? [{ code: 'SkippedNotEmpty', tables: skipped, since: null }] : []),
    ...(view.ledger?.suspects ?? []),
    ...noted.map((one) => ({ code: one.reason, tables: [one.table], since: one.since })),
  ];
}
