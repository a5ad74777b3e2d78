/** Links that leave and that no daemon runs: what they have open is delivered by one that is started first, or never (rule 11). */
import type { Draft } from '../steps/draft.ts';
import { receiptOf } from './copies/copy.ts';
import type { LinkView } from './link-view.ts';

/**
 * Whether what a link that leaves has open can reach its target at all: both ends answer, and it is active. Before its copy is complete
 * nothing is whole at its target, and a copy may take hours that nobody wants any more.
 */
export function canDrain(view: LinkView): boolean {
  const whole = receiptOf(view) || view.link.copyData === 'never';
  return whole && view.sync?.status === 'active' && view.source !== null && view.target !== null;
}

/** Whether a daemon that lives runs the link now. */
export function isRunBy({ daemon, link }: Pick<LinkView, 'daemon' | 'link'>): boolean {
  return daemon !== null && daemon.masterPid !== null && daemon.startedAt !== null && daemon.activeSyncs.includes(link.sync);
}

/**
 * Of the links of `leaving` those that could be drained and that no daemon runs. `first`: where a step of `due`, what is done for links as long
 * as they stay, starts one of them, why all that leave wait for that, by address. `never`: those that nothing starts; to wait until one of these
 * is drained would have no end. `undrained`: those that a word lets go as they are.
 */
export function idleAmong(
  leaving: readonly LinkView[],
  undrained: ReadonlySet<string>,
  due: () => readonly Draft[],
): { readonly first: ReadonlyMap<string, string>; readonly never: ReadonlySet<string> } {
  const idle = leaving.filter((view) => !undrained.has(view.link.address) && canDrain(view) && !isRunBy(view));
  const steps = idle.length === 0 ? [] : due();
  const starts = ({ link }: LinkView): boolean =>
    steps.some(({ work }) => work.kind === 'start_daemon' && work.instance === link.instance && work.syncs.includes(link.sync));
  const first = idle.filter(starts).map(({ link }) => `until ${link.id} runs again, so that what it has open reaches ${link.to}`);
  return {
    first: new Map(first.length === 0 ? [] : leaving.map(({ link }) => [link.address, `waits ${first.join(', and ')}`])),
    never: new Set(idle.filter((view) => !starts(view)).map(({ link }) => link.address)),
  };
}
