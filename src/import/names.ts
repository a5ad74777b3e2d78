/** Names that a topology takes, made from names that Bucardo or a person took. Pure. */

/** A topology's name: lower-case letters, digits and underscores, at most 16, a letter first. */
export function topologyName(text: string): string {
  return fit(text.toLowerCase().replaceAll(/[^a-z0-9_]+/g, '_'), 16, 'imported');
}

/** A database's name: lower-case letters and digits, at most 8, a letter first; another number behind it for each that is taken. */
export function databaseName(text: string, taken: ReadonlySet<string>): string {
  const wanted = fit(text.toLowerCase().replaceAll(/[^a-z0-9]+/g, ''), 8, 'db');
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : String(number);
    const name = wanted.slice(0, 8 - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}

function fit(text: string, length: number, otherwise: string): string {
  const name = text
    .replace(/^[^a-z]+/, '')
    .slice(0, length)
    .replace(/_+$/, '');
  return name === '' ? otherwise : name;
}

/** A pattern that matches this name; characters that patterns do not take are any one character. */
export function patternFor(schema: string, name: string): { readonly pattern: string; readonly widened: boolean } {
  const address = `${schema}.${name}`;
  const pattern = address.replaceAll(/["{}[\]\\^|*?\p{Cc}]/gu, '?');
  return { pattern, widened: pattern !== address };
}
