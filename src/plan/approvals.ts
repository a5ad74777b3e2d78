import { createHash } from 'node:crypto';
import type { GivenApproval, Ledger } from '../ledger/model.ts';
import type { Caps, Topology } from '../topology/model.ts';
import type { Policy, RequiredApproval } from './model.ts';
import type { Step } from './step-model.ts';

export type Destructive = Pick<Step, 'id' | 'kind' | 'address' | 'destructive' | 'hits' | 'hazards' | 'objects' | 'work'>;

/** What may be done of the destructive steps of one topology, and why not. */
export interface Judgement {
  /** At most one: the approval of all destructive steps. */
  readonly required: readonly RequiredApproval[];
  /** Why a destructive step may not be carried out now; null when it may, and for steps that are not destructive. */
  readonly reasonAgainst: (step: Pick<Step, 'id' | 'destructive'>) => string | null;
  /** Why not all of them may; null when they may. */
  readonly pending: string | null;
}

/**
 * The id that approves exactly these destructive steps of one topology (DESIGN 5): no counts, sizes, times or revision.
 * `hits`: what the step works on, told apart from a later one of the same name.
 */
export function approvalId(steps: readonly Destructive[]): string {
  const named = steps.map((step) => `${step.kind} ${step.address} ${step.hits.length === 0 ? '1' : step.hits.join(',')}`).toSorted();
  const hash = createHash('sha256').update(named.join('\n')).digest('hex');
  return `${hash.slice(0, 4)}-${hash.slice(4, 8)}`;
}

/**
 * Holds the destructive steps against the approvals: the id named now (`--approve`), each step's own in the ledger, the id in `removed` of
 * the file. What a person has not freed from them is bound by the host's caps. `leaving`: addresses of the links that the steps remove;
 * only entries of `removed` for one of these count.
 */
export function judge(
  topology: Topology,
  steps: readonly Destructive[],
  leaving: ReadonlySet<string>,
  ledger: Ledger,
  policy: Policy,
  caps: Caps,
): Judgement {
  const destructive = steps.filter((step) => step.destructive);
  if (destructive.length === 0) return { required: [], reasonAgainst: () => null, pending: null };
  const id = approvalId(destructive);
  const inGit = topology.removed.some((entry) => leaving.has(entry.address) && entry.plan === id);
  const recorded = (step: Destructive) => ledger.approvals.filter((one) => one.topology === topology.name && one.step === step.id);
  const free = policy.approvals.includes(id)
    ? destructive
    : destructive.filter((step) => recorded(step).some((one) => one.overCap !== false));
  const bound = destructive.filter((step) => !free.includes(step) && (inGit || recorded(step).length > 0));
  const cap = exceededCap(bound, leaving, caps);
  const reasons = new Map(
    destructive.flatMap((step): [string, string][] => {
      if (free.includes(step)) return [];
      if (!bound.includes(step)) return [[step.id, `approval ${id} is missing`]];
      return cap === null ? [] : [[step.id, cap]];
    }),
  );
  const given = free.length + bound.length === destructive.length;
  const required = { id, steps: destructive.map((step) => step.id), given, ...(given && cap !== null ? { cap } : {}) };
  return {
    required: [required],
    // What comes only because something else was refused has been judged by nobody.
    reasonAgainst: (step) => {
      if (!step.destructive) return null;
      return destructive.some((one) => one.id === step.id) ? (reasons.get(step.id) ?? null) : `approval ${id} is missing`;
    },
    pending: given ? cap : `approval ${id} is missing`,
  };
}

/** The cap that the destructive steps of a plan exceed once they are approved in a way that caps bind; null when none. */
export function judgedCap(topology: Topology, steps: readonly Destructive[], caps: Caps): string | null {
  const former = topology.links.filter((link) => link.former === true).map((link) => link.address);
  return exceededCap(
    steps.filter((step) => step.destructive),
    new Set(former),
    caps,
  );
}

/** What is written down of an approval in git once it is acted on, so that it holds until each step is done; null where git gave none, or a cap stands against it. */
export function gitWord(required: RequiredApproval, topology: Topology): GivenApproval | null {
  const { id, steps } = required;
  const inGit = required.given && required.cap === undefined && topology.removed.some((entry) => entry.plan === id);
  return inGit ? { id, steps, by: 'git', overCap: false, reason: topology.file } : null;
}

/** The first cap that the steps exceed, in words: `cap links_removed: 2 > 1`. */
function exceededCap(steps: readonly Destructive[], leaving: ReadonlySet<string>, caps: Caps): string | null {
  const removed = new Set(steps.map((step) => step.address).filter((address) => leaving.has(address))).size;
  if (removed > caps.linksRemoved) return `cap links_removed: ${removed} > ${caps.linksRemoved}`;
  const emptied = steps.filter((step) => step.hazards.includes('EMPTIES_TABLES')).reduce((sum, step) => sum + emptiedBy(step), 0);
  return emptied > caps.tablesEmptied ? `cap tables_emptied: ${emptied} > ${caps.tablesEmptied}` : null;
}

/** Tables with rows that a step empties. */
export function emptiedBy(step: Pick<Step, 'work' | 'objects'>): number {
  return step.work.kind === 'copy_tables' ? step.work.emptied.length : (step.objects ?? 0);
}
