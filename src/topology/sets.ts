/** What several topologies must be to each other. */
import { arrow, endpoint } from './graph.ts';
import { certainOverlap } from './glob.ts';
import type { Database, Link, Problem, Topology } from './model.ts';
import type { ParsedFile, Path } from './yaml/parse.ts';
import type { Finding } from './yaml/source.ts';

export interface LoadedTopology {
  readonly topology: Topology;
  readonly parsed: ParsedFile;
}

export interface SetProblem {
  readonly problem: Problem;
  /** The files that the problem is about: none of them may be acted on. */
  readonly files: readonly string[];
}

/** Every problem between files, each told at the later file. `loaded` is in the order of the files. */
export function checkSet(loaded: readonly LoadedTopology[]): SetProblem[] {
  return loaded.flatMap((later, index) => {
    const tell = tellAt(later);
    const earlier = loaded.slice(0, index).map(({ topology }) => topology);
    const namesake = earlier.find(({ name }) => name === later.topology.name);
    if (namesake !== undefined) return [tell(namesake, ['topology'], 'value', duplicate(later.topology, namesake))];
    return earlier.flatMap((one) => [...sharedInstances(one, later.topology, tell), ...sharedDatabases(one, later.topology, tell)]);
  });
}

function tellAt({ parsed, topology }: LoadedTopology): Tell {
  return (other, path, part, finding) => ({
    problem: parsed.source.problem(parsed.at(path, part), finding),
    files: [other.file, topology.file],
  });
}

function duplicate({ name }: Topology, { file }: Topology): Finding {
  return {
    code: 'DuplicateTopology',
    message: `the topology \`${name}\` stands in ${file} as well`,
    hint: 'each topology has a name of its own',
  };
}

type Tell = (other: Topology, path: Path, part: 'key' | 'value', finding: Finding) => SetProblem;

/** `<topology>_<instance>` of the one may be `<topology>_<from>_<to>` of the other. */
function sharedInstances(one: Topology, other: Topology, tell: Tell): SetProblem[] {
  const taken = new Map(one.links.map((link) => [link.instance, link]));
  const names = new Set(other.links.map(({ instance }) => instance));
  return [...names].flatMap((instance) => {
    const link = taken.get(instance);
    if (link === undefined) return [];
    return [
      tell(one, ['topology'], 'value', {
        code: 'InstanceTaken',
        message: `the instance ${instance} is that of \`${arrow(link)}\` in ${one.file} as well`,
        hint: 'rename the topology or its `bucardo.instance`',
      }),
    ];
  });
}

function sharedDatabases(one: Topology, other: Topology, tell: Tell): SetProblem[] {
  const problems: SetProblem[] = [];
  for (const second of other.databases) {
    const place = endpoint(second.connection);
    const first = place === undefined ? undefined : one.databases.find(({ connection }) => endpoint(connection) === place);
    if (first === undefined) continue;
    const role = mixedRole(one, first, other, second);
    if (role !== undefined) {
      problems.push(
        tell(one, ['databases', second.name], 'key', {
          code: 'SplitChain',
          message: `${place} is a ${role[0]} in ${one.file} (\`${first.name}\`) and a ${role[1]} here (\`${second.name}\`)`,
          hint: 'a chain stands in one file: put the links that meet in this database together',
        }),
      );
    }
    for (const [into, also, shared] of overlaps(one, first, other, second)) {
      problems.push(
        tell(one, ['databases', second.name], 'key', {
          code: 'OverlappingTargets',
          message: `\`${arrow(into)}\` of ${one.file} and \`${arrow(also)}\` here both write "${shared}" into ${place}`,
          hint: 'give each link tables of its own with `tables`: a table has one source',
        }),
      );
    }
  }
  return problems;
}

function mixedRole(one: Topology, first: Database, other: Topology, second: Database): readonly [string, string] | undefined {
  const sends = (topology: Topology, { name }: Database): boolean => topology.links.some(({ from }) => from === name);
  const receives = (topology: Topology, { name }: Database): boolean => topology.links.some(({ to }) => to === name);
  if (receives(one, first) && sends(other, second)) return ['target', 'source'];
  return sends(one, first) && receives(other, second) ? ['source', 'target'] : undefined;
}

function overlaps(one: Topology, first: Database, other: Topology, second: Database): [Link, Link, string][] {
  const into = (topology: Topology, { name }: Database): readonly Link[] => topology.links.filter(({ to }) => to === name);
  return into(one, first).flatMap((link) =>
    into(other, second).flatMap((also): [Link, Link, string][] => {
      const shared = certainOverlap(link.tables, also.tables);
      return shared === undefined ? [] : [[link, also, shared]];
    }),
  );
}
