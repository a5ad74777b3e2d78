/** The keys that a topology and a link may both hold: read at each level, then the link's laid over the topology's, then defaults. */
import { LONGEST_MS, parseDuration } from './durations.ts';
import { idleSettings } from './form/settings.ts';
import { covers, isReservedPattern } from './glob.ts';
import type { CopyData, DriftPolicy, Link, LinkState, Selection } from './model.ts';
import type { Path } from './yaml/parse.ts';
import type { Bucardo, Link as LinkMapping, Tables } from './schema-types.ts';
import { compare, type Finding } from './yaml/source.ts';

/** Says a problem of the value at a path, or of the key. */
export type Report = (path: Path, finding: Finding, part?: 'key' | 'value') => void;

export type SharedKeys = Omit<LinkMapping, 'from' | 'to'>;

/** What one level says; what it leaves out is left out here. */
interface Level {
  readonly path: Path;
  readonly copyData?: CopyData | undefined;
  readonly copyGeneration?: number | undefined;
  readonly disableKicking?: boolean | undefined;
  readonly kickMs?: number | undefined;
  readonly tables: Partial<Selection>;
  readonly sequences?: 'auto' | Partial<Selection> | undefined;
  readonly timeoutMs?: number | undefined;
  readonly budgetMs?: number | undefined;
  readonly state?: LinkState | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly instance?: string | undefined;
  readonly adopt?: Link['adopt'] | undefined;
  readonly protect?: boolean | undefined;
  readonly drift?: DriftPolicy | undefined;
}

type Shared = Pick<
  Link,
  | 'copyData'
  | 'copyGeneration'
  | 'disableKicking'
  | 'kickIntervalSeconds'
  | 'tables'
  | 'sequences'
  | 'locks'
  | 'state'
  | 'settings'
  | 'protect'
  | 'drift'
> & {
  readonly adopt: Link['adopt'] | undefined;
  /** What `bucardo.instance` says, if anything. */
  readonly instanceName: string | undefined;
};

const DEFAULT_TIMEOUT_MS = 500;
const DEFAULT_BUDGET_MS = 30 * 60_000;

export function readLevel(keys: SharedKeys, path: Path, report: Report): Level {
  return {
    path,
    copyData: keys.copy_data,
    copyGeneration: keys.copy_generation,
    disableKicking: keys.disable_kicking,
    kickMs: readDuration(keys.kick_interval, [...path, 'kick_interval'], 1000, report),
    tables: readSelection(keys.tables, [...path, 'tables'], report),
    sequences: typeof keys.sequences === 'object' ? readSelection(keys.sequences, [...path, 'sequences'], report) : keys.sequences,
    timeoutMs: readDuration(keys.locks?.timeout, [...path, 'locks', 'timeout'], 1, report),
    budgetMs: readDuration(keys.locks?.budget, [...path, 'locks', 'budget'], 1, report),
    state: keys.state,
    settings: readSettings(keys.bucardo, [...path, 'bucardo', 'settings'], report),
    instance: keys.bucardo?.instance,
    adopt: keys.bucardo?.adopt,
    protect: keys.protect,
    drift: keys.drift,
  };
}

/** The link's level over the topology's: mappings key by key, all else whole; then the defaults. */
export function mergeLevels(topology: Level, link: Level, report: Report): Shared {
  const disableKicking = link.disableKicking ?? topology.disableKicking ?? true;
  const kickMs = link.kickMs ?? topology.kickMs ?? (disableKicking ? 1000 : 30_000);
  const timeoutMs = link.timeoutMs ?? topology.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const budgetMs = link.budgetMs ?? topology.budgetMs ?? DEFAULT_BUDGET_MS;
  if (budgetMs < timeoutMs) {
    const key = (link.budgetMs ?? topology.budgetMs) === undefined ? 'timeout' : 'budget';
    const level = (key === 'budget' ? link.budgetMs : link.timeoutMs) === undefined ? topology : link;
    report([...level.path, 'locks', key], {
      code: 'LockBudget',
      message: `the lock budget (${budgetMs} ms) is shorter than one lock timeout (${timeoutMs} ms), so no lock would be waited for in full`,
      hint: 'make `locks.budget` longer, or `locks.timeout` shorter',
    });
  }
  const tables = selection(topology.tables, link.tables);
  if (tables.include.every((include) => tables.exclude.some((exclude) => covers(exclude, include)))) {
    const level = link.tables.include === undefined && link.tables.exclude === undefined ? topology : link;
    report(
      [...level.path, 'tables'],
      {
        code: 'NothingSelected',
        message: 'everything that `include` selects is excluded again, so no table is replicated',
        severity: 'warning',
      },
      'key',
    );
  }
  return {
    copyData: link.copyData ?? topology.copyData ?? 'empty',
    copyGeneration: link.copyGeneration ?? topology.copyGeneration ?? 1,
    disableKicking,
    kickIntervalSeconds: Math.floor(kickMs / 1000),
    tables,
    sequences: mergeSequences(topology.sequences, link.sequences),
    locks: { timeoutMs, budgetMs },
    state: link.state ?? topology.state ?? 'running',
    settings: Object.fromEntries(
      Object.entries({ ...topology.settings, ...link.settings }).toSorted(([one], [other]) => compare(one, other)),
    ),
    protect: link.protect ?? topology.protect ?? false,
    drift: link.drift ?? topology.drift ?? 'heal',
    instanceName: link.instance ?? topology.instance,
    adopt: adoptionOf(topology, link, report),
  };
}

/** A sync is adopted by one link, and stays in its control database. */
function adoptionOf(topology: Level, link: Level, report: Report): Link['adopt'] | undefined {
  const { adopt } = link;
  if (adopt === undefined) return undefined;
  if ((link.instance ?? topology.instance) !== undefined)
    report(
      [...link.path, 'bucardo', 'adopt'],
      {
        code: 'AdoptInstance',
        message: 'an adopted link stays in its control database, so it can have no `bucardo.instance`',
        hint: 'take `instance` out; once it is adopted, take `adopt` out to move it',
      },
      'key',
    );
  return adopt;
}

function mergeSequences(topology: Level['sequences'], link: Level['sequences']): 'auto' | Selection {
  const inherited = typeof topology === 'object' ? topology : {};
  if (link === undefined) return typeof topology === 'object' ? selection(topology, {}) : 'auto';
  return link === 'auto' ? 'auto' : selection(inherited, link);
}

function selection(topology: Partial<Selection>, link: Partial<Selection>): Selection {
  return { include: link.include ?? topology.include ?? ['*.*'], exclude: link.exclude ?? topology.exclude ?? [] };
}

function readDuration(text: string | undefined, path: Path, stepMs: number, report: Report): number | undefined {
  const ms = text === undefined ? undefined : parseDuration(text);
  if (ms === undefined) return undefined;
  const wrong = (message: string, hint?: string): undefined =>
    report(path, { code: 'BadDuration', message, ...(hint === undefined ? {} : { hint }) }) as undefined;
  const name = `\`${path.slice(path[0] === 'links' ? 2 : 0).join('.')}\``;
  if (ms === 0) return wrong(`${name} must be longer than nothing`);
  if (ms > LONGEST_MS) return wrong(`${name} is longer than 24 days, the longest that PostgreSQL can wait`);
  if (ms % stepMs !== 0) return wrong(`${name} is in whole seconds, and is "${text}"`, `write \`${Math.max(1, Math.round(ms / 1000))}s\``);
  return ms;
}

function readSelection(patterns: Tables | undefined, path: Path, report: Report): Partial<Selection> {
  const read = (key: 'include' | 'exclude'): { [K in typeof key]?: readonly string[] } => {
    const list = patterns?.[key];
    if (list === undefined) return {};
    list.forEach((pattern, index) => {
      // Left undefined where the schema has taken a mistake out.
      if (typeof pattern === 'string') checkPattern(pattern, [...path, key, index], report);
    });
    return { [key]: list.filter((pattern) => typeof pattern === 'string') };
  };
  return { ...read('include'), ...read('exclude') };
}

function checkPattern(pattern: string, path: Path, report: Report): void {
  const wrong = (message: string, hint: string): void => report(path, { code: 'BadPattern', message, hint });
  if (pattern.includes('"'))
    wrong('names in patterns are written without double quotes', `write ${pattern.replaceAll('"', '')}, capitals as PostgreSQL keeps them`);
  else if (/[{}[\]\\^|\p{Cc}]/u.test(pattern))
    wrong('a pattern knows only `*` (any characters) and `?` (one character)', 'write one pattern for each alternative');
  else if (!pattern.includes('.'))
    wrong(
      `the pattern "${pattern}" has no schema`,
      `patterns are \`schema.name\`: ${pattern === '*' ? '"*.*" for everything, "public.*" for one schema' : `public.${pattern}`}`,
    );
  else if (pattern.startsWith('.') || pattern.endsWith('.'))
    wrong(`the pattern "${pattern}" has an empty schema or name`, 'write `*` for any');
  else if (isReservedPattern(pattern)) {
    report(path, {
      code: 'ReservedSchema',
      message: `the pattern "${pattern}" never matches: the schemas of PostgreSQL, Bucardo and goatherd are not replicated`,
      severity: 'warning',
    });
  }
}

function readSettings(bucardo: Bucardo | undefined, path: Path, report: Report): Record<string, string> {
  const entries = Object.entries(bucardo?.settings ?? {}).filter(([, value]) => value !== undefined);
  for (const [name] of entries) {
    const reason = idleSettings.get(name);
    if (reason !== undefined)
      report([...path, name], { code: 'IdleSetting', message: `\`${name}\` changes nothing: ${reason}`, severity: 'warning' }, 'key');
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
