import { stringify } from 'yaml';
import type { ImportedDatabase, ImportedLink, ImportedTopology, ImportFinding, YamlMap, YamlValue } from './model.ts';

const WIDTH = 140;
/** Longer values than this stand on lines of their own. */
const ONE_LINE = 90;

/**
 * The text of a topology file: what the topology says, and at each place what it cannot say. Databases that no live link needs, and links
 * that cannot be, stand as comments.
 */
export function topologyText(imported: ImportedTopology): string {
  const live = imported.links.filter((link) => !link.held);
  const used = new Set(live.flatMap((link) => [link.from, link.to]));
  const lines = [
    '# yaml-language-server: $schema=../schemas/topology.schema.json',
    ...imported.heading.flatMap((line) => comment(line, 0)),
    `topology: ${imported.topology}`,
    'databases:',
    ...(used.size === 0 ? ['  {}'] : []),
    ...imported.databases.flatMap((database) => databaseLines(database, used.has(database.name))),
    live.length === 0 ? 'links: []' : 'links:',
    ...imported.links.flatMap(linkLines),
    ...(imported.findings.length === 0
      ? []
      : ['', ...comment('What this topology does not say:', 0), ...imported.findings.flatMap((one) => findingLines(one, 0))]),
  ];
  return `${lines.join('\n')}\n`;
}

function databaseLines(database: ImportedDatabase, live: boolean): string[] {
  const lines = entry(database.name, database.keys, 2);
  return [
    ...database.findings.flatMap((one) => findingLines(one, 2)),
    ...(live ? lines : ['  # No link of this topology needs it:', ...lines.map(commented)]),
  ];
}

function linkLines(link: ImportedLink): string[] {
  const [first = '', ...rest] = Object.entries({ from: link.from, to: link.to, ...link.keys }).flatMap(([key, value]) =>
    entry(key, value, 4),
  );
  const lines = [first.replace(/^ {4}/, '  - '), ...rest];
  return [...link.findings.flatMap((one) => findingLines(one, 2)), ...(link.held ? lines.map(commented) : lines)];
}

/** `key: value` in one line where it fits, else in block style below it. */
function entry(key: string, value: YamlValue, indent: number): string[] {
  const pad = ' '.repeat(indent);
  const flow = inFlow(value);
  if (typeof value !== 'object' || (flow.length <= ONE_LINE && !isNested(value))) return [`${pad}${key}: ${flow}`];
  if (isList(value)) return [`${pad}${key}:`, ...value.map((one) => `${pad}  - ${inFlow(one)}`)];
  return [`${pad}${key}:`, ...Object.entries(value).flatMap(([inner, one]) => entry(inner, one, indent + 2))];
}

function inFlow(value: YamlValue): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim();
}

/** A mapping that holds collections which hold others: unreadable in one line, however short. */
function isNested(value: YamlValue): boolean {
  return !isList(value) && typeof value === 'object' && Object.values(value).some((one) => typeof one === 'object' && !isSmall(one));
}

function isSmall(value: readonly YamlValue[] | YamlMap): boolean {
  return Object.values(value).length <= 2 && Object.values(value).every((one) => typeof one !== 'object');
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** What is said, and below it what may be run, each on a line of its own however long: it is copied. */
function findingLines({ code, where, message, commands = [] }: ImportFinding, indent: number): string[] {
  return [...comment(`${code} (${where}): ${message}`, indent), ...commands.map((line) => `${' '.repeat(indent)}#     ${oneLine(line)}`)];
}

function commented(line: string): string {
  return line.replace(/^ {0,2}/, (pad) => `${pad}# `);
}

/** Control characters would end a comment. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');
}

/** A comment, broken where it is long. */
function comment(text: string, indent: number): string[] {
  const lines: string[] = [];
  for (const word of oneLine(text).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= WIDTH - indent - 2) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => `${' '.repeat(indent)}# ${index === 0 ? '' : '  '}${line}`.trimEnd());
}
