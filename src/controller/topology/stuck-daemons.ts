import { contextFor } from '../../act/words.ts';
import { stopDaemon } from '../../act/steps/daemons/daemon.ts';
import { untilDone } from '../../act/until-done.ts';
import type { ActingLock } from '../../ledger/lock.ts';
import { formatDuration } from '../../lib/format.ts';
import { messageOf } from '../../lib/errors.ts';
import type { ObservedRuns } from '../../observe/control-model.ts';
import type { Access } from '../../postgres/access.ts';
import type { Sight } from './looker.ts';
import type { World } from '../world.ts';

/** A daemon that says active and does nothing for one of its links. */
export interface Stuck {
  readonly address: string;
  readonly instance: string;
  readonly why: string;
}

/**
 * Finds daemons that do nothing by what does not arrive (rule 21): changes wait on a source, the oldest for longer than `afterMs`, and in all
 * that time no run of the link has begun or ended. A run that is under way is left alone, long as it may take, and so is an instance whose
 * copy runs. Time is taken from this process's own monotonic clock: a clock that jumps ends nothing.
 */
export class StuckDaemons {
  readonly #afterMs: number;
  /** By link: what its runs looked like, and since when they look like that. */
  readonly #runs = new Map<string, { readonly mark: string; readonly since: number }>();

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** The first stuck instance of what is seen; null when there is none. */
  stuckInstance(
    { topology, look, status, plan }: Pick<Sight, 'topology' | 'look' | 'status' | 'plan'>,
    now = performance.now(),
  ): Stuck | null {
    const { instances, databases } = look.observation;
    for (const link of topology.links) {
      const control = instances[link.instance]?.control ?? null;
      const runs = control?.runs[link.sync];
      const mark = markOf(runs);
      const known = this.#runs.get(link.address);
      if (known?.mark !== mark) this.#runs.set(link.address, { mark, since: now });
      const quietMs = known?.mark === mark ? now - known.since : 0;
      const seen = status.links.find((one) => one.address === link.address);
      if (seen?.daemon?.state !== 'up' || seen.suspension !== null || link.state !== 'running') continue;
      if (databases[link.from]?.reachable !== true || databases[link.to]?.reachable !== true) continue;
      if (runs?.running !== null && runs !== undefined) continue;
      if (control?.syncs.some((sync) => sync.onetimecopy !== 0 && sync.status === 'active') === true) continue;
      if (plan.steps.some((step) => step.blocked === null && 'instance' in step.work && step.work.instance === link.instance)) continue;
      const lagMs = (seen.lagSeconds ?? 0) * 1000;
      if (lagMs < this.#afterMs || quietMs < this.#afterMs) continue;
      const waits = formatDuration(lagMs / 1000);
      return {
        address: link.address,
        instance: link.instance,
        why: `changes wait for ${waits}, and no run began or ended for ${formatDuration(quietMs / 1000)}`,
      };
    }
    return null;
  }

  /** Ends the daemon: the next plan starts another. */
  async stop({ journal, config, ending }: World, lock: ActingLock, access: Access, sight: Sight, stuck: Stuck): Promise<void> {
    journal.warn(`the daemon ${stuck.instance} does nothing for ${stuck.address}: ${stuck.why}; it is started again`, {
      topology: sight.topology.name,
      instance: stuck.instance,
    });
    this.#runs.delete(stuck.address);
    try {
      const context = await contextFor(access, sight.topology, AbortSignal.any([lock.lost, ending]), () => undefined);
      await untilDone({ ...context, config }, () => stopDaemon(context, stuck.instance));
    } catch (error) {
      journal.warn(`the daemon ${stuck.instance} could not be stopped: ${messageOf(error)}`, { topology: sight.topology.name });
    }
  }
}

function markOf(runs: ObservedRuns | undefined): string {
  return [runs?.running?.startedAt, runs?.lastGood?.endedAt, runs?.lastBad?.endedAt].map((at) => at ?? '-').join(' ');
}
