/** Whether a file's value has the form that its schema asks for: ajv finds the mistakes, `form/mistakes.ts` puts them into words. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { withoutConsequences } from './form/consequences.ts';
import { describeMistake, type Mistake } from './form/mistakes.ts';
import { jsonType } from './form/phrases.ts';
import { withoutMistakes } from './form/remains.ts';
import type { Problem } from './model.ts';
import type { ParsedFile, Path } from './yaml/parse.ts';
import { hostSchema, topologySchema } from './schema-types.ts';

export type SchemaName = 'topology' | 'host';

/** `value` is what is left when every mistake is taken out: good for looking for more problems, never to be used otherwise. */
export interface Checked {
  readonly problems: readonly Problem[];
  readonly value: unknown;
}

/** Of one file; more are counted. */
const MAX_PROBLEMS = 100;

// A file is checked once: to validate our own schemas each time (the unit tests do) and to optimise the code took most of a `validate`.
const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  verbose: true,
  validateSchema: false,
  code: { optimize: false },
});
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
  const problems = mistakes.slice(0, MAX_PROBLEMS).map((mistake) => {
    const { finding, at } = describeMistake(mistake, parsed.value);
    return parsed.source.problem(parsed.at(at.path, at.part), finding);
  });
  if (mistakes.length > MAX_PROBLEMS) {
    const rest = `${mistakes.length - MAX_PROBLEMS} more mistakes are not shown`;
    problems.push(parsed.source.problem(parsed.at([], 'key'), { code: 'ManyMistakes', message: rest, hint: 'is it the right file?' }));
  }
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
