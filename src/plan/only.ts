import { joinWords, plural } from '../lib/format.ts';
import type { Link, Topology } from '../topology/model.ts';
import type { Change, Diagnostic } from './model.ts';
import type { Step } from './step-model.ts';

/** The code of the diagnostic that refuses a subset: what is left out has to be done before. */
export const BREAKS_ORDER = 'OnlyBreaksOrder';

/** The part of a plan that `--only` asks for. */
export interface Chosen {
  readonly steps: readonly Step[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whether a change belongs to that part. */
  readonly holds: (change: Change) => boolean;
}

/**
 * The steps of these links and of their instances, with what of the topology's own they come after; the proof of arrival is that of these
 * links. Where one of them comes after a step of a link that is left out, nothing of it may be done, and a diagnostic says what it needs.
 * Numbers stay those of the whole plan.
 */
export function chosenOf(topology: Topology, steps: readonly Step[], only: readonly string[]): Chosen {
  const links = topology.links.filter((link) => only.includes(link.address));
  const others = topology.links.filter((link) => !only.includes(link.address));
  const own = steps.filter((step) => links.some((link) => isOf(step, link)));
  const byId = new Map(steps.map((step) => [step.id, step]));
  const needed = new Set(own);
  for (const step of needed)
    for (const id of step.after) {
      const before = byId.get(id);
      if (before !== undefined) needed.add(before);
    }
  const lacking = others.filter((link) => [...needed].some((step) => !own.includes(step) && isOf(step, link)));
  const missing = [...needed].filter((step) => !own.includes(step) && lacking.some((link) => isOf(step, link)));
  const ids = new Set([...needed].map((step) => step.id));
  const proof = steps.flatMap((step) => proofOf(step, links, ids));
  const chosen = steps.flatMap((step) => (step.kind === 'arrival' ? proof : needed.has(step) ? [step] : []));
  const left = steps.length - chosen.length;
  const lack = lacking.map((link) => link.address);
  const reason = `needs ${joinWords(lack)}, which --only leaves out`;
  return {
    steps: chosen.map((step) => (lack.length > 0 && step.blocked === null ? { ...step, blocked: reason } : step)),
    diagnostics: [
      ...(lack.length === 0
        ? []
        : [
            diagnostic('error', BREAKS_ORDER, links.map((link) => link.address).join(', '), {
              message: `${missing.length === 1 ? 'a step' : plural(missing.length, 'step')} of ${joinWords(lack)} must be done before, and --only leaves ${lack.length === 1 ? 'it' : 'them'} out`,
              hint: `add ${lack.map((address) => `--only ${address}`).join(' ')}`,
              objects: missing.map((step) => step.id),
            }),
          ]),
      ...(left === 0 || lack.length > 0
        ? []
        : [
            diagnostic('note', 'OnlySome', topology.name, {
              message: `--only ${only.join(' --only ')}: ${plural(left, 'step')} of the topology ${left === 1 ? 'is' : 'are'} left out`,
              hint: 'a run without --only does the rest',
              objects: [],
            }),
          ]),
    ],
    holds: (change) =>
      links.some((link) => link.address === change.address) ||
      chosen.some((step) => step.id === change.drift?.step) ||
      lack.includes(change.address),
  };
}

/** A step of a link, or of the instance it is in. */
function isOf(step: Step, link: Link): boolean {
  return step.address === link.address || step.address.endsWith(`/instance/${link.instance}`);
}

/** The proof that changes arrive, for these links alone; none where nothing of theirs is to be proved. */
function proofOf(step: Step, links: readonly Link[], ids: ReadonlySet<string>): readonly Step[] {
  const { work } = step;
  if (work.kind !== 'arrival') return [];
  const proved = links.filter((link) => work.links.includes(link.address));
  if (proved.length === 0) return [];
  const after = step.after.filter((id) => ids.has(id));
  const what = `prove arrival on ${proved.map((link) => link.id).join(', ')}`;
  return [{ ...step, what, after, objects: proved.length, work: { ...work, links: proved.map((link) => link.address) } }];
}

function diagnostic(
  severity: Diagnostic['severity'],
  code: string,
  address: string,
  rest: Pick<Diagnostic, 'message' | 'hint' | 'objects'>,
): Diagnostic {
  return { severity, code, address, ...rest, at: null };
}
