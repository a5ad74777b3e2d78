/** What to write instead of a value of the wrong form. */
import { parseDuration } from '../durations.ts';
import type { Path } from '../yaml/parse.ts';

/** Where a missing key is answered with an example. */
export function hintsForMissing(key: string, path: Path): string | undefined {
  switch (key) {
    case 'topology':
      return 'give the topology a name: `topology: orders`';
    case 'databases':
      return 'name the databases: `databases: {a: {host: pg-a.internal, dbname: orders}}`';
    case 'links':
      return 'name the links: `links: [a -> b]`, or `links: []` for none';
    case 'host':
      return "the server's name, address or socket directory; or a `service` of pg_service.conf";
    case 'dbname':
      return 'the name that PostgreSQL knows the database by';
    case 'from':
    case 'to':
      return 'write `a -> b`, or `{from: a, to: b}`';
    default:
      return path.at(-1) === 'schema_owner' ? 'the role that owns the tables: `schema_owner: {user: orders_owner}`' : undefined;
  }
}

/** A lock's time-out is given to PostgreSQL in milliseconds where no unit stands. */
const LOCK_TIMEOUT_UNIT = 'ms';

/** `wanted` is the schema's JSON type, `secret` for a password, `union` for a link or for sequences. */
export function hintForType(wanted: string, value: unknown, path: Path): string | undefined {
  const key = String(path.at(-1));
  if (wanted === 'secret') {
    const variable = typeof value === 'string' ? /^\$\{?(?<name>[A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(value)?.groups?.['name'] : undefined;
    return variable === undefined
      ? 'write {env: NAME}, an environment variable, or {file: PATH}; if it was a real password, change it: git keeps it'
      : `write {env: ${variable}}`;
  }
  if (wanted === 'union' && key === 'source') return 'write a path, or `{git: URL, ref: main, path: topologies}`';
  if (wanted === 'union' && key === 'listen') return 'write `127.0.0.1:9187`, or `{address: 127.0.0.1:9187, token: {file: PATH}}`';
  if (wanted === 'union' && key === 'webhook') return 'write a URL, or `{env: NAME}` or `{file: PATH}`';
  if (wanted === 'union') return key === 'sequences' ? listHint(value, 'sequences') : 'write `a -> b`, or `{from: a, to: b}`';
  if (value === null)
    return path.length === 1 && ['topology', 'databases', 'links'].includes(key)
      ? hintsForMissing(key, path)
      : 'write a value, or leave the key out';
  switch (wanted) {
    case 'string':
      if (
        ['kick_interval', 'timeout', 'budget', 'interval', 'look_every', 'deep_look_every', 'stuck_after', 'hold', 'repeat'].includes(key)
      )
        return typeof value === 'number' ? `add a unit: \`${value}${key === 'timeout' ? LOCK_TIMEOUT_UNIT : 's'}\`` : undefined;
      return typeof value === 'number' || typeof value === 'boolean' ? `put it in quotes: "${String(value)}"` : undefined;
    case 'integer':
    case 'number':
      return typeof value === 'string' && /^-?[0-9]+(\.[0-9]+)?$/.test(value) ? `leave the quotes out: ${value}` : flagHint(value);
    case 'boolean':
      return typeof value === 'string' && /^(yes|no|on|off|y|n)$/i.test(value)
        ? `write ${/^(yes|on|y)$/i.test(value) ? 'true' : 'false'}`
        : undefined;
    case 'array':
      if (key === 'links') return 'write a list: `[a -> b, b -> c]`';
      return typeof value === 'string' ? `write a list: [${JSON.stringify(value)}]` : undefined;
    case 'object':
      return hintForMapping(key, value, path);
    default:
      return undefined;
  }
}

function flagHint(value: unknown): string | undefined {
  return typeof value === 'boolean' ? `write ${value ? '1' : '0'}` : undefined;
}

function listHint(value: unknown, key: string): string {
  const patterns = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : typeof value === 'string' ? [value] : [];
  return `write \`${key}: {include: ${JSON.stringify(patterns.length === 0 ? ['public.*'] : patterns.slice(0, 3)).replaceAll(',', ', ')}}\``;
}

function hintForMapping(key: string, value: unknown, path: Path): string | undefined {
  if (path.length === 0) return 'a topology begins with `topology: orders`';
  if (key === 'tables') return listHint(value, 'tables');
  if (key === 'locks' && typeof value === 'string') return `write \`locks: {timeout: ${value}}\``;
  if (key === 'schema_owner' && typeof value === 'string') return `write \`schema_owner: {user: ${value}}\``;
  if (key === 'bucardo' && typeof value === 'string') return `write \`bucardo: {instance: ${value}}\``;
  if (key === 'databases') return 'write each database below its name: `a: {host: pg-a.internal, dbname: orders}`';
  if (path[0] === 'databases' && path.length === 2) return 'write `{host: pg-a.internal, dbname: orders}`';
  return undefined;
}

/** `kind` is what the text should have been: a name, an arrow, a duration, or the key that it stands at. */
export function hintForPattern(kind: string, text: string): string | undefined {
  switch (kind) {
    case 'topologyName':
      return nameHint(
        text
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, '_')
          .slice(0, 16),
        /^[a-z][a-z0-9_]{0,15}$/,
      );
    case 'databaseName':
      return nameHint(
        text
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, '')
          .slice(0, 8),
        /^[a-z][a-z0-9]{0,7}$/,
      );
    case 'arrow':
      return arrowHint(text);
    case 'duration kick_interval':
      return durationHint(text, 1000, 's');
    case 'duration timeout':
      return durationHint(text, 1, LOCK_TIMEOUT_UNIT);
    case 'duration budget':
      return durationHint(text, 1, 's');
    case 'instance':
      return nameHint(
        text
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, '')
          .slice(0, 16),
        /^[a-z][a-z0-9]{0,15}$/,
      );
    case 'env':
      return text.startsWith('$') ? `write ${text.replaceAll(/[${}]/g, '')}` : undefined;
    case 'host':
      return hostHint(text);
    case 'ledger':
      return nameHint(text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_'), /^[a-z_][a-z0-9_]*$/);
    default:
      return undefined;
  }
}

function nameHint(candidate: string, form: RegExp): string | undefined {
  return form.test(candidate) ? `\`${candidate}\` would do` : undefined;
}

function arrowHint(text: string): string | undefined {
  if (text.length > 200) return undefined;
  const names = text
    .toLowerCase()
    .split(/\s*(?:-+>|=+>|→|>|\bto\b|,|\s-\s)\s*/)
    .map((name) => name.trim());
  if (names.length < 2 || !names.every((name) => /^[a-z][a-z0-9]{0,7}$/.test(name))) return undefined;
  const arrows = names.slice(1).map((name, index) => `${names[index]} -> ${name}`);
  return arrows.length === 1 ? `write \`${arrows[0]}\`` : `write each link by itself: [${arrows.join(', ')}]`;
}

/** `stepMs` is what the duration must be a multiple of; `bare` the unit that is probably meant where there is none. */
function durationHint(text: string, stepMs: number, bare: 'ms' | 's'): string {
  const examples = stepMs === 1 ? 'such as `500ms`, `5s`, `30m`' : 'such as `1s`, `30s`, `1m`';
  const groups = /^\s*(?<count>[0-9]+(?:\.[0-9]+)?)\s*(?<unit>[a-zA-Z]*)\s*$/.exec(text)?.groups;
  if (groups === undefined) return examples;
  const { count = '', unit = '' } = groups;
  if (unit === '') return `add a unit: \`${count}${bare}\``;
  const short = unitOf(unit);
  if (short === undefined) return 'the units are ms, s, m, h and d';
  if (!count.includes('.')) return count.length <= 9 ? `write \`${count}${short}\`` : examples;
  const ms = Math.round((Number(count) * (parseDuration(`1${short}`) ?? 0)) / stepMs) * stepMs;
  return ms > 0 ? `write \`${ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`}\`` : examples;
}

function unitOf(word: string): string | undefined {
  if (/^(?:ms|msecs?|millis|milliseconds?)$/i.test(word)) return 'ms';
  return /^(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)$/i.test(word) ? word.slice(0, 1).toLowerCase() : undefined;
}

function hostHint(text: string): string | undefined {
  if (text.includes('://')) return 'write the parts of the URL by themselves: `host`, `port`, `dbname`, `user`';
  const groups = /^(?<host>[^:/]+):(?<port>[0-9]+)$/.exec(text)?.groups;
  if (groups !== undefined) return `write \`host: ${groups['host']}, port: ${groups['port']}\``;
  return text.includes(',') ? 'several hosts may be several servers; name the one that is meant' : undefined;
}
