import type { LockMode, Step, StepKind } from '../step-model.ts';
import type { Work } from '../work-model.ts';

/** A step before its place in the order is known. `phase` and `depth` break ties between steps that nothing orders. */
export type Draft = Omit<Step, 'seq' | 'gate' | 'blocked'> & {
  readonly phase: number;
  readonly depth: number;
  readonly gate: Omit<NonNullable<Step['gate']>, 'holds'> | null;
};

/** Phases in the order in which a reader expects them. */
export const PHASE = { ledger: 0, control: 1, register: 2, helpers: 3, triggers: 4, membership: 5, makedelta: 6, run: 10 } as const;

interface DraftInput {
  readonly id: string;
  readonly kind: StepKind;
  readonly symbol: Step['symbol'];
  readonly address: string;
  readonly what: string;
  readonly reason: string;
  readonly on: readonly string[];
  readonly work: Work;
  readonly phase: number;
  readonly depth: number;
  readonly after?: readonly string[];
  readonly lock?: { readonly mode: LockMode; readonly timeoutMs?: number; readonly budgetMs?: number };
  readonly objects?: number;
  readonly hazards?: Step['hazards'];
  readonly destructive?: boolean;
  readonly hits?: readonly string[];
  readonly estimateSeconds?: number;
  readonly before?: readonly string[];
  readonly afterFacts?: readonly string[];
  readonly gate?: Draft['gate'];
}

/** Fills in what most steps leave out. */
export function draft(input: DraftInput): Draft {
  return {
    id: input.id,
    kind: input.kind,
    symbol: input.symbol,
    address: input.address,
    what: input.what,
    reason: input.reason,
    on: input.on,
    lock: { mode: input.lock?.mode ?? 'none', timeoutMs: input.lock?.timeoutMs ?? null, budgetMs: input.lock?.budgetMs ?? null },
    objects: input.objects ?? null,
    hazards: input.hazards ?? [],
    destructive: input.destructive ?? false,
    hits: input.hits ?? [],
    after: input.after ?? [],
    estimateSeconds: input.estimateSeconds ?? null,
    before: input.before ?? [],
    afterFacts: input.afterFacts ?? [],
    work: input.work,
    phase: input.phase,
    depth: input.depth,
    gate: input.gate ?? null,
  };
}
