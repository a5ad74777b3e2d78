/** One mistake of form, in words: what is wrong, where to point, and what to write instead. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import { nearest } from '../../lib/nearest.ts';
import { hintForPattern, hintForType, hintsForMissing } from './value-hints.ts';
import { hintForUnknownKey, knownMeaning } from './key-hints.ts';
import type { Path } from '../yaml/parse.ts';
import { either, jsonType, named, printable, shown, subject, typeNames, isHostSecret } from './phrases.ts';
import { ownedSettings } from './settings.ts';
import type { Finding } from '../yaml/source.ts';

export interface Mistake {
  readonly path: Path;
  readonly error: ErrorObject;
  /** For a missing key: all that the mapping lacks, where they are told together. */
  readonly lacking?: readonly string[];
}

interface Described {
  readonly finding: Finding;
  readonly at: { readonly path: Path; readonly part: 'key' | 'value' };
}

interface SchemaNode {
  readonly title?: string;
  readonly patternErrorMessage?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The key that an unknown key was probably meant to be; undefined for mistakes of another kind. */
export function misspelt({ error }: Mistake): string | undefined {
  if (error.keyword !== 'additionalProperties') return undefined;
  const key = error.params['additionalProperty'] as string;
  const known = Object.keys((error.parentSchema as SchemaNode).properties ?? {});
  return knownMeaning(key, known) ?? nearest(key, known);
}

/** `root` is the whole value, for the names of links. Total: a keyword without words of its own is told in the schema's. */
export function describeMistake(mistake: Mistake, root: unknown): Described {
  const { error, path } = mistake;
  switch (error.keyword) {
    case 'additionalProperties':
      return describeUnknownKey(mistake, root);
    case 'required': {
      const keys = mistake.lacking ?? [error.params['missingProperty'] as string];
      const hint = hintsForMissing(keys[0] ?? '', path);
      return described(
        'MissingKey',
        `${subject(path, root)} has no ${keys.map((key) => `\`${key}\``).join(' and no ')}`,
        hint,
        path,
        'key',
      );
    }
    case 'propertyNames': {
      const name = error.params['propertyName'] as string;
      return described(
        'BadName',
        `a database's name is ${expected(error)}, not ${shown(name, path)}`,
        hintForPattern('databaseName', name),
        [...path, name],
        'key',
      );
    }
    default:
      return describeValue(mistake, root);
  }
}

function describeUnknownKey(mistake: Mistake, root: unknown): Described {
  const { error, path } = mistake;
  const key = error.params['additionalProperty'] as string;
  const at = [...path, key];
  if (path.at(-1) === 'settings') {
    const owned = ownedSettings.get(key);
    if (owned !== undefined) return described('OwnedSetting', `\`${key}\` is goatherd's own to set`, owned, at, 'key');
    const meant = misspelt(mistake);
    return described(
      'UnknownSetting',
      `Bucardo has no setting \`${key}\` that a topology may hold`,
      meant === undefined ? undefined : `did you mean \`${meant}\`?`,
      at,
      'key',
    );
  }
  if (isPassword(path)) {
    // The key may be the password.
    const hint = misspelt(mistake) === undefined ? hintForType('secret', undefined, path) : `did you mean \`${misspelt(mistake)}\`?`;
    return described('UnknownKey', `${subject(path, root)} has a key that is neither \`env\` nor \`file\``, hint, at, 'key');
  }
  const known = Object.keys((error.parentSchema as SchemaNode).properties ?? {});
  return described(
    'UnknownKey',
    `${subject(path, root)} has no key \`${printable(key)}\``,
    hintForUnknownKey(key, known, misspelt(mistake)),
    at,
    'key',
  );
}

function describeValue({ error, path }: Mistake, root: unknown): Described {
  const { data, keyword, params } = error;
  const what = subject(path, root);
  const schema = error.parentSchema as SchemaNode;
  const value = (code: string, message: string, hint?: string): Described => described(code, message, hint, path, 'value');
  const type = jsonType(data);
  if (isPassword(path) && keyword === 'type' && type !== 'null') {
    return value('PlainPassword', `${what} is a reference, never the password itself`, hintForType('secret', data, path));
  }
  switch (keyword) {
    case 'type': {
      if (data === null) return value('MissingValue', `${what} has no value`, hintForType(params['type'] as string, data, path));
      if (isDuration(schema))
        return value('BadDuration', `${what} must be ${expected(error)}, and is ${named(data, path)}`, hintForType('string', data, path));
      const wanted = typeNames[params['type'] as string] ?? String(params['type']);
      return value(
        'WrongType',
        `${what} must be ${wanted}, and is ${named(data, path)}`,
        hintForType(params['type'] as string, data, path),
      );
    }
    case 'anyOf': {
      const wanted = path.at(-1) === 'sequences' ? '`auto` or a mapping' : '`a -> b` or a mapping';
      if (data === null) return value('MissingValue', `${what} has no value`, hintForType('union', data, path));
      return value('WrongType', `${what} must be ${wanted}, and is ${named(data, path)}`, hintForType('union', data, path));
    }
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String);
      if (data === null) return value('MissingValue', `${what} has no value`, `one of: ${allowed.join(', ')}`);
      const meant = typeof data === 'string' ? nearest(data, allowed) : undefined;
      return value(
        'UnknownValue',
        `${what} must be ${path.at(-1) === 'sequences' ? '`auto` or a mapping' : either(allowed)}, and is ${named(data, path)}`,
        meant === undefined ? undefined : `did you mean \`${meant}\`?`,
      );
    }
    case 'pattern': {
      const duration = isDuration(schema);
      const name = /name$/i.test(schema.title ?? '') && schema.title !== 'Database name on the server';
      const arrow = schema.title === 'Arrow';
      const code = duration ? 'BadDuration' : arrow ? 'BadLink' : name ? 'BadName' : 'BadValue';
      const kind = duration
        ? `duration ${String(path.at(-1))}`
        : arrow
          ? 'arrow'
          : schema.title === 'Topology name'
            ? 'topologyName'
            : schema.title === 'Database name'
              ? 'databaseName'
              : String(path.at(-1));
      return value(
        code,
        `${what} must be ${expected(error)}, and is ${shown(data, path)}`,
        typeof data === 'string' ? hintForPattern(kind, data) : undefined,
      );
    }
    case 'minimum':
    case 'maximum': {
      const { minimum, maximum } = error.parentSchema as { minimum?: number; maximum?: number };
      return value('BadValue', `${what} must be between ${minimum} and ${maximum}, and is ${shown(data, path)}`);
    }
    case 'minItems':
      return value(
        'BadValue',
        `${what} is empty, so nothing would be replicated`,
        'leave `include` out for all tables, or stop the link with `state: stopped`',
      );
    case 'minProperties':
      if (isPassword(path)) return value('MissingKey', `${what} has neither \`env\` nor \`file\``, 'write {env: NAME} or {file: PATH}');
      return value('BadValue', `${what} is empty`, hintsForMissing('databases', path));
    case 'maxProperties':
      if (isPassword(path)) return value('BadValue', `${what} has both \`env\` and \`file\``, 'keep one of them');
      return value('BadValue', `${what} holds more than ${String(params['limit'])} entries`);
    case 'maxItems':
      return value('BadValue', `${what} holds more than ${String(params['limit'])} entries`);
    case 'minLength':
      return value('BadValue', `${what} is empty`, 'write a text, or leave the key out');
    case 'maxLength':
      return value('BadValue', `${what} is longer than ${String(params['limit'])} characters`);
    case 'uniqueItems':
      return described(
        'BadValue',
        `${what} holds ${shown((data as unknown[])[params['i'] as number], path)} twice`,
        undefined,
        [...path, params['i'] as number],
        'value',
      );
    default:
      return value('BadValue', `${what} ${error.message ?? 'is not what the schema asks for'}`);
  }
}

function described(code: string, message: string, hint: string | undefined, path: Path, part: 'key' | 'value'): Described {
  return { finding: { code, message, ...(hint === undefined ? {} : { hint }) }, at: { path, part } };
}

function isDuration(schema: SchemaNode): boolean {
  return schema.patternErrorMessage?.startsWith('a whole number and ms') === true;
}

/** Where `{env: NAME}` or `{file: PATH}` stands, and nothing else. */
function isPassword(path: Path): boolean {
  if (path.at(-1) === 'password') return true;
  return isHostSecret(path) && path.length === (path[2] === 'headers' ? 4 : 2);
}

function expected(error: ErrorObject): string {
  // The pattern of a name stands in the schema that `propertyNames` refers to.
  const node = error.parentSchema as SchemaNode & { readonly propertyNames?: unknown };
  return (
    node.patternErrorMessage ??
    (node.propertyNames === undefined ? 'of another form' : 'a lower-case letter, then at most 7 lower-case letters and digits')
  );
}
