import type { Suspicion } from '../ledger/model.ts';
import { joinWords, plural } from '../lib/format.ts';
import { isTooOften } from '../plan/drift/drift.ts';
import { type Doubt, doubtsOf } from '../plan/view/doubts.ts';
import { identitiesOf, replacedEnds } from '../plan/view/remembered/identities.ts';
import type { Link } from '../topology/model.ts';
import type { ActContext } from './context.ts';
import type { Said } from './link-verbs.ts';

/** A person's word that doubted tables of a link are as they should be, kept with who and why. No tables: all that are doubted. */
export async function acceptTables(context: ActContext, link: Link, asked: readonly string[], by: string, reason: string): Promise<Said> {
  const row = context.known.links[link.address] ?? null;
  const replaced = asked.length === 0 ? replacedEnds(context.observation, link, row) : [];
  if (replaced.length > 0) {
    await context.ledger.words.acceptIdentities(link.address, by, reason, identitiesOf(context.observation, link));
    // What it had before it was replaced is nothing to compare with any more.
    await context.ledger.words.forgetSeen(
      context.topology.name,
      replaced.map((one) => one.name),
    );
  }
  const heals = asked.length === 0 ? (context.known.heals?.[link.address] ?? []) : [];
  if (heals.length > 0) await context.ledger.words.forgetHeals(link.address, by, reason);
  const ends = [
    ...(replaced.length === 0
      ? []
      : [`${link.address}: ${joinWords(replaced.map((one) => one.name))} accepted as the database that it is now`]),
    ...([...Map.groupBy(heals, (heal) => heal.fact).values()].some(isTooOften)
      ? [`${link.address}: drift that was put back too often is put back again`]
      : []),
  ];
  const source = context.observation.databases[link.from];
  const doubts = doubtsOf({ ledger: row, link, source: source?.reachable === true ? source : null });
  const doubted = [...new Set(doubts.flatMap((one) => one.tables))].toSorted();
  const strange = asked.filter((table) => !doubted.includes(table));
  if (strange.length > 0)
    return { exitCode: 1, text: `not doubted: ${strange.join(', ')}`, hint: `doubted are: ${doubted.join(', ') || 'none'}` };
  const accepted = asked.length === 0 ? doubted : [...asked];
  if (accepted.length === 0) return { exitCode: 0, text: ends.join('\n') || `${link.address} is not Suspect: there is nothing to accept` };
  if (doubts.some((one) => isNoted(one, row?.suspects ?? []))) await forgetNoted(context, link, accepted);
  const left = (row?.suspects ?? [])
    .map((one): Suspicion => ({ ...one, tables: one.tables.filter((table) => !accepted.includes(table)) }))
    .filter((one) => one.tables.length > 0);
  await context.ledger.words.accept(link.address, by, reason, accepted, left);
  const tables = `${link.address}: ${plural(accepted.length, 'table')} accepted: ${accepted.join(', ')}`;
  return { exitCode: 0, text: [...ends, tables].join('\n') };
}

/** Whether a doubt stands on the source, where our trigger noted it, and not in the ledger. */
function isNoted(doubt: Doubt, suspects: readonly Suspicion[]): boolean {
  return doubt.code !== 'SkippedNotEmpty' && !suspects.some((one) => one.code === doubt.code && one.since === doubt.since);
}

async function forgetNoted({ access }: ActContext, link: Link, tables: readonly string[]): Promise<void> {
  await access
    .database(link.from)
    .query("DELETE FROM bucardo.goatherd_suspect WHERE sync = $1 AND sname || '.' || tname = ANY ($2)", [link.sync, tables]);
}
