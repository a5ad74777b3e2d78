/**
 * Patterns on `schema.name`: `*` is any run of characters, dots too, `?` one character; all else stands for itself, capitals included.
 */
import type { Selection } from './model.ts';

/** Schemas that no pattern ever reaches: PostgreSQL's own, Bucardo's and ours. */
const RESERVED = /^(?:pg_[^.]*|information_schema|bucardo|goatherd)\./;

/** Whether `address` (`schema.name`) belongs to the selection: an include matches, no exclude does, and its schema is not reserved. */
export function matchesSelection(selection: Selection, address: string): boolean {
  const matches = (pattern: string): boolean => matchesPattern(pattern, address);
  return !RESERVED.test(address) && selection.include.some(matches) && !selection.exclude.some(matches);
}

/** Whether a pattern reaches into reserved schemas only, so that it never matches. */
export function isReservedPattern(pattern: string): boolean {
  return RESERVED.test(pattern);
}

/** Whether the whole of `text` matches. Linear for one star and at worst |pattern| x |text|: no pattern can hang us, as one made into a regular expression could. */
export function matchesPattern(pattern: string, text: string): boolean {
  return walk(pattern, text, (wanted, character) => wanted === '?' || wanted === character);
}

/** Whether everything that `narrow` matches is certainly matched by `wide`. */
export function covers(wide: string, narrow: string): boolean {
  const wild = wide.search(/[*?]/);
  if (wild < 0) return wide === narrow;
  if (!narrow.startsWith(wide.slice(0, wild))) return false;
  // The narrow pattern is taken as text: a star of `wide` swallows its wildcards, a question mark only another one or a plain character.
  return walk(wide, narrow, (wanted, character) => (wanted === '?' ? character !== '*' : wanted === character));
}

/** Two pointers and one place to come back to: when a character does not fit, the last star takes one more. */
function walk(pattern: string, text: string, fits: (wanted: string, character: string) => boolean): boolean {
  const wanted = [...pattern];
  const characters = [...text];
  let at = 0;
  let star: { readonly after: number; taken: number } | undefined;
  for (let index = 0; index < characters.length;) {
    const next = wanted[at];
    if (next === '*') {
      at += 1;
      star = { after: at, taken: index };
    } else if (next !== undefined && fits(next, characters[index] ?? '')) {
      at += 1;
      index += 1;
    } else if (star !== undefined) {
      star.taken += 1;
      index = star.taken;
      at = star.after;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((rest) => rest === '*');
}

/**
 * A pattern that both selections certainly share, or undefined where it takes the catalogs to know. Sound in one direction only: what is
 * found here overlaps as soon as that pattern matches anything; what is not found here may overlap too, and is the plan's to see.
 */
export function certainOverlap(one: Selection, other: Selection): string | undefined {
  const excludes = [...one.exclude, ...other.exclude];
  const shared = sharedPatterns(one.include, other.include);
  return shared.find((pattern) => !excludes.some((exclude) => covers(exclude, pattern)));
}

/** Plain names, of which there may be many, are looked up; only pairs with a wildcard in them are compared. */
function sharedPatterns(one: readonly string[], other: readonly string[]): string[] {
  const isWild = (pattern: string): boolean => /[*?]/.test(pattern);
  const plain = new Set(other.filter((pattern) => !isWild(pattern)));
  const wild = other.filter(isWild);
  return one.flatMap((first) => {
    const same = plain.has(first) ? [first] : [];
    const covered = (isWild(first) ? other : wild).flatMap((second) =>
      covers(first, second) ? [second] : covers(second, first) ? [first] : [],
    );
    return [...same, ...covered];
  });
}
