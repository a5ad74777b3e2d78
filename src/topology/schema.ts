/** Whether a file's value has the form that its schema asks for: ajv finds the mistakes, `form/mistakes.ts` puts them into words. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { describeMistake, jsonType, type Mistake, misspelt } from './form/mistakes.ts';
import type { Problem } from './model.ts';
import type { ParsedFile, Path } from './parse.ts';
import { hostSchema, topologySchema } from './schema-types.ts';

export type SchemaName = 'topology' | 'host';

/** `value` is what is left when every mistake is taken out: good for looking for more problems, never to be used otherwise. */
export interface Checked {
  readonly problems: readonly Problem[];
  readonly value: unknown;
}

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, verbose: true });
ajv.addKeyword('patternErrorMessage');
ajv.addSchema(topologySchema, 'topology');
ajv.addSchema(hostSchema, 'host');

/** Compiles at first use, so that a command which reads no file does not pay for it. */
function validator(reference: string): ValidateFunction {
  const found = ajv.getSchema(reference);
  if (found === undefined) throw new Error(`no schema ${reference}`);
  return found;
}

/** Every mistake of the file, each once. */
export function checkSchema(parsed: ParsedFile, name: SchemaName): Checked {
  const mistakes = withoutConsequences(findMistakes(name, name, parsed.value, []));
  const problems = mistakes.map((mistake) => {
    const { finding, at } = describeMistake(mistake, parsed.value);
    return parsed.source.problem(parsed.at(at.path, at.part), finding);
  });
  return { problems, value: mistakes.length === 0 ? parsed.value : withoutMistakes(parsed.value, mistakes) };
}

function findMistakes(reference: string, schema: SchemaName, value: unknown, base: Path): Mistake[] {
  const validate = validator(reference);
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const inUnion = (error: ErrorObject): boolean =>
    unions.some(({ instancePath }) => error.instancePath === instancePath || error.instancePath.startsWith(`${instancePath}/`));
  const plain = errors
    // `if` repeats its `then`; a bad name is told by `propertyNames`, not by the pattern inside it.
    .filter((error) => error.keyword !== 'if' && error.propertyName === undefined && !inUnion(error))
    .map((error) => ({ path: [...base, ...pathOf(error.instancePath, value)], error }));
  return [...plain, ...unions.flatMap((union) => mistakesOfUnion(union, schema, [...base, ...pathOf(union.instancePath, value)]))];
}

/** Alternatives differ in their JSON type here: the one that the value's type belongs to is what the user meant. */
function mistakesOfUnion(union: ErrorObject, schema: SchemaName, path: Path): Mistake[] {
  for (const branch of union.schema as readonly { readonly $ref: string }[]) {
    const reference = schema + branch.$ref;
    const type = (validator(reference).schema as { readonly type?: string }).type;
    if (type === jsonType(union.data)) return findMistakes(reference, schema, union.data, path);
  }
  return [{ path, error: union }];
}

/** A JSON pointer as keys and indexes; a key made of digits stays a key. */
function pathOf(pointer: string, value: unknown): Path {
  let at = value;
  return pointer
    .split('/')
    .slice(1)
    .map((encoded) => {
      const key = encoded.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(at) ? Number(key) : key;
      at = (at as Record<string | number, unknown>)[step];
      return step;
    });
}

/** Leaves out what only follows from another mistake of the same value. */
function withoutConsequences(mistakes: readonly Mistake[]): Mistake[] {
  const meant = new Set(mistakes.map((mistake) => place([...mistake.path, misspelt(mistake) ?? ''])));
  const mistyped = new Set(mistakes.filter(({ error }) => error.keyword === 'type').map(({ path }) => place(path)));
  const endless = new Set(mistakes.filter(lacks('from')).map(({ path }) => place(path)));
  const noLink = new Set(
    mistakes.filter((mistake) => lacks('to')(mistake) && endless.has(place(mistake.path))).map(({ path }) => place(path)),
  );
  return mistakes.filter((mistake) => {
    const { error, path } = mistake;
    // `- a: b` is no link with an unknown key `a`, it is no link at all; the lack of `from` says so.
    if (noLink.has(place(path))) return lacks('from')(mistake);
    if (error.keyword === 'required') return !meant.has(place([...path, error.params['missingProperty'] as string]));
    return error.keyword === 'type' || !mistyped.has(place(path));
  });
}

function lacks(key: string): (mistake: Mistake) => boolean {
  return ({ error }) => error.keyword === 'required' && error.params['missingProperty'] === key;
}

const place = (path: Path): string => JSON.stringify(path);

/** A copy without what is wrong: unknown and misshapen entries of a mapping go, list entries become undefined, so that indexes stay true. */
function withoutMistakes(value: unknown, mistakes: readonly Mistake[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const { path, error } of mistakes) {
    if (error.keyword === 'additionalProperties') remove(copy, [...path, error.params['additionalProperty'] as string]);
    else if (error.keyword === 'propertyNames') remove(copy, [...path, error.params['propertyName'] as string]);
    else if (error.keyword !== 'required') remove(copy, path);
    // A database without a host is still a database that links may name; a link without an end is none.
    else if (path[0] === 'links' || path.includes('schema_owner')) remove(copy, path);
  }
  return copy;
}

function remove(root: unknown, path: Path): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let parent = root;
  for (const step of path.slice(0, -1)) parent = (parent as Record<string | number, unknown> | undefined)?.[step];
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  // Links still name a database whose settings are wrong.
  else if (path.length === 2 && path[0] === 'databases' && parent !== undefined) (parent as Record<string, unknown>)[last] = {};
  else if (typeof parent === 'object' && parent !== null) delete (parent as Record<string | number, unknown>)[last];
}
