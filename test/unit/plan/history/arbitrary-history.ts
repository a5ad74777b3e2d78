/** Random histories: rounds of edits and drifts, each carried out, killed or not, approved or not. */
import fc from 'fast-check';
import { type Drift, DRIFTS } from './drifts.ts';
import { type Edit, EDITS } from './edits.ts';

/**
 * Who approves what the plan asks for: a person, whatever it is; git, with an entry in `removed` for every link that leaves, as far as caps
 * let it; somebody who has the id of the plan before; nobody.
 */
export type Approves = 'person' | 'git' | 'before' | 'nobody';

export interface Round {
  readonly edits: readonly Edit[];
  readonly drifts: readonly Drift[];
  /** Rows that users write before goatherd looks. */
  readonly writes: number;
  readonly approves: Approves;
  /** The run is killed before this statement; null for not. */
  readonly killedAt: number | null;
  /** Seconds that pass until it runs again. */
  readonly seconds: number;
}

export interface History {
  readonly tables: number;
  readonly references: boolean;
  /** What stands when it begins: nothing; or the same cascade, made by other hands, to be adopted. */
  readonly adopts: boolean;
  /** Whether the first links share an instance. */
  readonly shares: boolean;
  /** `caps.links_removed` of the host. */
  readonly linksRemoved: number;
  readonly rounds: readonly Round[];
  readonly seed: number;
}

const number = fc.nat(30);

export function histories(options: { readonly edits: number; readonly drifts: number; readonly rounds: number }): fc.Arbitrary<History> {
  // Under `drift: warn` drift stays: what must be so then is another matter. Where nothing drifts, it must make no difference.
  const kinds = EDITS.filter((kind) => options.drifts === 0 || kind !== 'warn');
  const round: fc.Arbitrary<Round> = fc.record({
    edits: fc.array(fc.record({ kind: fc.constantFrom(...kinds), at: number, to: number }), { maxLength: options.edits }),
    drifts: fc.array(fc.record({ kind: fc.constantFrom(...DRIFTS), at: number, pick: number }), { maxLength: options.drifts }),
    writes: fc.nat(3),
    approves: fc.oneof(
      { weight: 5, arbitrary: fc.constant<Approves>('person') },
      { weight: 3, arbitrary: fc.constantFrom<Approves>('git', 'before', 'nobody') },
    ),
    killedAt: fc.option(fc.nat(60), { freq: 1 }),
    seconds: fc.nat(5),
  });
  return fc.record({
    tables: fc.integer({ min: 1, max: 2 }),
    references: fc.boolean(),
    adopts: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    shares: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    linksRemoved: fc.nat(2),
    rounds: fc.array(round, { minLength: 1, maxLength: options.rounds }),
    seed: fc.nat(1_000_000),
  });
}
