import type { RecopyCause } from '../../../ledger/model.ts';
import type { Topology } from '../../../topology/model.ts';
import { cascadeWasOff, lossesOf } from '../../steps/preparing/losses.ts';
import { writesDownAsItIs } from '../../steps/copying/unheard.ts';
import { newcomers } from '../../steps/copying/newcomers.ts';
import type { Carried } from '../carried.ts';
import { receiptOf } from './copy.ts';
import { cascades, type LinkView } from '../link-view.ts';

/** What a link that has its receipt is to copy again (rules 6 and 7). */
export interface Recopy {
  readonly cause: RecopyCause;
  readonly generation: number;
  /** Tables still to be copied; none where only the receipt has to say the generation. */
  readonly tables: readonly string[];
  /** Tables that `copy_data: empty` leaves alone, because they hold rows that no copy of this link brought. */
  readonly skipped: readonly string[];
  /** Those of `tables` whose rows on the target are removed. */
  readonly emptied: readonly string[];
  /** Whether the ledger says so already. */
  readonly noted: boolean;
  /** Whether the link runs and so copies now; else it is only written down. */
  readonly acts: boolean;
}

export interface Recopies {
  readonly of: ReadonlyMap<string, Recopy>;
  /** Why a copy that is due again is not begun, by address. */
  readonly waiting: ReadonlyMap<string, string>;
  /** Links whose copy was begun and cannot go on: they stand still. */
  readonly still: ReadonlySet<string>;
}

interface Known {
  readonly view: LinkView;
  readonly carried: Carried;
}

/** The number that the last copy satisfied; links whose ledger is older count as of generation 1. */
export const generationOf = (view: Pick<LinkView, 'ledger'>): number => view.ledger?.receipt?.generation ?? 1;

/**
 * Every copy that is due again, on the link that asks for it and on all links below, any depth: what Bucardo or a copy writes on the middle
 * database leaves no deltas there, so the links below would never hear of it (rule 7). `links` upstream first; `blocked`: why a link may
 * not act; `refused`: links whose emptying is not approved.
 */
export function recopiesOf(
  topology: Topology,
  links: readonly Known[],
  blocked: ReadonlyMap<string, string>,
  refused: ReadonlySet<string>,
): Recopies {
  const of = new Map<string, Recopy>();
  const waiting = new Map<string, string>();
  const still = new Set<string>();
  for (const known of links) {
    const { view, carried } = known;
    if (!receiptOf(view)) continue;
    if (view.link.state === 'detached') {
      of.set(view.link.address, owedByDetached(known));
      continue;
    }
    const runs = view.link.state === 'running' && !blocked.has(view.link.address);
    const noted = view.ledger?.recopy ?? null;
    const forced = links
      .filter((one) => one.view.link.to === view.link.from && cascades(topology, view.link.from))
      .flatMap((one) => {
        const above = of.get(one.view.link.address);
        return above?.acts === true ? above.tables : [];
      });
    const due = runs ? ownTables(known) : null;
    const missed = runs ? missedTables(topology, known, links) : [];
    const wanted = new Set([...(noted?.tables ?? []), ...(due?.tables ?? []), ...forced, ...missed]);
    const tables = carried.tables.map((one) => one.table.address).filter((address) => wanted.has(address));
    if (due === null && noted === null && tables.length === 0) continue;
    const above = noted === null ? obstacleAbove(topology, view, tables, links, blocked) : null;
    const obstacle = tables.length === 0 || !runs ? null : (above ?? obstacleBelow(topology, known, links, blocked, refused));
    if (obstacle !== null) {
      if (obstacle !== '') waiting.set(view.link.address, obstacle);
      if (noted !== null) still.add(view.link.address);
      continue;
    }
    const rows = new Map(view.target?.tables.map((table) => [table.address, table.hasRows]));
    const generation = due === null ? (noted?.generation ?? generationOf(view)) : view.link.copyGeneration;
    const written = new Set(noted?.tables);
    of.set(view.link.address, {
      cause:
        due !== null && due.tables.length > 0
          ? 'generation'
          : (noted?.cause ?? (missed.length > 0 ? 'cascade' : due === null ? 'above' : 'generation')),
      generation,
      tables,
      skipped: due?.skipped ?? noted?.skipped ?? [],
      emptied: tables.filter((address) => rows.get(address) !== false),
      // What was copied is forgotten when the link becomes active again.
      noted:
        noted !== null &&
        noted.generation === generation &&
        (tables.length > 0
          ? tables.every((address) => written.has(address))
          : runs && noted.tables.length === 0 && view.sync?.status !== 'active'),
      acts: runs,
    });
  }
  return { of, waiting, still };
}

/** A link that is detached owes all its tables a copy: written down before anything of it goes. */
function owedByDetached({ view, carried }: Known): Recopy {
  const noted = view.ledger?.recopy ?? null;
  return {
    cause: 'detached',
    generation: generationOf(view),
    tables: carried.tables.map((one) => one.table.address),
    skipped: [],
    emptied: [],
    noted: noted?.cause === 'detached',
    acts: false,
  };
}

/** What a raised `copy_generation` asks of this link; null where it is not raised, or was noted with that number. */
function ownTables({ view, carried }: Known): { readonly tables: readonly string[]; readonly skipped: readonly string[] } | null {
  const { link, ledger } = view;
  const asked = Math.max(generationOf(view), ledger?.recopy?.generation ?? 0);
  if (link.copyGeneration <= asked) return null;
  const joining = new Set(newcomers(view, carried));
  const addresses = carried.tables.map((one) => one.table.address).filter((address) => !joining.has(address));
  switch (link.copyData) {
    case 'never':
      return { tables: [], skipped: [] };
    case 'always':
      return { tables: addresses, skipped: [] };
    case 'empty': {
      const rows = new Map(view.target?.tables.map((table) => [table.address, table.hasRows]));
      const copied = new Set(ledger?.receipt?.copied);
      return {
        tables: addresses.filter((address) => rows.get(address) === false),
        // What this link has carried since its copy is as it should be, though it holds rows.
        skipped: addresses.filter((address) => rows.get(address) !== false && !copied.has(address)),
      };
    }
  }
}

/** Tables of which the link missed what came from above while `cascade` was off, until they are copied or a person accepts them. */
function missedTables(topology: Topology, { view, carried }: Known, links: readonly Known[]): readonly string[] {
  const above = links.filter((one) => one.view.link.to === view.link.from).map((one) => one.view);
  const losses = [...(cascadeWasOff(view) ? lossesOf(topology, view, carried, above) : []), ...(view.ledger?.suspects ?? [])];
  return losses.filter((one) => one.code === 'CascadeWasOff').flatMap((one) => one.tables);
}

/** Why a link does not begin to copy again: one above it may not act, and would not write down here what it brings of these tables meanwhile. */
function obstacleAbove(
  topology: Topology,
  { link }: LinkView,
  tables: readonly string[],
  links: readonly Known[],
  blocked: ReadonlyMap<string, string>,
): string | null {
  if (!cascades(topology, link.from)) return null;
  const upper = links.find(
    ({ view: one }) => one.link.to === link.from && blocked.has(one.link.address) && !tables.every((table) => writesDownAsItIs(one, table)),
  )?.view.link;
  return upper === undefined ? null : `waits for ${upper.id}: ${blocked.get(upper.address) ?? 'blocked'}`;
}

/**
 * Why a link may not begin to copy again: itself, or a link below that would have to stand still meanwhile and cannot. Empty where only
 * the approval is missing, which its steps say; null where nothing is in the way.
 */
function obstacleBelow(
  topology: Topology,
  { view }: Known,
  links: readonly Known[],
  blocked: ReadonlyMap<string, string>,
  refused: ReadonlySet<string>,
  // A link that its file no longer names may close a circle with the others.
  seen: ReadonlySet<string> = new Set(),
): string | null {
  if (refused.has(view.link.address)) return '';
  if (seen.has(view.link.address)) return null;
  const below = cascades(topology, view.link.to) ? links.filter((one) => one.view.link.from === view.link.to) : [];
  for (const one of below) {
    const { link, ledger } = one.view;
    const why = blocked.get(link.address);
    // One that may not be detached now replicates still.
    if (link.state === 'detached' && (why === undefined || ledger?.recopy?.cause === 'detached')) continue;
    if (receiptOf(one.view) && why !== undefined) return `waits for ${link.id}: ${why}`;
    if (!receiptOf(one.view) && typeof ledger?.request?.askedAt === 'number') return `waits for the copy of ${link.id}`;
    if (newcomers(one.view, one.carried).length > 0) return `waits for the tables that join ${link.id}`;
    const deeper = obstacleBelow(topology, one, links, blocked, refused, new Set([...seen, view.link.address]));
    if (deeper !== null) return deeper;
  }
  return null;
}
