import { hash } from 'node:crypto';
import type { Topology } from '../topology/model.ts';
import { definitionHash } from './view/definition.ts';
import type { Diagnostic } from './model.ts';
import type { Step } from './step-model.ts';
import type { Work } from './work-model.ts';

/** What a plan was made from, as far as it decides what is done: what its fingerprint is the hash of (rule 18). */
export interface PlanFacts {
  /** sha256 of each link's declaration, by address; of one that its file no longer names, `former` and that of the last one. */
  readonly definitions: Readonly<Record<string, string>>;
  readonly steps: readonly StepFacts[];
  readonly diagnostics: readonly DiagnosticFacts[];
}

export interface StepFacts {
  readonly id: string;
  readonly what: string;
  readonly work: Work;
  readonly before: readonly string[];
}

export type DiagnosticFacts = Pick<Diagnostic, 'code' | 'address' | 'objects'>;

/** How many changes stand open is a measure: under writes it is another number at each look. */
const MEASURES: ReadonlySet<string> = new Set(['NeverDelivered']);

/** Steps carry every fact that led to them. Notes are left out: those are measures (who is in a transaction, how many partitions). */
export function planFacts(topology: Topology, steps: readonly Step[], diagnostics: readonly Diagnostic[]): PlanFacts {
  return {
    definitions: Object.fromEntries(
      topology.links.map((link) => [link.address, `${link.former === true ? 'former ' : ''}${definitionHash(topology, link)}`]),
    ),
    steps: steps.map(({ id, what, work, before }) => ({ id, what, work, before })),
    diagnostics: diagnostics
      .filter((one) => one.severity !== 'note' && !MEASURES.has(one.code))
      .map(({ code, address, objects }) => ({ code, address, objects }))
      .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
  };
}

/**
 * Measures stand in none of what is hashed, nor the words for people, which may hold some. Whether a step is blocked is not hashed
 * either: an approval is a person's word and no fact, and preflight's reasons are diagnostics.
 */
export function fingerprintOf(facts: PlanFacts): string {
  const hashed = {
    definitions: Object.entries(facts.definitions),
    steps: facts.steps.map(({ id, work, before }) => ({ id, work: withoutTimes(work), before })),
    diagnostics: facts.diagnostics,
  };
  return `sha256:${hash('sha256', JSON.stringify(hashed))}`;
}

/** When facts last changed is a time, and no fact that a plan uses. */
export function withoutTimes(work: Work): Work {
  return work.kind === 'wait_run' ? { ...work, since: 0 } : work;
}

const keyOf = (one: DiagnosticFacts): string => `${one.code} ${one.address}`;
