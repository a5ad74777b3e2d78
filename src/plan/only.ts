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
  const byId = new Map(steps.map((step) => [step.id, step]));
  // A daemon that several links share is started anew for those of which something is to be done.
  const forOthers = (step: Step): boolean => {
    const before = [...withAllBefore([step], byId)].filter((one) => one !== step);
    return (
      !before.some((one) => links.some((link) => one.address === link.address)) &&
      before.some((one) => others.some((link) => one.address === link.address))
    );
  };
  const own = steps.filter((step) =>
    links.some(
      (link) => step.address === link.address || (isOf(step, link) && !(others.some((other) => isOf(step, other)) && forOthers(step))),
    ),
  );
  const needed = withAllBefore(own, byId);
  const lacking = others.filter((link) => [...needed].some((step) => !own.includes(step) && isOf(step, link)));
  const missing = [...needed].filter((step) => !own.includes(step) && lacking.some((link) => isOf(step, link)));
  const ids = new Set([...needed].map((step) => step.id));
  const waiting = steps.filter((step) => !ids.has(step.id));
  const proof = steps.flatMap((step) => proofOf(step, links, ids, waiting));
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
    holds: (change) => {
      if (lack.includes(change.address) || chosen.some((step) => step.id === change.drift?.step)) return true;
      const link = links.find((one) => one.address === change.address);
      if (link === undefined) return false;
      // What is only done for another link, such as the start of a daemon that both share, is no change of this one.
      return change.drift !== undefined || chosen.some((step) => isOf(step, link)) || !steps.some((step) => isOf(step, link));
    },
  };
}

/** These steps and all that they come after. */
function withAllBefore(steps: readonly Step[], byId: ReadonlyMap<string, Step>): ReadonlySet<Step> {
  const all = new Set(steps);
  for (const step of all)
    for (const id of step.after) {
      const before = byId.get(id);
      if (before !== undefined) all.add(before);
    }
  return all;
}

/** A step of a link, or of the instance it is in. */
function isOf(step: Step, link: Link): boolean {
  return step.address === link.address || step.address.endsWith(`/instance/${link.instance}`);
}

/**
 * The proof that changes arrive, for these links alone; none where nothing of theirs is to be proved, or what it waits for is left out.
 * `waiting`: steps that are left out.
 */
function proofOf(step: Step, links: readonly Link[], ids: ReadonlySet<string>, waiting: readonly Step[]): readonly Step[] {
  const { work } = step;
  if (work.kind !== 'arrival') return [];
  const proved = links.filter(
    (link) => work.links.includes(link.address) && !waiting.some((one) => step.after.includes(one.id) && isOf(one, link)),
  );
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
