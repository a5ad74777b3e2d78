/** One message for one mistake: what only follows from another mistake is left out. */
import type { Path } from '../yaml/parse.ts';
import { type Mistake, misspelt } from './mistakes.ts';

/** The mistakes that a person has to put right, in the order found; keys that one mapping lacks together are one mistake. */
export function withoutConsequences(mistakes: readonly Mistake[]): Mistake[] {
  const places = (fits: (mistake: Mistake) => boolean): Set<string> => new Set(mistakes.filter(fits).map(({ path }) => place(path)));
  const meant = new Set(mistakes.map((mistake) => place([...mistake.path, misspelt(mistake) ?? ''])));
  const mistyped = places(({ error }) => error.keyword === 'type');
  const merged = places(({ error }) => error.keyword === 'additionalProperties' && error.params['additionalProperty'] === '<<');
  const lacks = (key: string): Set<string> => places((mistake) => missing(mistake) === key && !meant.has(place([...mistake.path, key])));
  const withoutSource = lacks('from');
  const noLink = new Set([...lacks('to')].filter((path) => withoutSource.has(path)));
  const badNames = mistakes
    .filter(({ error }) => error.keyword === 'propertyNames')
    .map(({ error }) => error.params['propertyName'] as string);

  const kept = mistakes.filter((mistake) => {
    const { error, path } = mistake;
    const key = missing(mistake);
    // A key may be missing because it is misspelt, or because it is behind a merge key, which is not read.
    if (key !== undefined) return !meant.has(place([...path, key])) && !merged.has(place(path));
    // `- a: b` is no link with an unknown key `a`, it is no link at all; the lack of `from` says so.
    if (noLink.has(place(path))) return false;
    // Links may only repeat a name that is no name.
    if (error.keyword === 'pattern' && path[0] === 'links' && endsOf(error.data).some((end) => badNames.includes(end))) return false;
    return error.keyword === 'type' || !mistyped.has(place(path));
  });
  // Whatever the reasoning above does, a file with a mistake is never one without.
  return togetherMissing(kept.length > 0 ? kept : mistakes);
}

function togetherMissing(mistakes: readonly Mistake[]): Mistake[] {
  const all = Map.groupBy(mistakes, (mistake) => (missing(mistake) === undefined ? undefined : place(mistake.path)));
  return mistakes.flatMap((mistake) => {
    // The top's keys are explained one by one.
    if (missing(mistake) === undefined || mistake.path.length === 0) return [mistake];
    const group = all.get(place(mistake.path)) ?? [];
    return group[0] === mistake ? [{ ...mistake, lacking: group.flatMap((one) => missing(one) ?? []) }] : [];
  });
}

function missing({ error }: Mistake): string | undefined {
  return error.keyword === 'required' ? (error.params['missingProperty'] as string) : undefined;
}

function endsOf(link: unknown): string[] {
  return typeof link === 'string' ? link.split('->').map((end) => end.trim()) : [];
}

function place(path: Path): string {
  return JSON.stringify(path);
}
