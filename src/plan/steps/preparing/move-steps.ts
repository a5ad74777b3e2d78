import { isOurMark } from '../../../bucardo/names.ts';
import type { Topology } from '../../../topology/model.ts';
import type { LinkView } from '../../view/link-view.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { runId, stepId } from '../step-ids.ts';

/**
 * A link goes to another instance without a copy: what stands on its source stays, deltas and what was delivered of them go by the dbgroup's
 * name (FACTS 0.9). The ledger hears of it before anything is made, so that a run that was cut off knows both instances: where the link runs
 * from now on, and which it has to leave.
 */
export function moveStep({ link, ledger, depth }: LinkView): readonly Draft[] {
  const from = ledger?.names.instance;
  if (from === undefined || from === link.instance) return [];
  return [
    draft({
      id: stepId.move(link.id),
      kind: 'move',
      symbol: '~',
      address: link.address,
      depth,
      phase: PHASE.ledger,
      what: `move ${link.id} to instance ${link.instance}`,
      reason: `\`bucardo.instance\`: it is in ${from} now; its receipt, triggers and deltas stay`,
      on: ['hub'],
      after: [stepId.ledger],
      work: { kind: 'move', link: link.address, instance: link.instance },
      objects: 1,
      before: [`instance ${from}`],
      afterFacts: [`instance ${link.instance}`],
    }),
  ];
}

/**
 * Ends what stands of a link in instances that it leaves: deactivated when all is prepared where it goes, its daemon stopped (or started
 * without it), and only then is it activated there (rule 20: never two daemons on one sync). Its rows go last, or the whole control database
 * where nobody else is in it.
 */
export function leaveInstanceSteps(topology: Topology, view: LinkView, leaving: readonly LinkView[]): readonly Draft[] {
  const { link } = view;
  return view.leaves.flatMap(({ instance, observed, sync, control: database }): Draft[] => {
    const others = [...topology.links, ...leaving.map((one) => one.link)].filter((one) => one.address !== link.address);
    const alsoLeave = others.filter((one) => one.instance !== instance && one.leaves?.some((left) => left.instance === instance));
    const inIt = others.some((one) => one.instance === instance);
    const last = alsoLeave.every((one) => one.address < link.address);
    const known = new Set([link, ...alsoLeave].map((one) => one.sync));
    const control = observed?.control ?? null;
    const whole = !inIt && last && isOurMark(control?.mark) && control?.syncs.every((one) => known.has(one.name)) === true;
    const common = { address: link.address, depth: view.depth, on: ['hub'], objects: 1 } as const;
    const quit = draft({
      ...common,
      id: runId.quit(link.id, instance),
      kind: 'deactivate',
      symbol: '~',
      phase: PHASE.makedelta,
      what: `deactivate sync ${link.sync} in instance ${instance}`,
      reason: `it runs in ${link.instance} from now on, and never in two daemons`,
      work: { kind: 'deactivate', link: link.address, instance },
      // The link stands still from here until its new daemon runs it: everything else is ready.
      after: [stepId.register(view), stepId.helpers(view), stepId.triggers(view), stepId.membership(view), stepId.makedelta(view)],
      hazards: ['PAUSES_LINK'],
      before: ['status active'],
      afterFacts: ['status inactive'],
    });
    const leave = draft({
      ...common,
      id: runId.leftInstance(link.id, instance),
      kind: 'leave_instance',
      symbol: '-',
      phase: PHASE.run + 900,
      what: whole
        ? `drop control database ${database}, its pid directory and log`
        : `remove ${link.sync} from control database ${database}`,
      reason: whole ? `no link is in ${instance} any more` : `${link.id} is in ${link.instance}`,
      work: { kind: 'leave_instance', link: link.address, instance, whole },
      after: [
        runId.quit(link.id, instance),
        runId.stop(instance, 0),
        runId.start(instance, 0),
        runId.activate(view),
        runId.start(link.instance, 0),
        stepId.membership(view),
        ...(whole ? alsoLeave.map((one) => runId.leftInstance(one.id, instance)) : []),
      ],
      estimateSeconds: 1,
    });
    return [...(sync?.status === 'active' ? [quit] : []), leave];
  });
}

/** Ids of what ends a link where it is not to run any more: nothing of it runs elsewhere before. */
export function endedElsewhere(view: LinkView): readonly string[] {
  return view.leaves.flatMap(({ instance }) => [runId.quit(view.link.id, instance), runId.stop(instance, 0)]);
}

/** The same steps, none of them before the ledger knows where the link goes. */
export function afterMove(move: readonly Draft[], steps: readonly Draft[]): readonly Draft[] {
  const ids = move.map((step) => step.id);
  return ids.length === 0 ? steps : steps.map((step) => ({ ...step, after: [...step.after, ...ids] }));
}
