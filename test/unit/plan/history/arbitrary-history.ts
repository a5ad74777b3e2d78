/** Random histories: rounds of edits and drifts, each carried out, killed or not, approved or not. */
import fc from 'fast-check';
import { type Drift, DRIFTS } from './drifts.ts';
import { type Edit, EDITS } from './edits.ts';

export interface Round {
  readonly edits: readonly Edit[];
  readonly drifts: readonly Drift[];
  /** Rows that users write before goatherd looks. */
  readonly writes: number;
  /** Whether a person approves whatever the plan asks for. */
  readonly approves: boolean;
  /** The run is killed before this statement; null for not. */
  readonly killedAt: number | null;
  /** Seconds that pass until it runs again. */
  readonly seconds: number;
}

export interface History {
  readonly tables: number;
  readonly references: boolean;
  readonly rounds: readonly Round[];
  readonly seed: number;
}

const number = fc.nat(30);

export function histories(options: { readonly edits: number; readonly drifts: number; readonly rounds: number }): fc.Arbitrary<History> {
  const round: fc.Arbitrary<Round> = fc.record({
    edits: fc.array(fc.record({ kind: fc.constantFrom(...EDITS), at: number, to: number }), { maxLength: options.edits }),
    drifts: fc.array(fc.record({ kind: fc.constantFrom(...DRIFTS), at: number, pick: number }), { maxLength: options.drifts }),
    writes: fc.nat(3),
    approves: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    killedAt: fc.option(fc.nat(60), { freq: 1 }),
    seconds: fc.nat(5),
  });
  return fc.record({
    tables: fc.integer({ min: 1, max: 2 }),
    references: fc.boolean(),
    rounds: fc.array(round, { minLength: 1, maxLength: options.rounds }),
    seed: fc.nat(1_000_000),
  });
}
