import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GoatherdError, messageOf } from '../lib/errors.ts';

/** One of Bucardo's global functions on a source, as `validate_sync` would write it (rule 23). */
export interface GlobalFunction {
  readonly name: string;
  readonly args: string;
  /** `name(args)`, as `oidvectortypes` prints the arguments. */
  readonly signature: string;
  /** CREATE OR REPLACE FUNCTION … */
  readonly statement: string;
  /** md5 of pg_proc.prosrc once it is made. */
  readonly md5: string;
}

/** Where Debian and Bucardo's own Makefile put bucardo.schema; Bucardo's own search begins with the working directory, ours never does. */
export const SCHEMA_FILES = ['/usr/share/bucardo/bucardo.schema', '/usr/local/share/bucardo/bucardo.schema'];

/** Reads the installed bucardo.schema, or null where there is none. */
export function readSchemaFile(): { file: string; text: string } | null {
  for (const file of SCHEMA_FILES) {
    try {
      return { file, text: readFileSync(file, 'utf8') };
    } catch {
      continue;
    }
  }
  return null;
}

/** The version that the schema file names in its head: `-- Version 5.6.0`. */
export function schemaVersion(text: string): string | null {
  return /^-- Version (\S+)/m.exec(text)?.[1] ?? null;
}

/**
 * What psql is fed to make a control database of any name: lines that create and enter the database `bucardo` are left out,
 * the rest is Bucardo's own text, one transaction (FACTS 3.3).
 * @throws GoatherdError `BucardoSchemaUnknown` when the file is not laid out as 5.6.0's
 */
export function controlSchemaSql(text: string): string {
  const start = text.indexOf('\\set ON_ERROR_STOP on');
  if (start < 0) throw unknown('the line "\\set ON_ERROR_STOP on" is missing');
  return text.slice(start);
}

/**
 * The functions that `validate_sync` writes to every source, taken from the text of the installed schema (S:1446-1841), so that
 * nothing of Bucardo is copied and they are equal by construction.
 */
export function globalFunctions(text: string): readonly GlobalFunction[] {
  const begin = text.indexOf('my @functions = (');
  const end = text.indexOf('); ## end of %functions', begin);
  if (begin < 0 || end < 0) throw unknown('the list of functions in validate_sync is not where it was');
  const list = text.slice(begin, end);
  const head = /\{\s*name\s*=>\s*'([^']+)'\s*,\s*'?args'?\s*=>\s*'([^']*)'\s*,\s*returns\s*=>\s*'([^']*)'\s*,([^{]*?)body\s*=>\s*q\{/g;
  const functions: GlobalFunction[] = [];
  for (let match = head.exec(list); match !== null; match = head.exec(list)) {
    const [, name = '', args = '', returns = '', options = ''] = match;
    const bodyText = balanced(list, head.lastIndex);
    head.lastIndex += bodyText.length + 1;
    const body = ` ${bodyText.replaceAll('\\\\', '\\')} `;
    const volatility = /vol\s*=>\s*'(\w+)'/.exec(options)?.[1] ?? 'VOLATILE';
    const language = /language\s*=>\s*'(\w+)'/.exec(options)?.[1] ?? 'plpgsql';
    functions.push({
      name,
      args,
      signature: `${name}(${args})`,
      md5: createHash('md5').update(body, 'utf8').digest('hex'),
      statement: `CREATE OR REPLACE FUNCTION bucardo.${name}(${args})\nRETURNS ${returns}\nLANGUAGE ${language}\n${volatility}\nSECURITY DEFINER\nAS $clone$${body}$clone$`,
    });
  }
  if (functions.length < 10) throw unknown(`only ${functions.length} functions were found in validate_sync`);
  return functions;
}

/** Perl's q{…}: the text up to the brace that closes the one before `start`. */
function balanced(text: string, start: number): string {
  let depth = 1;
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === '{') depth += 1;
    else if (text[index] === '}') depth -= 1;
    if (depth === 0) return text.slice(start, index);
  }
  throw unknown('a function body does not end');
}

function unknown(what: string): GoatherdError {
  return new GoatherdError('BucardoSchemaUnknown', `the installed bucardo.schema is not that of Bucardo 5.6.0: ${messageOf(what)}`, {
    hint: 'install the package bucardo 5.6.0',
  });
}
