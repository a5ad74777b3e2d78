/** What links must be to each other inside one topology: no cycles, no two writers of one table, instances that agree. */
import { nearest } from '../lib/nearest.ts';
import { certainOverlap } from './glob.ts';
import type { Report } from './levels.ts';
import type { Connection, Link, Topology } from './model.ts';
import type { Path } from './yaml/parse.ts';
import { checkRenames } from './renames.ts';

/** A topology before it is known to be sound, with its links as written. */
export interface Draft {
  readonly topology: Topology;
  /** Where each link is written. */
  readonly paths: ReadonlyMap<Link, Path>;
  /** Where it is said whether a database passes on. */
  readonly cascadeAt: (database: string) => Path;
}

/** Says every problem of the graph. */
export function checkGraph(draft: Draft, report: Report): void {
  const { links } = draft.topology;
  const at = (link: Link): Path => draft.paths.get(link) ?? [];
  const known = links.filter((link) => isKnown(link, draft, at(link), report));
  const single = known.filter((link) => {
    const first = known.find(({ id }) => id === link.id);
    if (first !== link)
      report(at(link), {
        code: 'DuplicateLink',
        message: `the link \`${arrow(link)}\` stands twice`,
        hint: `the first is in line ${first?.at.line}; keep one of them`,
      });
    return first === link;
  });
  checkCycles(single, at, report);
  forPairs(single, (first, second) => {
    checkTargets(first, second, at(second), report);
    checkInstances(first, second, at(second), report);
  });
  checkDatabases(draft, report);
  checkRenames(draft, at, report);
}

export function arrow(link: Link): string {
  return `${link.from} -> ${link.to}`;
}

/** `pg-a.internal:5432/orders`, the same text for what is certainly the same database; undefined where too little is said. */
export function endpoint({ host, port, dbname, service }: Connection): string | undefined {
  if (service !== undefined)
    return `service ${service}${host === undefined ? '' : ` ${host}`}${port === undefined ? '' : `:${port}`}${dbname === undefined ? '' : `/${dbname}`}`;
  return host === undefined || dbname === undefined
    ? undefined
    : `${host.startsWith('/') ? host : host.toLowerCase()}:${port ?? 5432}/${dbname}`;
}

/** The links in an order in which each comes after those that feed its source; among those that may come next, the first as written. */
export function upstreamFirst(links: readonly Link[]): Link[] {
  const ordered: Link[] = [];
  const left = [...links];
  const waitingFor = new Map<string, number>();
  for (const { to } of links) waitingFor.set(to, (waitingFor.get(to) ?? 0) + 1);
  while (left.length > 0) {
    const next = left.findIndex(({ from }) => (waitingFor.get(from) ?? 0) === 0);
    // A cycle, which the caller has refused: the order does not matter any more.
    const [link] = left.splice(Math.max(next, 0), 1);
    if (link === undefined) break;
    waitingFor.set(link.to, (waitingFor.get(link.to) ?? 1) - 1);
    ordered.push(link);
  }
  return ordered;
}

function isKnown(link: Link, { topology }: Draft, path: Path, report: Report): boolean {
  const names = topology.databases.map(({ name }) => name);
  // That there are none is said already, once.
  if (names.length === 0) return false;
  const unknown = (['from', 'to'] as const).filter((end) => !names.includes(link[end]));
  for (const end of unknown) {
    const meant = nearest(link[end], names);
    const hint = meant === undefined ? `known: ${names.join(', ')}` : `did you mean \`${meant}\`?`;
    report([...path, end], {
      code: 'UnknownDatabase',
      message: `the link \`${arrow(link)}\` names \`${link[end]}\`, which is not below \`databases\``,
      hint,
    });
  }
  if (unknown.length > 0) return false;
  if (link.from === link.to) {
    report(path, { code: 'SelfLink', message: `the link \`${arrow(link)}\` leads from a database to itself` });
    return false;
  }
  return true;
}

/** Each cycle once, at the link that closes it. */
function checkCycles(links: readonly Link[], at: (link: Link) => Path, report: Report): void {
  const leaving = Map.groupBy(links, ({ from }) => from);
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (name: string): void => {
    trail.push(name);
    for (const link of leaving.get(name) ?? []) {
      const start = trail.indexOf(link.to);
      if (start >= 0) {
        const round = [...trail.slice(start), link.to];
        report(at(link), {
          code: 'Cycle',
          message: `the links go round: ${round.join(' -> ')}`,
          hint:
            round.length === 3
              ? 'goatherd replicates one way; keep one of the two links'
              : 'take one of these links out: a change would come back to where it was made',
        });
      } else if (!done.has(link.to)) visit(link.to);
    }
    trail.pop();
    done.add(name);
  };
  for (const { from } of links) if (!done.has(from)) visit(from);
}

function forPairs<T>(items: readonly T[], act: (first: T, second: T) => void): void {
  items.forEach((second, index) => {
    for (const first of items.slice(0, index)) act(first, second);
  });
}

function checkTargets(first: Link, second: Link, path: Path, report: Report): void {
  if (first.to !== second.to) return;
  const shared = certainOverlap(first.tables, second.tables);
  if (shared === undefined) return;
  report(path, {
    code: 'OverlappingTargets',
    message: `\`${arrow(first)}\` and \`${arrow(second)}\` both write "${shared}" into ${second.to}`,
    hint: 'give each link tables of its own with `tables`: a table has one source',
  });
}

function checkInstances(first: Link, second: Link, path: Path, report: Report): void {
  if (first.instance === second.instance) {
    const name = differing(first.settings, second.settings);
    if (name !== undefined) {
      report(path, {
        code: 'InstanceSettings',
        message: `\`${arrow(first)}\` and \`${arrow(second)}\` share the instance ${second.instance}, and \`${name}\` is ${first.settings[name] ?? 'not set'} for the one and ${second.settings[name] ?? 'not set'} for the other`,
        hint: 'an instance has one set of settings: write them at the topology, or the same at each link',
      });
    }
  } else if (first.from === second.from && !first.disableKicking && !second.disableKicking) {
    report(path, {
      code: 'KickInstances',
      message: `\`${arrow(first)}\` and \`${arrow(second)}\` both put kick triggers on ${second.from}, and run in different instances`,
      hint: 'each commit would notify the one and the other: give both the same `bucardo: {instance: NAME}`, or `disable_kicking: true`',
    });
  }
}

function differing(one: Link['settings'], other: Link['settings']): string | undefined {
  return Object.keys({ ...one, ...other }).find((name) => one[name] !== other[name]);
}

function checkDatabases({ topology, cascadeAt }: Draft, report: Report): void {
  const { databases, links } = topology;
  forPairs(databases, (one, other) => {
    const [first, second] =
      one.at.line < other.at.line || (one.at.line === other.at.line && one.at.column < other.at.column) ? [one, other] : [other, one];
    const same = endpoint(second.connection);
    if (same === undefined || endpoint(first.connection) !== same) return;
    report(
      ['databases', second.name],
      {
        code: 'SameDatabase',
        message: `\`${first.name}\` and \`${second.name}\` are the same database, ${same}`,
        hint: 'keep one name for it',
      },
      'key',
    );
  });
  if (links.length === 0) {
    report(['links'], { code: 'NoLinks', message: 'there are no links, so nothing is replicated', severity: 'warning' }, 'key');
    return;
  }
  for (const { name, cascade } of databases) {
    const [sends, receives] = [links.filter(({ from }) => from === name), links.filter(({ to }) => to === name)];
    if (sends.length === 0 && receives.length === 0) {
      report(
        ['databases', name],
        { code: 'UnusedDatabase', message: `no link names the database \`${name}\``, severity: 'warning' },
        'key',
      );
    }
    if (cascade || sends.length === 0 || receives.length === 0) continue;
    const below = sends.map(({ to }) => to).join(', ');
    report(cascadeAt(name), {
      code: 'CascadeOff',
      message: `${name} does not pass on what it receives: after its first copy ${below} gets only what is written on ${name} itself`,
      hint: `changes from ${receives.map(({ from }) => from).join(', ')} end at ${name}; \`cascade: true\` passes them on`,
      severity: 'warning',
    });
  }
}
