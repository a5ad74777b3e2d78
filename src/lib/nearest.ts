import { distance } from 'fastest-levenshtein';

/**
 * The candidate that `word` was probably meant to be, if one is near enough: at most two slips in five letters, letter case and the
 * kind of separator left out; swapped letters are one slip. Ties go to the first.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: { readonly candidate: string; readonly slips: number } | undefined;
  for (const candidate of candidates) {
    const name = plain(candidate);
    // A word that the other begins with is an abbreviation, however much is missing: `db` for `dbname`.
    const begun = wanted.length >= 2 && (name.startsWith(wanted) || (name.length >= 3 && wanted.startsWith(name)));
    const slips = begun || letters(wanted) === letters(name) ? Math.min(1, distance(wanted, name)) : distance(wanted, name);
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, name.length) * 0.4));
    // One letter for another is no slip of the pen when there is nothing else to go by.
    if (slips > allowed || (name.length <= 1 && slips > 0)) continue;
    if (best === undefined || slips < best.slips) best = { candidate, slips };
  }
  return best?.candidate;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

function letters(word: string): string {
  return [...word].toSorted().join('');
}
