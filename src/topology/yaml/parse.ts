/** YAML text -> a plain value, and where each part of it stands. YAML 1.2, one document, nothing executed, aliases bounded. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type ParsedNode, parseDocument } from 'yaml';
import { documentProblems, hidePasswords, MAX_ALIASES, writeOutAliases } from './document-problems.ts';
import type { Position, Problem } from '../model.ts';
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

/** What else is wrong, without what is said of the very place where an alias stands for nothing: it would be said of its text. */
export function besidesAliases(syntax: readonly Problem[], others: readonly Problem[]): readonly Problem[] {
  const places = new Set(syntax.map(({ at }) => `${at.line}:${at.column}`));
  return [...syntax, ...others.filter(({ at }) => !places.has(`${at.line}:${at.column}`))];
}

/** Larger files are refused before they are parsed. */
export const MAX_BYTES = 1024 * 1024;

/** Reads one file's text. Problems are all errors. There is a value without any, and where all of them are of aliases, each read as its text. */
export function parseYaml(file: string, text: string): { readonly parsed?: ParsedFile; readonly problems: readonly Problem[] } {
  const source = new SourceFile(file, text);
  const fail = (offset: number, code: string, message: string, hint?: string): { problems: readonly Problem[] } => ({
    problems: [source.problem(source.position(offset), { code, message, ...(hint === undefined ? {} : { hint }) })],
  });
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true, strict: true, uniqueKeys: false, version: '1.2' });
  const deep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  // Where the reader gave up depends on its stack; the line is as near as can be said.
  if (deep !== undefined) return fail(text.lastIndexOf('\n', deep.pos[0] - 1) + 1, 'YamlDepth', 'the file is nested too deeply to be read');
  hidePasswords(document, source);
  const problems = documentProblems(document, source);
  // An alias that stands for nothing leaves the rest as it is: it is read as its own text, and the rest is looked at.
  if (problems.some(({ code }) => code !== 'YamlAlias')) return { problems };
  if (problems.length > 0) writeOutAliases(document, source);
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
