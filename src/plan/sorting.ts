import { assemble } from './assembly/assemble.ts';
import type { Scene } from './scene.ts';
import { writtenFromAbove } from './view/copies/written-from-above.ts';
import { type Drifted, driftOf, leavingAlone } from './drift/drift.ts';
import { withoutStrayTargets } from './drift/strays.ts';
import { preflight } from './preflight/preflight.ts';
import type { Draft } from './steps/draft.ts';
import type { Sorted } from './steps/preparing/makedelta.ts';
import type { Planned } from './steps/planned.ts';
import { carriedBy } from './view/carried.ts';
import { withoutLate } from './view/copies/beside-first-copy.ts';
import { receiptOf } from './view/copies/copy.ts';
import { withDeparting } from './view/leaving/departing.ts';
import { asApplied, isDetached } from './view/leaving/detached.ts';
import { type LinkView, linkViews } from './view/link-view.ts';
import { recopiesOf } from './view/copies/recopy.ts';
import { asStopped, standingStill, suspendedLinks } from './view/suspensions.ts';

export interface Sorting {
  readonly scene: Scene;
  readonly views: readonly LinkView[];
  readonly planned: readonly Planned[];
  readonly checked: ReturnType<typeof preflight>;
  readonly suspended: ReadonlyMap<string, string>;
  readonly blocked: ReadonlyMap<string, string>;
  /** Why a copy that is due again is not begun. */
  readonly waiting: ReadonlyMap<string, string>;
  /** Those of them that run nothing until it has ended. */
  readonly still: ReadonlySet<string>;
  readonly sorted: Sorted;
  readonly drifted: Drifted;
}

/** What is not approved, and so goes on as it was. */
export interface Refused {
  /** Links whose tables may not be emptied for a copy again, or that may not be detached yet and so are as they were applied. */
  readonly links: ReadonlySet<string>;
  /** Links whose tables may not leave: these are replicated like all others until they may. */
  readonly leaves: ReadonlySet<string>;
}

export const NOTHING_REFUSED: Refused = { links: new Set(), leaves: new Set() };

/**
 * Parts the links into those that may act, those that preflight holds, and those that are detached.
 */
export function sort(found: Scene, { links: refused, leaves }: Refused): Sorting {
  const scene = { ...found, observation: withoutStrayTargets(found) };
  const views = linkViews(scene.topology, scene.observation, scene.ledger).map((view) =>
    refused.has(view.link.address) ? asApplied(view) : view,
  );
  // Nothing leaves a link that is detached: what it carries stays, too, while that is not approved.
  const undetached = new Set(
    scene.topology.links.filter((link) => link.state === 'detached' && refused.has(link.address)).map((link) => link.address),
  );
  const checked = preflight(scene.topology, scene.observation, views, scene.ledger);
  const suspended = suspendedLinks(views, scene.ledger);
  const detaches = ({ link, source, adopting }: LinkView): boolean =>
    link.state === 'detached' && source !== null && !adopting && !suspended.has(link.address);
  const written = writtenFromAbove(scene, views, blockedLinks(views, checked.blocked, suspended, new Map()));
  const detaching = new Set(views.filter(detaches).map(({ link }) => link.address));
  // These run on as they were applied, and what is new below them waits as below any link that nothing may be done to.
  const running = new Map([...written].filter(([address]) => detaching.has(address)));
  const blocked = new Map(blockedLinks(views, checked.blocked, suspended, running));
  // A target that does not answer is a reason to detach, and no obstacle.
  for (const address of detaching) if (!running.has(address)) blocked.delete(address);
  const known = withoutLate(views.map((view) => ({ view, carried: carriedBy(view, checked.unfit.get(view.link.address) ?? new Set()) })));
  const again = recopiesOf(scene.topology, known, blocked, refused);
  const planned = known
    .map((one): Planned => ({ ...one, recopy: again.of.get(one.view.link.address) ?? null }))
    .map((one) => (again.still.has(one.view.link.address) ? standingStill(one) : one))
    .map((one) => (leaves.has(one.view.link.address) || undetached.has(one.view.link.address) ? withDeparting(one) : one));
  // One that was detached before a person suspended it has nothing that could be held: nothing stands for it, and nothing is missing.
  const detached = planned.filter(({ view }) => (detaches(view) && !blocked.has(view.link.address)) || isDetached(view));
  const isFree = ({ view }: Planned): boolean => !view.adopting && !blocked.has(view.link.address);
  const staying = planned.filter((one) => !detached.includes(one));
  const free = staying.filter(isFree);
  const held = staying.filter((one) => !isFree(one)).map((one) => asStopped(one, scene.ledger));
  const adopting = planned.filter(({ view }) => view.adopting && !blocked.has(view.link.address));
  const forgotten = new Set(scene.forgotten.map((link) => link.from));
  const sides = { free, held, leaving: [], detached, forgotten };
  const drifted = driftOf(scene, found.observation, [...free, ...held.filter(({ view }) => !view.adopting)], sides);
  const sorted = {
    free: leavingAlone(free, drifted.facts),
    held: leavingAlone(held, drifted.facts),
    adopting,
    leaving: [],
    detached,
    forgotten,
  };
  return { scene, views, planned, checked, suspended, blocked, waiting: again.waiting, still: again.still, sorted, drifted };
}

/** What of these steps something stands against, such as an approval that is missing. */
export function refusedAmong(steps: readonly Draft[], { detached }: Sorted, reasonAgainst: (step: Draft) => string | null): Refused {
  // One that its file no longer names has been detached: what is not approved is its removal, and it stays as it is.
  const detaching = new Set(detached.filter(({ view }) => view.link.former !== true).map((one) => one.view.link.address));
  const refused = (keep: (step: Draft) => boolean): ReadonlySet<string> =>
    new Set(steps.filter((step) => keep(step) && reasonAgainst(step) !== null).map((step) => step.address));
  return {
    links: refused((step) => detaching.has(step.address) || (step.work.kind === 'copy_tables' && step.work.again)),
    leaves: refused((step) => step.kind === 'leave'),
  };
}

/** The steps of links that preflight or a person's word holds: shown, and not carried out. */
export function heldSteps({ scene, sorted, blocked }: Sorting): readonly Draft[] {
  const held = sorted.held.filter(({ view }) => !view.adopting);
  const refused = sorted.held.filter(({ view }) => view.adopting && blocked.has(view.link.address));
  if (held.length + refused.length === 0) return [];
  return assemble(scene, { free: held, held: [...sorted.free, ...refused], adopting: refused, leaving: [], detached: [] }).filter(
    (step) => step.kind !== 'arrival' && !isOfSharedDaemon(step, sorted) && !isDoubtBeside(step, sorted),
  );
}

/** What links that may act note beside those that may not, they note with their own steps. */
function isDoubtBeside({ kind, address }: Draft, { free }: Sorted): boolean {
  return kind === 'suspect' && free.some((one) => one.view.link.address === address);
}

/** Starts and stops of a daemon that other links use: those that may act plan them, and must not wait for a blocked one. */
function isOfSharedDaemon({ work }: Draft, sorted: Sorted): boolean {
  if (work.kind === 'stop_daemon') return true;
  return work.kind === 'start_daemon' && sorted.free.some(({ view }) => view.link.instance === work.instance);
}

/** What the removal of protected links would be, their own steps only. */
export function guardedSteps(without: Sorting, all: Sorting, guarded: ReadonlyMap<string, string>): readonly Draft[] {
  const leaving = all.views.filter(({ link }) => link.former === true);
  return assemble(without.scene, { ...without.sorted, leaving }).filter((step) => guarded.has(step.address));
}

/**
 * Links that preflight or a person's word holds, or that may not be detached yet (`running`, with the reason), and those below them before
 * their first copy; by address, with the reason.
 */
function blockedLinks(
  views: readonly LinkView[],
  codes: ReadonlyMap<string, readonly string[]>,
  suspended: ReadonlyMap<string, string>,
  running: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const blocked = new Map<string, string>();
  const stays = ({ link }: LinkView): boolean => suspended.has(link.address) || (codes.has(link.address) && link.state !== 'detached');
  // Bucardo's purge, which takes two track rows of one target for two targets, ends when the daemon is started anew.
  const ownDaemonPurges = ({ link, control, daemon }: LinkView): boolean =>
    daemon !== null &&
    daemon.activeSyncs.includes(link.sync) &&
    control?.settings['bucardo_vac'] === '1' &&
    views.filter((one) => one.link.instance === link.instance).every(stays);
  for (const view of views) {
    const own = codes.get(view.link.address);
    const above = view.upstream.find((link) => blocked.has(link.address));
    const adopted = view.upstream.find((link) => views.some((one) => one.adopting && one.link.address === link.address));
    const word = suspended.get(view.link.address) ?? running.get(view.link.address);
    // Its source begins to receive: that has to be prepared there.
    const deaf = begins(view) ? views.find((one) => one.link.from === view.link.to && stays(one) && wouldMiss(one)) : undefined;
    const purger = begins(view) ? views.find((one) => one.link.from === view.link.from && ownDaemonPurges(one)) : undefined;
    if (word !== undefined) blocked.set(view.link.address, word);
    else if (own !== undefined) blocked.set(view.link.address, `preflight: ${own.join(', ')}`);
    else if (adopted !== undefined && !view.adopting && !receiptOf(view))
      blocked.set(view.link.address, `waits for ${adopted.id}, which is adopted first`);
    else if (above !== undefined && !receiptOf(view) && !view.adopting)
      blocked.set(view.link.address, `waits for ${above.id}, which is ${suspended.has(above.address) ? 'suspended' : 'blocked'}`);
    else if (deaf !== undefined)
      blocked.set(view.link.address, `waits for ${deaf.link.id}, which would miss what it brings: nothing may be done to it now`);
    else if (purger !== undefined)
      blocked.set(
        view.link.address,
        `waits for ${purger.link.id}, whose daemon takes ${view.link.from} to have one target and would purge what this one has not received`,
      );
  }
  return blocked;
}

/** Whether a link that has its copy needs what enters its source from now on; one that was detached owes a copy of all. */
function wouldMiss(view: LinkView): boolean {
  return view.passesOn && receiptOf(view) && view.ledger?.recopy?.cause !== 'detached';
}

/** Whether nothing of it runs yet: where it waits, nobody misses what ran before. */
function begins(view: LinkView): boolean {
  return !receiptOf(view) && !view.adopting && (view.ledger?.request?.askedAt ?? null) === null;
}
