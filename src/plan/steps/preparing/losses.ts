import { truncateName } from '../../../bucardo/names.ts';
import { plural } from '../../../lib/format.ts';
import type { Topology } from '../../../topology/model.ts';
import type { Carried } from '../../view/carried.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import { replicatedBy } from '../../view/replicated.ts';
import { type SeenLoss, seenLosses } from '../../drift/seen.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { cascades, type LinkView } from '../../view/link-view.ts';
import { stepId } from '../step-ids.ts';

/** Why changes of some tables may be lost on a link. */
export interface Loss {
  readonly code:
    'TriggerMissing' | 'DeltaTableMissing' | 'DeltaFunction' | 'NotAlways' | 'MakedeltaOff' | 'CascadeWasOff' | SeenLoss['code'];
  readonly tables: readonly string[];
}

/**
 * Drift of a link that replicates which means that writes may not have been noted (rule 15): putting the fact back hides nothing, the
 * link is `Suspect` with these tables until a copy, or until a person accepts it. Tables that only now join a link have lost nothing.
 */
export function lossesOf(topology: Topology, view: LinkView, carried: Carried, above: readonly LinkView[]): readonly Loss[] {
  const receipt = view.ledger?.receipt ?? null;
  if (receipt === null || !receiptOf(view)) return [];
  const replicated = replicatedBy({ view, carried });
  // What is owed a copy is not doubted besides.
  const owed = new Set(view.ledger?.recopy?.tables);
  const tables = carried.tables.filter((one) => replicated.has(one.table.address) && !owed.has(one.table.address));
  const seen = seenLosses(
    view,
    tables.map((one) => one.table.address),
  );
  // A table that was made anew has lost its triggers, which says the same once more.
  const replaced = new Set(seen.find((loss) => loss.code === 'TableReplaced')?.tables);
  const wasOff = cascadeWasOff(view);
  const unwritten = new Set(
    cascades(topology, view.link.from)
      ? above.flatMap((upper) => (wasOff && upper.control === null && receiptOf(upper) ? addressesOf(upper) : withoutMakedelta(upper)))
      : [],
  );
  const named = (keep: (one: (typeof tables)[number]) => boolean): string[] => tables.filter(keep).map((one) => one.table.address);
  const losses: Loss[] = [
    ...seen.map(({ code, tables: lost }) => ({ code, tables: lost })),
    {
      code: 'TriggerMissing',
      tables: named(
        (one) =>
          !replaced.has(one.table.address) && (one.triggers.includes('delta') || (one.triggers.includes('truncate') && !one.otherTruncate)),
      ),
    },
    { code: 'DeltaTableMissing', tables: named((one) => one.helpers.includes('delta table')) },
    { code: 'DeltaFunction', tables: named((one) => one.helpers.includes('delta function') && !one.helpers.includes('delta columns')) },
    {
      code: 'NotAlways',
      tables: !above.some(receiptOf)
        ? []
        : named(
            (one) =>
              !one.triggers.includes('truncate') && one.work.truncate === 'record' && one.notAlways.includes(truncateName(view.link.sync)),
          ),
    },
    { code: 'MakedeltaOff', tables: named((one) => unwritten.has(one.table.address)) },
  ];
  return (wasOff ? asDeclared(losses) : losses).filter((loss) => loss.tables.length > 0);
}

/** Whether `cascade` was off on the link's source when the link was last applied. */
export function cascadeWasOff(view: LinkView): boolean {
  return view.ledger?.definition?.source.cascade === false;
}

/** What was missed because it was declared so is one loss, and has a remedy: a copy. */
function asDeclared(losses: readonly Loss[]): readonly Loss[] {
  const missed = new Set(losses.filter(({ code }) => code === 'NotAlways' || code === 'MakedeltaOff').flatMap((loss) => loss.tables));
  return [
    ...losses.filter(({ code }) => code !== 'NotAlways' && code !== 'MakedeltaOff'),
    { code: 'CascadeWasOff', tables: [...missed].toSorted() },
  ];
}

/** Tables of a link above whose control database is gone, and with it what it said of makedelta. */
function addressesOf({ selected }: LinkView): readonly string[] {
  return selected?.tables.map((table) => table.address) ?? [];
}

/** Tables that the link above has and whose keys it does not write down on the database that it enters. */
function withoutMakedelta(upper: LinkView): readonly string[] {
  if (!receiptOf(upper)) return [];
  // What was detached has brought nothing since, and comes back by a copy, which is passed on.
  if (upper.ledger?.definition?.state === 'detached' || upper.ledger?.recopy?.cause === 'detached') return [];
  const here = goatsIn(upper.control, upper.link);
  if (upper.leaves.length === 0) return here.filter((goat) => !goat.noted).map((goat) => goat.address);
  // One that moves has its makedelta set before it runs where it goes: until then what counts is where it runs yet.
  const set = new Set(here.filter((goat) => goat.noted).map((goat) => goat.address));
  const there = upper.leaves.flatMap(({ observed, aliases }) =>
    goatsIn(observed?.control ?? null, { relgroup: upper.link.relgroup, aliases }),
  );
  return there.filter((goat) => !goat.noted && !set.has(goat.address)).map((goat) => goat.address);
}

/** Tables of a link in a control database, and whether what comes to its target is noted there: a goat is shared by the links of an instance, only the relgroup says whose it is. */
function goatsIn(
  control: LinkView['control'],
  { relgroup, aliases }: Pick<LinkView['link'], 'relgroup' | 'aliases'>,
): readonly { readonly address: string; readonly noted: boolean }[] {
  const members = new Set(control?.herds[relgroup]);
  const whole = control?.dbs.find((db) => db.name === aliases.to)?.makedelta === true;
  return (control?.goats ?? [])
    .filter((one) => members.has(one.id) && one.type === 'table')
    .map(({ address, makedelta }) => ({ address, noted: whole || (makedelta?.split(/[ ,]+/) ?? []).includes(aliases.to) }));
}

/** Notes the losses in the ledger before anything is put back, unless they stand there already. */
export function suspectStep(view: LinkView, losses: readonly Loss[]): Draft[] {
  const fresh = losses.map((loss) => ({ code: loss.code, tables: freshTables(view, loss) })).filter((loss) => loss.tables.length > 0);
  if (fresh.length === 0) return [];
  const count = new Set(fresh.flatMap((loss) => loss.tables)).size;
  return [
    draft({
      id: stepId.suspect(view),
      kind: 'suspect',
      symbol: '~',
      address: view.link.address,
      what: `${view.link.id} is Suspect with ${plural(count, 'table')}: ${fresh.map((loss) => loss.code).join(', ')}`,
      reason: 'changes made meanwhile may not have been noted',
      on: ['hub'],
      work: { kind: 'suspect', link: view.link.address, losses: fresh },
      phase: PHASE.ledger,
      depth: view.depth,
      objects: count,
      after: [stepId.ledger],
    }),
  ];
}

/** What stands for the same loss under another code: a delta table that was missing and was made since, what was declared off and is not on yet. */
const SAME: Partial<Record<Loss['code'], readonly Loss['code'][]>> = {
  DeltaTableEmptied: ['DeltaTableMissing'],
  MakedeltaOff: ['CascadeWasOff'],
  NotAlways: ['CascadeWasOff'],
};

/** Tables whose loss is not noted yet. */
export function freshTables(view: LinkView, loss: Loss): readonly string[] {
  const noted = new Set(view.ledger?.suspects.flatMap((one) => one.tables.map((table) => `${one.code} ${table}`)));
  const same = [loss.code, ...(SAME[loss.code] ?? [])];
  return loss.tables.filter((table) => same.every((code) => !noted.has(`${code} ${table}`)));
}
