/** A topology file that is edited: what it says, and the text that says it. */
import { orders, topologyOf } from '../world-build.ts';
import type { Topology } from '../../../../src/topology/model.ts';

export interface FileLink {
  from: string;
  to: string;
  copyData: 'empty' | 'always' | 'never';
  kicks: boolean;
  /** Whole seconds. */
  interval: number;
  stopped: boolean;
  /** Value of `tables`; null for the default. */
  tables: string | null;
  pool: boolean;
  protect: boolean;
  logLevel: string | null;
  generation: number;
}

export interface TopologyFile {
  links: FileLink[];
  /** Databases with `cascade: false`. */
  cascadeOff: string[];
  /** Entries of `removed`. */
  removed: { link: string; plan: string; drain: boolean }[];
}

export const NAMES = ['a', 'b', 'c', 'd'] as const;

export const plainLink = (from: string, to: string): FileLink => ({
  from,
  to,
  copyData: 'empty',
  kicks: false,
  interval: 1,
  stopped: false,
  tables: null,
  pool: false,
  protect: false,
  logLevel: null,
  generation: 1,
});

export function textOf(file: TopologyFile): string {
  const links = file.links.map((link) => {
    const bucardo = [
      ...(link.pool ? ['instance: pool'] : []),
      ...(link.logLevel === null ? [] : [`settings: {log_level: ${link.logLevel}}`]),
    ];
    const keys = [
      `from: ${link.from}`,
      `to: ${link.to}`,
      `copy_data: ${link.copyData}`,
      ...(link.kicks ? ['disable_kicking: false'] : []),
      ...(link.interval === 1 ? [] : [`kick_interval: ${link.interval}s`]),
      ...(link.generation === 1 ? [] : [`copy_generation: ${link.generation}`]),
      ...(link.stopped ? ['state: stopped'] : []),
      ...(link.tables === null ? [] : [`tables: ${link.tables}`]),
      ...(link.protect ? ['protect: true'] : []),
      ...(bucardo.length === 0 ? [] : [`bucardo: {${bucardo.join(', ')}}`]),
    ];
    return `{${keys.join(', ')}}`;
  });
  const removed = file.removed.map(({ link, plan, drain }) => `  - {link: ${link}, plan: ${plan}${drain ? '' : ', drain: false'}}`);
  const used = NAMES.filter((name) => name === 'a' || file.links.some((link) => link.from === name || link.to === name));
  return orders(links, removed.length === 0 ? [] : ['removed:', ...removed], used).replaceAll(/^ {2}(\w): \{/gm, (text, name: string) =>
    file.cascadeOff.includes(name) ? `${text}cascade: false, ` : text,
  );
}

/** What the file declares; null where it is no sound topology. */
export function declared(file: TopologyFile): Topology | null {
  try {
    return topologyOf(textOf(file));
  } catch {
    return null;
  }
}
