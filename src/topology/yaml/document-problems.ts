/** What is wrong with a file as YAML. Each check reads the document once, whatever stands in it. */
import { type Alias, type Document, isCollection, isScalar, type Node, type ParsedNode, Scalar, visit } from 'yaml';
import type { Problem } from '../model.ts';
import type { SourceFile } from './source.ts';
import { hintForSyntax, messageForSyntax, wordAt } from './syntax-hints.ts';

type Parsed = Document.Parsed<ParsedNode>;

export const MAX_ALIASES = 100;
const MAX_PROBLEMS = 20;

/**
 * What stands where a password's reference belongs, and is none, may be a password that somebody wrote down: it is shown nowhere.
 * Comes before any problem.
 */
export function hidePasswords(document: Parsed, source: SourceFile): void {
  const hide = (scalar: unknown): void => {
    if (isScalar(scalar) && scalar.range) source.hide(scalar.range[0], scalar.range[1]);
  };
  visit(document, {
    Pair: (_key, { key, value }) => {
      if (!isScalar(key) || !/pass|secret|token|^headers$|^webhook$/i.test(String(key.value))) return undefined;
      hide(value);
      if (isCollection(value)) {
        visit(value, {
          Scalar: (_place, scalar) => hide(scalar),
          Pair: (_place, pair) => (isReference(pair.key, pair.value) ? visit.SKIP : undefined),
        });
      }
      return visit.SKIP;
    },
  });
}

function isReference(key: unknown, value: unknown): boolean {
  if (!isScalar(key) || !isScalar(value) || typeof value.value !== 'string') return false;
  return key.value === 'file' || (key.value === 'env' && /^\$?[A-Za-z_][A-Za-z0-9_]*$/.test(value.value));
}

/** Every problem, the first in a line: what follows it there mostly follows from it. */
export function documentProblems(document: Parsed, source: SourceFile): Problem[] {
  return [
    ...syntaxProblems(document, source),
    ...duplicateKeys(document, source),
    ...aliasProblems(document, source),
    ...otherVersion(document, source),
  ];
}

function syntaxProblems(document: Parsed, source: SourceFile): Problem[] {
  const byLine = new Map<number, Problem>();
  const quote = lastQuote(document);
  const faults = [...document.errors, ...document.warnings].toSorted((one, other) => one.pos[0] - other.pos[0]);
  const endless = faults.some(({ message }) => message.startsWith('Missing closing'));
  for (const fault of faults) {
    const isEnd = fault.message.startsWith('Missing closing');
    // A text without an end swallows all that follows it.
    if (endless && !isEnd && fault.pos[0] > quote) continue;
    const at = source.position(isEnd ? quote : fault.pos[0]);
    if (byLine.has(at.line)) continue;
    const hint = hintForSyntax(fault, source);
    byLine.set(
      at.line,
      source.problem(at, { code: 'YamlSyntax', message: messageForSyntax(fault, source), ...(hint === undefined ? {} : { hint }) }),
    );
    if (byLine.size === MAX_PROBLEMS) break;
  }
  return [...byLine.values()];
}

/** Where the last quoted text begins: the one that has no end. */
function lastQuote(document: Parsed): number {
  let last = 0;
  visit(document, {
    Scalar: (_key, scalar) => {
      if (scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE') last = Math.max(last, scalar.range?.[0] ?? 0);
    },
  });
  return last;
}

/** The reader's own check compares each key with each other one, which takes minutes for a file of keys. */
function duplicateKeys(document: Parsed, source: SourceFile): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Map: (_key, map) => {
      const lines = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key) || problems.length === MAX_PROBLEMS) continue;
        const at = source.position(key.range?.[0] ?? 0);
        const name = String(key.value);
        const first = lines.get(name);
        lines.set(name, first ?? at.line);
        if (first === undefined) continue;
        problems.push(
          source.problem(at, {
            code: 'DuplicateKey',
            message: `the key \`${wordAt(key.range?.[0] ?? 0, source)}\` stands twice in one mapping`,
            hint: `the first is in line ${first}; keep one of them, or give one another name`,
          }),
        );
      }
    },
  });
  return problems;
}

/** Puts the text of each alias that stands for nothing, or for what it stands in, in its place. */
export function writeOutAliases(document: Parsed, source: SourceFile): void {
  visit(document, {
    Alias: (_key, alias: Alias) => {
      const offset = alias.range?.[0] ?? 0;
      const anchored = alias.resolve(document);
      if (anchored !== undefined && !standsIn(anchored, offset)) return undefined;
      const text = new Scalar(wordAt(offset, source));
      text.source = text.value;
      text.range = alias.range ?? null;
      return text;
    },
  });
}

const standsIn = ({ range }: Pick<Node, 'range'>, offset: number): boolean => (range?.[0] ?? 0) <= offset && offset < (range?.[2] ?? 0);

function aliasProblems(document: Parsed, source: SourceFile): Problem[] {
  const problems: Problem[] = [];
  let count = 0;
  visit(document, {
    Alias: (_key, alias: Alias) => {
      const offset = alias.range?.[0] ?? 0;
      const at = source.position(offset);
      const word = wordAt(offset, source);
      count += 1;
      // Each is looked for in the whole file.
      if (count > MAX_ALIASES) {
        problems.push(
          source.problem(at, {
            code: 'YamlAliases',
            message: `the file has more than ${MAX_ALIASES} aliases`,
            hint: 'write the values out',
          }),
        );
        return visit.BREAK;
      }
      const anchored = alias.resolve(document);
      if (anchored === undefined) {
        const message = `\`${word}\` is read as an alias, and nothing before it is anchored with that name`;
        problems.push(source.problem(at, { code: 'YamlAlias', message, hint: `a text that begins with * needs quotes: "${word}"` }));
      } else if (standsIn(anchored, offset)) {
        problems.push(source.problem(at, { code: 'YamlAlias', message: `the alias \`${word}\` stands inside the value that it repeats` }));
      }
      return undefined;
    },
  });
  return problems;
}

function otherVersion({ directives }: Parsed, source: SourceFile): Problem[] {
  if (!directives.yaml.explicit || directives.yaml.version === '1.2') return [];
  const at = source.position(Math.max(source.text.indexOf('%YAML'), 0));
  const message = `the file asks for YAML ${directives.yaml.version}; goatherd reads YAML 1.2`;
  return [source.problem(at, { code: 'YamlVersion', message, hint: 'leave the %YAML line out' })];
}
