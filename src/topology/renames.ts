import type { Draft } from './graph.ts';
import type { Report } from './levels.ts';
import type { Link } from './model.ts';
import type { Path } from './yaml/parse.ts';

/** A name that something stood under before is nobody's now, and one thing's only. */
export function checkRenames({ topology }: Draft, at: (link: Link) => Path, report: Report): void {
  const databases = topology.databases.map(({ name, renamedFrom }): Entry => ({ name, renamedFrom, path: ['databases', name] }));
  const links = topology.links.map((link): Entry => ({ name: link.id, renamedFrom: link.renamedFrom, path: at(link) }));
  checkEntries('database', databases, report);
  checkEntries('link', links, report);
}

interface Entry {
  readonly name: string;
  readonly renamedFrom: string | undefined;
  readonly path: Path;
}

function checkEntries(kind: 'database' | 'link', entries: readonly Entry[], report: Report): void {
  const takers = new Map<string, string>();
  for (const { name, renamedFrom, path } of entries) {
    if (renamedFrom === undefined) continue;
    const place = [...path, 'renamed_from'];
    const first = takers.get(renamedFrom);
    if (entries.some((other) => other.name === renamedFrom))
      report(place, {
        code: 'RenamedStands',
        message:
          renamedFrom === name
            ? `the ${kind} \`${name}\` is said to be renamed from itself`
            : `the ${kind} \`${name}\` is said to have been \`${renamedFrom}\`, which stands in the file as well`,
        hint: 'take `renamed_from` out: once it has been applied it is not needed any more',
      });
    else if (first !== undefined)
      report(place, {
        code: 'RenamedTwice',
        message: `the ${kind}s \`${first}\` and \`${name}\` are both said to have been \`${renamedFrom}\``,
        hint: 'only one of them can be the same as before',
      });
    else takers.set(renamedFrom, name);
  }
}
