/** Random topologies with random worlds to carry them out in. */
import fc from 'fast-check';
import { orders, topologyOf, type TableSpec, type WorldSpec } from './world-build.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

interface LinkSpec {
  readonly parent: number;
  readonly attached: boolean;
  readonly copyData: 'empty' | 'always' | 'never';
  readonly generation: number;
  readonly kicks: boolean;
  readonly stopped: boolean;
  readonly shared: boolean;
  readonly only: boolean;
  readonly cascade: boolean;
  readonly filled: readonly boolean[];
  /** What the topology said of it before: nothing, the same, or something else. */
  readonly before: 'absent' | 'same' | 'stopped' | 'fewer tables';
}

const rarely = (weight: number): fc.Arbitrary<boolean> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(true) }, { weight, arbitrary: fc.constant(false) });

const link: fc.Arbitrary<LinkSpec> = fc.record({
  parent: fc.nat(3),
  attached: rarely(5).map((not) => !not),
  copyData: fc.constantFrom('empty', 'empty', 'always', 'never'),
  generation: fc.constantFrom(1, 1, 1, 2),
  kicks: fc.boolean(),
  stopped: rarely(6),
  shared: fc.boolean(),
  only: rarely(5),
  cascade: rarely(4).map((not) => !not),
  filled: fc.array(rarely(3), { minLength: 3, maxLength: 3 }),
  before: fc.constantFrom('same', 'absent', 'absent', 'stopped', 'fewer tables'),
});

export interface Scenario {
  readonly spec: WorldSpec;
  /** An earlier topology of the same databases: with fewer links, stopped ones, fewer tables. */
  readonly before: string;
  /** Drives the order of steps that may be carried out side by side, and what users do. */
  readonly seed: number;
}

export const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    links: fc.array(link, { minLength: 1, maxLength: 4 }),
    tables: fc.integer({ min: 1, max: 3 }),
    keyless: rarely(7),
    references: fc.boolean(),
    kicking: rarely(2),
    sharing: fc.constantFrom('own', 'all', 'some'),
    unreachable: fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(4) }),
    copyTicks: fc.nat(4),
    seed: fc.nat(1_000_000),
  })
  .map(({ links, tables, keyless, references, kicking, sharing, unreachable, copyTicks, seed }): Scenario => {
    const names = NAMES.slice(0, links.length + 1);
    const specs = tableSpecs(tables, keyless, references);
    const textOf = (one: LinkSpec, index: number): string => {
      const keys = [
        `from: ${names[one.parent % (index + 1)]}`,
        `to: ${names[index + 1]}`,
        `copy_data: ${one.copyData}`,
        ...(one.generation === 1 ? [] : [`copy_generation: ${one.generation}`]),
        ...(kicking && one.kicks ? ['disable_kicking: false'] : []),
        ...(one.stopped ? ['state: stopped'] : []),
        ...(sharing === 'all' || (sharing === 'some' && one.shared) ? ['bucardo: {instance: pool}'] : []),
        ...(one.only ? ['tables: {include: [public.t1]}'] : []),
      ];
      return `{${keys.join(', ')}}`;
    };
    const textsOf = (specsOf: (one: LinkSpec) => LinkSpec | null): string =>
      orders(
        links.flatMap((one, index): string[] => {
          // A database that nothing enters begins a chain of its own; the first link always stands.
          const spec = one.attached || index === 0 ? specsOf(one) : null;
          return spec === null ? [] : [textOf(spec, index)];
        }),
        [],
        names,
      ).replaceAll(/^ {2}(\w): \{/gm, (text, name: string) =>
        links[names.indexOf(name) - 1]?.cascade === false ? `${text}cascade: false, ` : text,
      );
    const topology = textsOf((one) => one);
    // A link that is added above one which has its copy is another matter: what it copies does not cascade (FACTS 0.5).
    const above = (index: number): LinkSpec | undefined => links[((links[index]?.parent ?? 0) % (index + 1)) - 1];
    const inherits = (index: number, what: LinkSpec['before']): boolean => {
      const upper = above(index);
      return links[index]?.before === what || (upper !== undefined && inherits(links.indexOf(upper), what));
    };
    const before = textsOf((one) => {
      const index = links.indexOf(one);
      if (inherits(index, 'absent')) return null;
      return { ...one, generation: 1, stopped: one.before === 'stopped' || one.stopped, only: inherits(index, 'fewer tables') || one.only };
    });
    const rows = Object.fromEntries(
      names.map((name, index): [string, Record<string, string[]>] => {
        const filled = links[index - 1]?.filled;
        return [
          name,
          Object.fromEntries(
            specs.map((table, at) => [table.name, index === 0 ? ['r1', 'r2'] : filled?.[at] === true ? [`${name}-own`] : []]),
          ),
        ];
      }),
    );
    const down = names[unreachable];
    return { spec: { topology, tables: specs, rows, unreachable: down === undefined ? [] : [down], copyTicks }, before, seed };
  })
  .filter(({ spec }) => isSound(spec.topology));

function tableSpecs(count: number, keyless: boolean, references: boolean): readonly TableSpec[] {
  return Array.from({ length: count }, (_, index): TableSpec => ({
    name: `t${index + 1}`,
    ...(keyless && index === count - 1 && count > 1 ? {} : { key: index === 1 ? ['id', 'line'] : ['id'] }),
    ...(references && index === 0 ? { referencedBy: ['public.t2'] } : {}),
  }));
}

/** Links with kick triggers that leave the same database have to share an instance. */
function isSound(text: string): boolean {
  try {
    return topologyOf(text).links.length > 0;
  } catch {
    return false;
  }
}

/** A small generator of its own, so that a scenario always takes the same course. */
export function sequence(seed: number): (count: number) => number {
  let state = seed * 2 + 1;
  return (count) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % count;
  };
}
