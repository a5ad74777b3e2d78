/** A topology file that is edited: what it says, and the text that says it. */
import { orders, topologyOf } from '../world/world-build.ts';
import type { Topology } from '../../../../src/topology/model.ts';

export interface FileLink {
  from: string;
  to: string;
  copyData: 'empty' | 'always' | 'never';
  kicks: boolean;
  /** Whole seconds. */
  interval: number;
  state: 'running' | 'stopped' | 'detached';
  /** Value of `tables`; null for the default. */
  tables: string | null;
  /** Name of the instance that it shares; null for one of its own. */
  instance: string | null;
  protect: boolean;
  logLevel: string | null;
  generation: number;
  /** `drift: warn`. */
  warns: boolean;
  /** The id under which it stood before. */
  renamedFrom: string | null;
  /** The control database and the sync of other hands that it adopts. */
  adopt: { readonly database: string; readonly sync: string } | null;
}

/** How the file calls a database. */
export interface FileDatabase {
  readonly name: string;
  readonly renamedFrom: string | null;
}

export interface TopologyFile {
  /** `from` and `to` are places; what these are called now, `databases` says. */
  links: FileLink[];
  /** By place; one that is not here is called as its place. */
  databases: Record<string, FileDatabase>;
  /** Places with `cascade: false`. */
  cascadeOff: string[];
  /** Entries of `removed`. */
  removed: { link: string; plan: string; drain: boolean }[];
}

/** Places: databases as they stand, whatever a file calls them. */
export const NAMES = ['a', 'b', 'c', 'd'] as const;

/** A -> B -> C, in one instance or in one for each link. */
export function firstFile(instance: string | null = null): TopologyFile {
  const links = [plainLink('a', 'b'), plainLink('b', 'c')].map((link) => ({ ...link, instance }));
  return { links, databases: {}, cascadeOff: [], removed: [] };
}

export const nameAt = (file: TopologyFile, place: string): string => file.databases[place]?.name ?? place;

export const plainLink = (from: string, to: string): FileLink => ({
  from,
  to,
  copyData: 'empty',
  kicks: false,
  interval: 1,
  state: 'running',
  tables: null,
  instance: null,
  protect: false,
  logLevel: null,
  generation: 1,
  warns: false,
  renamedFrom: null,
  adopt: null,
});

export function textOf(file: TopologyFile): string {
  const links = file.links.map((link) => {
    const bucardo = [
      ...(link.instance === null ? [] : [`instance: ${link.instance}`]),
      ...(link.adopt === null ? [] : [`adopt: {database: ${link.adopt.database}, sync: ${link.adopt.sync}}`]),
      ...(link.logLevel === null ? [] : [`settings: {log_level: ${link.logLevel}}`]),
    ];
    const keys = [
      `from: ${nameAt(file, link.from)}`,
      `to: ${nameAt(file, link.to)}`,
      ...(link.renamedFrom === null ? [] : [`renamed_from: ${link.renamedFrom}`]),
      `copy_data: ${link.copyData}`,
      ...(link.kicks ? ['disable_kicking: false'] : []),
      ...(link.interval === 1 ? [] : [`kick_interval: ${link.interval}s`]),
      ...(link.generation === 1 ? [] : [`copy_generation: ${link.generation}`]),
      ...(link.state === 'running' ? [] : [`state: ${link.state}`]),
      ...(link.tables === null ? [] : [`tables: ${link.tables}`]),
      ...(link.protect ? ['protect: true'] : []),
      ...(link.warns ? ['drift: warn'] : []),
      ...(bucardo.length === 0 ? [] : [`bucardo: {${bucardo.join(', ')}}`]),
    ];
    return `{${keys.join(', ')}}`;
  });
  const removed = file.removed.map(({ link, plan, drain }) => `  - {link: ${link}, plan: ${plan}${drain ? '' : ', drain: false'}}`);
  const used = NAMES.filter((name) => name === 'a' || file.links.some((link) => link.from === name || link.to === name));
  return orders(links, removed.length === 0 ? [] : ['removed:', ...removed], used).replaceAll(/^ {2}(\w): \{/gm, (_text, place: string) => {
    const former = file.databases[place]?.renamedFrom ?? null;
    const keys = [
      ...(former === null ? [] : [`renamed_from: ${former}, `]),
      ...(file.cascadeOff.includes(place) ? ['cascade: false, '] : []),
    ];
    return `  ${nameAt(file, place)}: {${keys.join('')}`;
  });
}

/** What the file declares; null where it is no sound topology. */
export function declared(file: TopologyFile): Topology | null {
  try {
    return topologyOf(textOf(file));
  } catch {
    return null;
  }
}
