import { type Planned, standsStill, wantsRunning } from '../steps/planned.ts';
import { runId } from '../steps/step-ids.ts';
import { receiptOf } from '../view/copies/copy.ts';
import { type DriftFact, factKey } from './fact.ts';

/** What the daemon of a link that was applied does otherwise. `first`: whether what concerns the daemon as a whole is said of this link. */
export function daemonFacts(planned: Planned, first: boolean): readonly DriftFact[] {
  const { view } = planned;
  const { link, daemon, sync } = view;
  if (daemon === null || sync === null || standsStill(planned)) return [];
  const alive = daemon.masterPid !== null && daemon.startedAt !== null;
  const runs = daemon.activeSyncs.includes(link.sync);
  const wanted = wantsRunning(view) && receiptOf(view);
  const common = { key: factKey.daemon, address: link.address, of: `daemon ${link.instance}`, loses: false } as const;
  const start = runId.start(link.instance, 0);
  const stop = runId.stop(link.instance, 0);
  const orphans: DriftFact[] =
    first && daemon.orphans.length > 0
      ? [
          {
            ...common,
            code: 'DaemonOther',
            object: 'processes of an older daemon',
            before: String(daemon.orphans.length),
            after: '0',
            step: stop,
          },
        ]
      : [];
  if (wanted && !alive)
    return [
      ...orphans,
      {
        ...common,
        code: 'DaemonDown',
        object: link.sync,
        before: 'dead',
        after: 'running',
        step: start,
        ...(daemon.putDown === true ? { ours: true } : {}),
      },
    ];
  // One that is inactive in its row is not run for that reason, which is said there.
  if (wanted && !runs && sync.status === 'active')
    return [
      ...orphans,
      {
        ...common,
        code: 'DaemonOther',
        object: link.sync,
        before: 'not running',
        after: 'running',
        step: start,
        ...(unseenSince(view, daemon.startedAt ?? 0) ? { ours: true } : {}),
      },
    ];
  if (!wanted && alive && runs && sync.status !== 'active')
    return [...orphans, { ...common, code: 'DaemonOther', object: link.sync, before: 'running', after: 'not running', step: stop }];
  return orphans;
}

/**
 * Whether an end of the link was not seen since its daemon started: it did not answer then, which kept the sync from being activated. No hand
 * took it out, and what started the daemon for other links is not done with it.
 */
function unseenSince({ seen }: Planned['view'], startedAt: number): boolean {
  return [seen.from, seen.to].some((one) => one !== null && one.place.now < startedAt);
}
