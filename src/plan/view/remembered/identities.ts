import type { LedgerLink, LinkIdentities } from '../../../ledger/model.ts';
import type { Observation } from '../../../observe/model.ts';
import type { Link } from '../../../topology/model.ts';

/** What the databases of a link are now; null for one that does not answer or does not say. */
export function identitiesOf(observation: Observation, link: Pick<Link, 'from' | 'to'>): LinkIdentities {
  const of = (name: string): string | null => {
    const database = observation.databases[name];
    return database?.reachable === true ? database.identity : null;
  };
  return { from: of(link.from), to: of(link.to) };
}

/** Ends of a link that are another database than the one which the ledger knows, whatever they are called and wherever they are. */
export function replacedEnds(
  observation: Observation,
  link: Pick<Link, 'from' | 'to'>,
  known: Pick<LedgerLink, 'identities'> | null,
): readonly { readonly name: string; readonly was: string; readonly is: string }[] {
  const now = identitiesOf(observation, link);
  return (['from', 'to'] as const).flatMap((end) => {
    const was = known?.identities[end] ?? null;
    const is = now[end];
    return was === null || is === null || was === is ? [] : [{ name: link[end], was, is }];
  });
}

/** What the ledger should keep: what is known stays until a person accepts another, what is not is learned. */
export function learnedIdentities(known: LinkIdentities, now: LinkIdentities): LinkIdentities | null {
  const learned = { from: known.from ?? now.from, to: known.to ?? now.to };
  return learned.from === known.from && learned.to === known.to ? null : learned;
}
