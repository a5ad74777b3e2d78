import { namesFound } from '../../view/adoption.ts';
import type { LinkView } from '../../view/link-view.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/**
 * A sync of other hands becomes ours under the names that it has (rules 12, 22): marks where it stands, a row in the ledger, and nothing
 * that Bucardo would notice. What rule 24 wants besides is the next plan's.
 */
export function adoptionStep(view: LinkView): Draft[] {
  if (!view.adopting) return [];
  const { link } = view;
  const names = namesFound(view) ?? null;
  return [
    draft({
      id: stepId.adopt(view),
      kind: 'adopt',
      symbol: '~',
      address: link.address,
      what: `adopt sync ${link.sync} of control database ${link.control}`,
      reason: 'declared `bucardo.adopt`; nothing of it changes',
      on: ['hub', link.from],
      after: [stepId.ledger],
      work: { kind: 'adopt', link: link.address, names },
      phase: PHASE.control,
      depth: view.depth,
      objects: 1,
      before: ['made by other hands'],
      afterFacts: [`known as ${link.address}, its names kept`],
    }),
  ];
}
