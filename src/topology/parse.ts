/** YAML text -> a plain value, and where each part of it stands. YAML 1.2, one document, nothing executed, aliases bounded. */
import { type Alias, type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type ParsedNode, parseDocument, visit } from 'yaml';
import { hintForSyntax, messageForSyntax } from './syntax-hints.ts';
import type { Position, Problem } from './model.ts';
import { SourceFile } from './source.ts';

/** Keys and indexes from the top: `['links', 1, 'copy_data']`. */
export type Path = readonly (string | number)[];

export interface ParsedFile {
  readonly source: SourceFile;
  /** What the file says, as JSON would hold it. */
  readonly value: unknown;
  /** Where the key at `path` stands, or its value. What is missing is where its nearest parent is. */
  at(path: Path, part: 'key' | 'value'): Position;
}

/** Larger files are refused before they are parsed. */
export const MAX_BYTES = 1024 * 1024;
const MAX_ALIASES = 100;
const MAX_SYNTAX_PROBLEMS = 20;

/** Reads one file's text. Problems are all errors; without any there is a value. */
export function parseYaml(file: string, text: string): { readonly parsed?: ParsedFile; readonly problems: readonly Problem[] } {
  const source = new SourceFile(file, text);
  const fail = (offset: number, code: string, message: string, hint?: string): { problems: readonly Problem[] } => ({
    problems: [source.problem(source.position(offset), { code, message, ...(hint === undefined ? {} : { hint }) })],
  });
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true, strict: true, uniqueKeys: true, version: '1.2' });
  const deep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  // Where the reader gave up depends on its stack; the line is as near as can be said.
  if (deep !== undefined) return fail(text.lastIndexOf('\n', deep.pos[0] - 1) + 1, 'YamlDepth', 'the file is nested too deeply to be read');
  hidePasswords(document, source);
  const problems = [...syntaxProblems(document, source), ...aliasProblems(document, source)];
  if (document.directives.yaml.explicit && document.directives.yaml.version !== '1.2') {
    problems.push(
      source.problem(source.position(Math.max(text.indexOf('%YAML'), 0)), {
        code: 'YamlVersion',
        message: `the file asks for YAML ${document.directives.yaml.version}; goatherd reads YAML 1.2`,
        hint: 'leave the %YAML line out',
      }),
    );
  }
  if (problems.length > 0) return { problems };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return { problems: [] };
  try {
    return {
      parsed: {
        source,
        value: document.toJS({ maxAliasCount: MAX_ALIASES }),
        at: (path, part) => source.position(offsetOf(document, text, path, part)),
      },
      problems,
    };
  } catch (error) {
    if (error instanceof ReferenceError)
      return fail(
        0,
        'YamlAliases',
        `the file's aliases expand to more than ${MAX_ALIASES} copies`,
        'write the values out, or use fewer aliases of aliases',
      );
    throw error;
  }
}

/** One problem a line: what follows the first mistake of a line mostly follows from it. */
function syntaxProblems(document: Document.Parsed<ParsedNode>, source: SourceFile): Problem[] {
  const byLine = new Map<number, Problem>();
  const quote = lastQuote(document);
  const faults = [...document.errors, ...document.warnings].map((fault) => ({
    fault,
    endless: fault.message.startsWith('Missing closing'),
  }));
  for (const { fault, endless } of faults.toSorted((one, other) => one.fault.pos[0] - other.fault.pos[0])) {
    const at = source.position(endless ? quote : fault.pos[0]);
    // A text without an end swallows all that follows it.
    if (!endless && faults.some((other) => other.endless) && fault.pos[0] > quote) continue;
    if (byLine.has(at.line)) continue;
    const hint = hintForSyntax(fault, source);
    byLine.set(
      at.line,
      source.problem(at, { code: 'YamlSyntax', message: messageForSyntax(fault, source), ...(hint === undefined ? {} : { hint }) }),
    );
    if (byLine.size === MAX_SYNTAX_PROBLEMS) break;
  }
  return [...byLine.values()];
}

function aliasProblems(document: Document.Parsed<ParsedNode>, source: SourceFile): Problem[] {
  const problems: Problem[] = [];
  let count = 0;
  visit(document, {
    Alias: (_key, alias: Alias) => {
      const offset = alias.range?.[0] ?? 0;
      count += 1;
      // Each is looked for in the whole file.
      if (count > MAX_ALIASES) {
        problems.push(
          source.problem(source.position(offset), {
            code: 'YamlAliases',
            message: `the file has more than ${MAX_ALIASES} aliases`,
            hint: 'write the values out',
          }),
        );
        return visit.BREAK;
      }
      const anchored = alias.resolve(document);
      if (anchored === undefined) {
        problems.push(
          source.problem(source.position(offset), {
            code: 'YamlAlias',
            message: `\`*${alias.source}\` is read as an alias, and nothing before it is anchored with \`&${alias.source}\``,
            hint: `a text that begins with * needs quotes: "*${alias.source}"`,
          }),
        );
      } else if ((anchored.range?.[0] ?? 0) <= offset && offset < (anchored.range?.[2] ?? 0)) {
        problems.push(
          source.problem(source.position(offset), {
            code: 'YamlAlias',
            message: `the alias \`*${alias.source}\` stands inside the value that it repeats`,
          }),
        );
      }
    },
  });
  return problems;
}

/** A text where a password's reference belongs is a password that somebody wrote down: it is shown nowhere. */
function hidePasswords(document: Document.Parsed<ParsedNode>, source: SourceFile): void {
  visit(document, {
    Pair: (_key, pair) => {
      const value: unknown = pair.value;
      const isPassword = isScalar(pair.key) && /pass|secret|token/i.test(String(pair.key.value));
      if (isPassword && isScalar(value) && value.value !== null && value.range) source.hide(value.range[0], value.range[1]);
    },
  });
}

/** Where the last quoted text begins: the one that has no end. */
function lastQuote(document: Document.Parsed<ParsedNode>): number {
  let last = 0;
  visit(document, {
    Scalar: (_key, scalar) => {
      if (scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE') last = Math.max(last, scalar.range?.[0] ?? 0);
    },
  });
  return last;
}

function offsetOf(document: Document.Parsed<ParsedNode>, text: string, path: Path, part: 'key' | 'value'): number {
  const followed = (node: unknown): Node | undefined => {
    const target = isAlias(node) ? node.resolve(document) : node;
    return isNode(target) ? target : undefined;
  };
  let node = followed(document.contents);
  let key = node?.range?.[0] ?? 0;
  let value = key;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined || !isScalar(pair.key)) return key;
      key = pair.key.range?.[0] ?? key;
      node = followed(pair.value);
      // A value that is missing is where its key is: behind the colon there is nothing to point at.
      value = isScalar(node) && node.source === '' ? key : (node?.range?.[0] ?? key);
    } else if (isSeq(node)) {
      node = followed(node.items[Number(step)]);
      // An entry without a value is where its dash is.
      const start = node?.range?.[0] ?? key;
      key = isScalar(node) && node.source === '' ? Math.max(text.lastIndexOf('-', start - 1), 0) : start;
      value = key;
    } else {
      return key;
    }
  }
  return part === 'key' ? key : value;
}
