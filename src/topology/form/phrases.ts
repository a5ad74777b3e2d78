/** How paths and values are called in messages. */
import type { Path } from '../yaml/parse.ts';
import { withoutSecrets } from '../yaml/source.ts';

export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** What a person calls a JSON type. */
export const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'nothing',
};

/** What a person calls the value at a path: `port` of database `a`. */
export function subject(path: Path, root: unknown): string {
  if (path.length === 0) return 'the file';
  const keys = (steps: Path): string =>
    `\`${steps.map((step, index) => (typeof step === 'number' ? `[${step + 1}]` : `${index === 0 ? '' : '.'}${printable(step)}`)).join('')}\``;
  if (path[0] === 'databases' && path.length > 1) {
    const name = `database \`${printable(String(path[1]))}\``;
    return path.length === 2 ? name : `${keys(path.slice(2))} of ${name}`;
  }
  if (path[0] === 'links' && path.length > 1) {
    const name = linkName(root, Number(path[1]));
    return path.length === 2 ? name : `${keys(path.slice(2))} of ${name}`;
  }
  return keys(path);
}

function linkName(root: unknown, index: number): string {
  const link = (root as { links?: unknown[] } | undefined)?.links?.[index];
  const { from, to } = (typeof link === 'object' && link !== null ? link : {}) as { from?: unknown; to?: unknown };
  return typeof from === 'string' && typeof to === 'string' ? `link \`${printable(`${from} -> ${to}`)}\`` : `link ${index + 1}`;
}

/** `the text "x"`, `the number 5`, `a list`. */
export function named(value: unknown, path: Path): string {
  const type = jsonType(value);
  if (type === 'string') return `the text ${shown(value, path)}`;
  return type === 'number' || type === 'boolean' ? shown(value, path) : (typeNames[type] ?? type);
}

/** Whether the host settings keep a secret's reference here, or below. */
export function isHostSecret(path: Path): boolean {
  if (path[0] === 'listen') return path[1] === 'token';
  return path[0] === 'notify' && (path[2] === 'headers' || path[2] === 'webhook');
}

/** A value as it may be printed: in quotes, one line, not long, and nothing that follows the key `password`. */
export function shown(value: unknown, path: Path): string {
  if ((path.includes('password') || isHostSecret(path)) && path.at(-1) !== 'file') return 'not';
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return `"${printable(value)}"`;
}

export function printable(text: string): string {
  const plain = withoutSecrets(text).replaceAll(/\p{C}/gu, '?');
  return plain.length > 60 ? `${plain.slice(0, 57)}...` : plain;
}

export function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
