import { receiptOf } from '../../view/copies/copy.ts';
import type { LinkView } from '../../view/link-view.ts';
import type { DaemonPlan } from './daemon-steps.ts';
import { type Draft, PHASE, draft } from '../draft.ts';
import { type Planned, wantsRunning } from '../planned.ts';
import { runId, stepId } from '../step-ids.ts';
import { runSeen } from '../copying/unheard.ts';

/** Rule 1's last clause: a run of each upstream link that began after its makedelta took effect must have ended well. */
export function upstreamGates(
  view: LinkView,
  links: readonly Planned[],
  daemons: ReadonlyMap<string, DaemonPlan>,
  prepared: ReadonlySet<string>,
): Draft[] {
  return view.upstream.flatMap((link): Draft[] => {
    const upper = links.find((one) => one.view.link.address === link.address)?.view;
    // Where the middle database passes nothing on, no makedelta is waited for.
    if (upper === undefined || !wantsRunning(upper) || !view.passesOn) return [];
    const daemon = daemons.get(link.instance);
    // The run that copies is seen by its own gate; a link without a copy has none.
    const copies = !receiptOf(upper) && upper.link.copyData !== 'never';
    if (daemon?.restarts !== true && (copies || runSeen(upper))) return [];
    return [
      draft({
        id: runId.run(link.id),
        kind: 'wait_run',
        symbol: '|',
        address: link.address,
        depth: upper.depth,
        what: `WAIT a run of ${link.id} that began with its ${[stepId.makedelta(upper), stepId.makedeltaOff(upper)].some((id) => prepared.has(id)) ? 'new ' : ''}makedelta`,
        reason: `Bucardo reads makedelta when a kid is set up (rules 1 and 11); ${view.link.id} depends on it`,
        on: ['hub'],
        after: [daemon?.startOf.get(link.address) ?? runId.start(link.instance, 0), stepId.makedelta(upper), stepId.makedeltaOff(upper)],
        work: { kind: 'wait_run', link: link.address, instance: link.instance, since: upper.control?.changedAt ?? 0 },
        phase: PHASE.run + upper.depth * 10 + 9,
        gate: { condition: 'RunSeen', warnAfterSeconds: 120 },
        estimateSeconds: 3,
      }),
    ];
  });
}
