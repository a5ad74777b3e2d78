/** A file's text -> a `Topology`: names resolved, defaults applied, everything checked that needs no database. */
import { checkGraph, type Draft, upstreamFirst } from './graph.ts';
import { mergeLevels, readLevel, type Report, type SharedKeys } from './levels.ts';
import type { Connection, Database, Link, Problem, Removal, SecretRef, Topology } from './model.ts';
import { adoptedNames, freshNames } from './names.ts';
import { besidesAliases, type ParsedFile, parseYaml, type Path } from './yaml/parse.ts';
import { checkSchema } from './schema.ts';
import type { Database as DatabaseKeys, Link as LinkKeys, Removal as RemovalKeys, Secret, TopologyFile } from './schema-types.ts';
import { compare, sortProblems } from './yaml/source.ts';

/** One file read: a topology if there is no error in it, and everything that is to be said of it. */
export interface ReadTopology {
  readonly topology?: Topology;
  readonly parsed?: ParsedFile;
  /** Sorted by place. */
  readonly problems: readonly Problem[];
}

/** What the schema leaves when it has taken the mistakes out: any key may be missing, and list entries may be undefined. */
type Remains = Partial<Omit<TopologyFile, 'links' | 'removed'>> & {
  readonly links?: readonly (string | LinkKeys | undefined)[];
  readonly removed?: readonly (Partial<RemovalKeys> | undefined)[];
};

/** Reads one topology file. Never throws: what is wrong is in `problems`, all of it at once. */
export function readTopology(file: string, text: string): ReadTopology {
  const { parsed, problems: syntax } = parseYaml(file, text);
  if (parsed === undefined) return { problems: syntax.length > 0 ? sortProblems(syntax) : [emptyFile(file)] };
  const { problems: form, value } = checkSchema(parsed, 'topology');
  const remains: Remains = typeof value === 'object' && value !== null ? value : {};
  const problems: Problem[] = [...form];
  const report: Report = (path, finding, part = 'value') => {
    // Warnings about a file with mistakes in it may be about what the mistakes left out.
    if (finding.severity !== 'warning' || form.length + syntax.length === 0)
      problems.push(parsed.source.problem(parsed.at(path, part), finding));
  };
  const draft = draftOf(remains, parsed, report);
  checkGraph(draft, report);
  const sorted = sortProblems(besidesAliases(syntax, problems));
  if (sorted.some(({ severity }) => severity === 'error')) return { parsed, problems: sorted };
  return { topology: { ...draft.topology, links: upstreamFirst(draft.topology.links) }, parsed, problems: sorted };
}

function emptyFile(file: string): Problem {
  return {
    severity: 'error',
    code: 'EmptyFile',
    message: 'the file is empty',
    hint: 'a topology begins with `topology: orders`; to empty its file does not remove it',
    at: { file, line: 1, column: 1 },
    source: '',
  };
}

function draftOf(raw: Remains, parsed: ParsedFile, report: Report): Draft {
  const name = raw.topology ?? '';
  const databases = Object.entries(raw.databases ?? {}).map(([database, keys]) =>
    readDatabase(database, keys, raw.cascade ?? true, parsed, report),
  );
  const common = readLevel(raw, [], report);
  if (common.adopt !== undefined)
    report(
      ['bucardo', 'adopt'],
      { code: 'AdoptLevel', message: '`adopt` names the sync of one link', hint: 'write `bucardo: {adopt: …}` at that link' },
      'key',
    );
  const paths = new Map<Link, Path>();
  (raw.links ?? []).forEach((written, index) => {
    if (written === undefined) return;
    const path = ['links', index];
    const ends = typeof written === 'string' ? endsOf(written) : written;
    const keys: SharedKeys = typeof written === 'string' ? {} : written;
    const { instanceName, adopt, ...shared } = mergeLevels(common, readLevel(keys, path, report), report);
    const id = `${ends.from}-${ends.to}`;
    const link: Link = {
      id,
      address: `${name}/${id}`,
      from: ends.from,
      to: ends.to,
      ...shared,
      ...(adopt === undefined
        ? freshNames(name, ends.from, ends.to, instanceName ?? null)
        : { ...adoptedNames(ends.from, ends.to, adopt), adopt }),
      ...(typeof written === 'string' || written.renamed_from === undefined ? {} : { renamedFrom: idOf(written.renamed_from) }),
      at: parsed.at(path, 'value'),
    };
    paths.set(link, path);
  });
  const links = [...paths.keys()];
  const removed = readRemoved(name, raw.removed ?? [], links, parsed, report);
  const sortedDatabases = databases.toSorted((one, other) => compare(one.name, other.name));
  return {
    topology: { name, file: parsed.source.file, databases: sortedDatabases, links, removed },
    paths,
    cascadeAt: (database) => (raw.databases?.[database]?.cascade === undefined ? ['cascade'] : ['databases', database, 'cascade']),
  };
}

/** The entries of `removed`. One whose link stands is said: left there, it could approve a later removal that nobody has looked at. */
function readRemoved(
  topology: string,
  entries: NonNullable<Remains['removed']>,
  links: readonly Link[],
  parsed: ParsedFile,
  report: Report,
): Removal[] {
  return entries.flatMap((entry, index) => {
    if (entry?.link === undefined || entry.plan === undefined) return [];
    const { from, to } = endsOf(entry.link);
    const standing = links.find((link) => link.from === from && link.to === to);
    if (standing !== undefined)
      report(['removed', index], {
        code: 'RemovedStands',
        message: `\`${from} -> ${to}\` stands in \`links\` too, so this entry approves nothing`,
        hint: 'take the entry out, or the link',
        severity: 'warning',
      });
    const at = parsed.at(['removed', index], 'value');
    return [{ address: `${topology}/${from}-${to}`, plan: entry.plan, drain: entry.drain ?? true, at }];
  });
}

/** `a -> b` and `a-b` name the same link. */
function idOf(former: string): string {
  return former
    .split(/->?/)
    .map((end) => end.trim())
    .join('-');
}

function endsOf(arrow: string): { readonly from: string; readonly to: string } {
  const [from = '', to = ''] = arrow.split('->').map((end) => end.trim());
  return { from, to };
}

function readDatabase(name: string, keys: DatabaseKeys, cascade: boolean, parsed: ParsedFile, report: Report): Database {
  const path: Path = ['databases', name];
  for (const [user, at] of [
    [keys.user, [...path, 'user']],
    [keys.schema_owner?.user, [...path, 'schema_owner', 'user']],
  ] as const) {
    if (user === 'bucardo')
      report(at, {
        code: 'BucardoUser',
        message: 'Bucardo re-creates a role called `bucardo` as a superuser by itself',
        hint: 'use a role of another name, such as `goatherd`',
        severity: 'warning',
      });
  }
  checkFiles(keys, path, report);
  const schemaOwner =
    keys.schema_owner === undefined ? undefined : { user: keys.schema_owner.user, ...password(keys.schema_owner.password) };
  return {
    name,
    connection: connectionOf(keys),
    ...(schemaOwner === undefined ? {} : { schemaOwner }),
    cascade: keys.cascade ?? cascade,
    ...(keys.renamed_from === undefined ? {} : { renamedFrom: keys.renamed_from }),
    at: parsed.at(path, 'key'),
  };
}

/** The connection as libpq would have it: with a `service` nothing is filled in, for the service may say it. */
function connectionOf(keys: DatabaseKeys): Connection {
  const { host, port, dbname, user, service, sslmode, sslrootcert, sslcert, sslkey } = keys;
  const defaults = service === undefined ? { port: 5432, user: 'goatherd' } : {};
  const written = Object.entries({ host, port, dbname, user, service, sslmode, sslrootcert, sslcert, sslkey }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...defaults, ...Object.fromEntries(written), ...password(keys.password) };
}

/** For a spread: a reference, or nothing. */
export function password(secret: Secret | undefined): { readonly password?: SecretRef } {
  if (secret?.env !== undefined) return { password: { env: secret.env } };
  return secret?.file === undefined ? {} : { password: { file: secret.file } };
}

function checkFiles(keys: DatabaseKeys, path: Path, report: Report): void {
  const files: readonly (readonly [string | undefined, Path])[] = [
    [keys.password?.file, ['password', 'file']],
    [keys.schema_owner?.password?.file, ['schema_owner', 'password', 'file']],
    [keys.sslrootcert === 'system' ? undefined : keys.sslrootcert, ['sslrootcert']],
    [keys.sslcert, ['sslcert']],
    [keys.sslkey, ['sslkey']],
  ];
  for (const [file, steps] of files) {
    if (file === undefined || file.startsWith('/')) continue;
    report([...path, ...steps], {
      code: 'RelativePath',
      message: `"${file}" is looked for in the directory that each process happens to run in`,
      hint: 'write an absolute path',
      severity: 'warning',
    });
  }
}
