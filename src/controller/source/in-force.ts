import type { Ledger } from '../../ledger/model.ts';
import { knownTopologies, withFormer } from '../../plan/view/remembered/former.ts';
import type { Problem, Topology } from '../../topology/model.ts';
import type { Reading } from './reading.ts';

/** One topology as it is to be kept now. */
export interface InForce {
  readonly topology: Topology;
  /** What the source says; null while it has said nothing since the start. */
  readonly desired: string | null;
  /** What `topology` was read from: an older revision when its file is broken now, null when only the ledger knows it. */
  readonly revision: string | null;
  /** Why the desired revision of it is not in force. */
  readonly problems: readonly Problem[];
}

/**
 * What is in force when the source says `reading`: each topology that could be read; for a broken file what it said when it was good; after
 * a restart what the ledger knows as last applied. A topology whose file is gone is not in force (rule 13).
 */
export function inForce(reading: Reading | null, before: readonly InForce[], ledger: Ledger): readonly InForce[] {
  if (reading === null) {
    if (before.length > 0) return before;
    return knownTopologies(ledger).map((name) => ({ topology: asApplied(name, ledger), desired: null, revision: null, problems: [] }));
  }
  const { revision, topologies } = reading;
  const read = topologies.map((topology): InForce => ({ topology, desired: revision, revision, problems: [] }));
  const named = new Set(topologies.map((topology) => topology.name));
  const broken = new Map<string, Problem[]>();
  for (const problem of reading.problems)
    if (problem.severity === 'error') broken.set(problem.at.file, [...(broken.get(problem.at.file) ?? []), problem]);
  const kept = before
    .filter(({ topology }) => !named.has(topology.name) && broken.has(topology.file))
    .map((one): InForce => ({ ...one, desired: revision, problems: broken.get(one.topology.file) ?? [] }));
  for (const { topology } of kept) {
    named.add(topology.name);
    broken.delete(topology.file);
  }
  const known = broken.size === 0 ? [] : knownTopologies(ledger).filter((name) => !named.has(name));
  const problems = [...broken.values()].flat();
  const applied = known.map((name): InForce => ({ topology: asApplied(name, ledger), desired: revision, revision: null, problems }));
  return [...read, ...kept, ...applied].toSorted((one, other) => (one.topology.name < other.topology.name ? -1 : 1));
}

/** The topology as the ledger last saw it applied: what its file said then, as far as it is needed to keep it going. */
function asApplied(name: string, ledger: Ledger): Topology {
  const { links, ...rest } = withFormer({ name, file: '', databases: [], links: [], removed: [] }, ledger);
  return { ...rest, links: links.map(({ former: _former, ...link }) => link) };
}

/** Whether two texts of a topology ask for the same: places in files, and the files themselves, left out. */
export function asksForTheSame(one: Topology, other: Topology): boolean {
  return meaningOf(one) === meaningOf(other);
}

function meaningOf(topology: Topology): string {
  return JSON.stringify({ ...topology, file: '' }, (key, value: unknown) => (key === 'at' ? undefined : value));
}
