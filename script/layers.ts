import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';

/**
 * The rules of the house that a linter does not know (CONTRIBUTING.md, "The rooms of the house").
 *
 * A pure file may import pure files, the packages and names in `allowedPackages`, and types from `typeSources`. A file of `sharedRooms`
 * is pure when everything it imports is, which is followed as far as it goes; no list of files needs to be kept.
 */

/** The pure rooms; each may import itself and those before it. */
const pureRooms = ['topology', 'import', 'plan', 'report'];

/** Rooms that hold pure files and others: a pure room may import a file of theirs when that file reaches no I/O. */
const sharedRooms = ['lib', 'bucardo'];

/** Files whose types a pure room may name (`import type`), though the room they are in does I/O. */
const typeSources = ['src/observe/model.ts', 'src/observe/table-model.ts', 'src/observe/control-model.ts', 'src/ledger/model.ts'];

/** What a pure file may import from packages and from Node: a list of names, or anything. */
const allowedPackages: Readonly<Record<string, readonly string[] | 'anything'>> = {
  yaml: 'anything',
  ajv: 'anything',
  'fastest-levenshtein': 'anything',
  '@dagrejs/dagre': 'anything',
  '@prometheus-io/client': ['Registry', 'Gauge', 'Counter', 'Histogram', 'HistogramConfiguration'],
  'node:crypto': ['createHash', 'hash'],
  'node:util': ['inspect', 'isDeepStrictEqual', 'stripVTControlCharacters'],
};

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const root = process.argv[2] ?? join(import.meta.dirname, '..');
const files = new Map(globSync('src/**/*.ts', { cwd: root }).map((path) => [path, read(path)]));
const problems = [...files.values()].flatMap((file) => [...layerProblems(file), ...shapeProblems(file)]).toSorted();
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, imports: importsOf(text) };
}

/** Every import and re-export of a formatted source: static ones begin a line, dynamic ones and `import('…')` types may be anywhere. */
function importsOf(text: string): Import[] {
  const statement = /^(?:import|export)\s+(?<type>type\s)?\s*(?:(?<clause>[\w$*\s{},]*?)\s*from\s*)?'(?<from>[^']+)'/gm;
  const dynamic = /\bimport\(\s*'(?<from>[^']+)'/g;
  return [...text.matchAll(statement), ...text.matchAll(dynamic)].map(({ groups = {}, index }) => ({
    from: groups['from'] ?? '',
    typeOnly: groups['type'] !== undefined,
    names: namesOf(groups['clause'] ?? ''),
    line: text.slice(0, index).split('\n').length,
  }));
}

/** `{ a, type b as c }` gives a and b; a namespace or a default import gives `*`. */
function namesOf(clause: string): string[] {
  const braces = /\{(?<inside>[^}]*)\}/.exec(clause);
  if (braces === null) return ['*'];
  const inside = braces.groups?.['inside'] ?? '';
  const names = inside.split(',').map((part) =>
    part
      .trim()
      .replace(/^type /, '')
      .replace(/ as .*$/, ''),
  );
  return names.filter((name) => name !== '');
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** The file's own place among the pure rooms decides what it may import; files elsewhere are free. */
function layerProblems(file: SourceFile): string[] {
  const room = roomOf(file.path);
  if (!pureRooms.includes(room) || file.path.endsWith('.test.ts')) return [];
  return file.imports.flatMap((imported) => {
    const reason = impurity(file, imported, pureRooms.slice(0, pureRooms.indexOf(room) + 1), new Set([file.path]));
    return reason === undefined ? [] : [`${file.path}:${imported.line}: a pure file may not import ${imported.from}: ${reason}`];
  });
}

/** Why a pure file may not hold this import, if it may not. `seen` cuts cycles, which are pure unless something else on them is not. */
function impurity(file: SourceFile, imported: Import, rooms: readonly string[], seen: Set<string>): string | undefined {
  if (!imported.from.startsWith('.')) return packageImpurity(imported);
  const path = normalize(join(dirname(file.path), imported.from));
  if (path.endsWith('.json')) return undefined;
  if (imported.typeOnly && typeSources.includes(path)) return undefined;
  const room = roomOf(path);
  if (pureRooms.includes(room) && !rooms.includes(room)) return `${rooms.at(-1)} comes before ${room}`;
  if (![...rooms, ...sharedRooms].includes(room)) return `${room} is no pure room`;
  const target = files.get(path);
  if (target === undefined) return 'there is no such file';
  if (rooms.includes(room) || imported.typeOnly || seen.has(path)) return undefined;
  seen.add(path);
  for (const next of target.imports.filter(({ typeOnly }) => !typeOnly)) {
    const reason = impurity(target, next, rooms, seen);
    if (reason !== undefined) return `it reaches ${next.from} (${target.path}:${next.line}): ${reason}`;
  }
  return undefined;
}

function packageImpurity(imported: Import): string | undefined {
  const name = imported.from.startsWith('node:') ? imported.from : packageOf(imported.from);
  const allowed = allowedPackages[name];
  if (allowed === 'anything') return undefined;
  if (allowed === undefined) return `${name} is not known to be pure`;
  const other = imported.names.find((one) => !allowed.includes(one));
  return other === undefined ? undefined : `of ${name}, only ${allowed.join(', ')}`;
}

function packageOf(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** No barrels, no default exports, kebab-case. */
function shapeProblems({ path, text }: SourceFile): string[] {
  const found: string[] = [];
  if (/^export\s+default\b/m.test(text) || /^export\s*\{[^}]*\bas default\b/m.test(text)) found.push(`${path}: no default exports`);
  if (/^export\s+(?:type\s+)?\*/m.test(text) || basename(path) === 'index.ts')
    found.push(`${path}: no barrels: import from the file itself`);
  if (!path.split('/').every((part) => /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?(?:\.ts)?$/.test(part))) {
    found.push(`${path}: names are kebab-case`);
  }
  return found;
}
