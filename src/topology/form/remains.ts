/** What is left of a file when its mistakes are taken out, so that other problems can be looked for in the same run. */
import type { Path } from '../yaml/parse.ts';
import type { Mistake } from './mistakes.ts';

/** A copy: unknown and misshapen entries of a mapping go, entries of a list become undefined, so that indexes stay true. */
export function withoutMistakes(value: unknown, mistakes: readonly Mistake[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const { path, error } of mistakes) {
    if (error.keyword === 'additionalProperties') remove(copy, [...path, error.params['additionalProperty'] as string]);
    else if (error.keyword === 'propertyNames') remove(copy, [...path, error.params['propertyName'] as string]);
    else if (error.keyword !== 'required') remove(copy, path);
  }
  removeEndless(copy);
  return copy;
}

function remove(root: unknown, path: Path): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let parent = root;
  for (const step of path.slice(0, -1)) parent = (parent as Record<string | number, unknown> | undefined)?.[step];
  if (typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  // Links still name a database whose settings are wrong.
  else if (path.length === 2 && path[0] === 'databases') (parent as Record<string, unknown>)[last] = {};
  else delete (parent as Record<string | number, unknown>)[last];
}

/** A database without a host is still a database that links may name; a link without an end is none. */
function removeEndless(root: unknown): void {
  const links = (root as { readonly links?: unknown } | null)?.links;
  if (!Array.isArray(links)) return;
  links.forEach((link: unknown, index) => {
    if (typeof link !== 'object' || link === null) return;
    if (!Object.hasOwn(link, 'from') || !Object.hasOwn(link, 'to')) links[index] = undefined;
  });
}
