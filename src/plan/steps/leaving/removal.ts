import { DELTA_TRIGGER, kickName, targetName, truncateName } from '../../../bucardo/names.ts';
import { plural } from '../../../lib/format.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import type { LinkView } from '../../view/link-view.ts';
import { canDrain } from '../../view/runs-first.ts';
import { type Planned, wantsRunning } from '../planned.ts';
import { endedElsewhere } from '../preparing/move-steps.ts';
import { successorReady } from './successors.ts';
import { runId, stepId } from '../step-ids.ts';

const removalId = {
  drained: (view: LinkView): string => `${view.link.id}/wait-drained`,
  control: (view: LinkView): string => `${view.link.id}/drop-control`,
  forget: (view: LinkView): string => `${view.link.id}/forget`,
} as const;

const WARN_DRAIN_SECONDS = 600;

/** The other links when one goes. */
interface Beside {
  readonly staying: readonly Planned[];
  readonly held: readonly Planned[];
  readonly leaving: readonly LinkView[];
}

/**
 * Removal is as complete as creation, in the order of rule 11: drained, deactivated and stopped; makedelta off above, read and run; then
 * triggers, helper objects and rows, the schema where nothing else uses it, the control database, and the ledger's row. What is gone
 * already plans nothing, so that a removal that was cut off goes on where it stood.
 * `staying`: links that remain; `held`: those to which nothing may be done now; `leaving`: all whose objects go, this one among them; `drain`: whether to wait until it is drained, where that
 * can be: a daemon runs it. A link
 * that is declared detached keeps what stands on the hub.
 */
export function removalSteps(view: LinkView, { staying, held, leaving }: Beside, drain: boolean): readonly Draft[] {
  const { link, source, control, sync } = view;
  const detaches = isDetached(view);
  const since = view.ledger?.since === undefined ? [] : [view.ledger.since];
  const hits = detaches ? ['detached', ...since] : since;
  const phase = PHASE.run + 2000;
  const steps: Draft[] = [];
  const siblings = leaving.filter((one) => one.link.from === link.from);
  const common = {
    address: link.address,
    depth: -view.depth,
    reason: detaches ? 'declared detached' : 'its file no longer names it',
  } as const;
  const active = sync?.status === 'active';
  const successor = detaches ? [] : successorReady(view, staying, leaving);
  if (drain && canDrain(view)) {
    steps.push(
      draft({
        ...common,
        id: removalId.drained(view),
        kind: 'wait_drained',
        symbol: '|',
        phase: PHASE.ledger,
        on: [link.from, link.to],
        what: `WAIT ${link.id} drained`,
        // Its source may be on its way out, too: what reaches that one until its own end goes on to this target.
        after: [
          ...[view, ...leaving.filter((one) => one.link.from === link.to)].map(stepId.helpers),
          ...leaving.filter((one) => one.link.to === link.from).map(runId.deactivate),
          ...successor,
        ],
        work: { kind: 'wait_drained', link: link.address, instance: link.instance },
        reason: `every change that stands on ${link.from} now reaches ${link.to} first`,
        gate: { condition: 'Drained', warnAfterSeconds: WARN_DRAIN_SECONDS },
        estimateSeconds: 3,
      }),
    );
  }
  if (active) {
    steps.push(
      draft({
        ...common,
        id: runId.deactivate(view),
        kind: 'deactivate',
        symbol: '-',
        phase: PHASE.ledger,
        on: ['hub'],
        what: `deactivate sync ${link.sync}: ${link.to} follows ${link.from} no longer`,
        work: { kind: 'deactivate', link: link.address, instance: link.instance },
        after: [removalId.drained(view), stepId.recopy(view), ...successor],
        hazards: ['PAUSES_LINK', 'LOSES_RESUME'],
        destructive: true,
        hits,
        objects: 1,
        before: ['status active'],
        afterFacts: ['status inactive'],
      }),
    );
  }
  // Nothing of the link may be read or written by a daemon when its objects go: its own, and that of the link above, which writes deltas.
  const stopped = [stepId.recopy(view), runId.deactivate(view), runId.stop(link.instance, 0), runId.start(link.instance, 0)];
  const above = [...staying.map((one) => one.view), ...leaving].filter((one) => one.link.to === link.from);
  const quiet = [
    ...stopped,
    ...[view, ...above].flatMap(endedElsewhere),
    ...above.flatMap((upper) => [
      stepId.makedelta(upper),
      stepId.makedeltaOff(upper),
      runId.run(upper.link.id),
      runId.stop(upper.link.instance, 0),
      runId.start(upper.link.instance, 0),
      runId.deactivate(upper),
    ]),
  ];
  if (source !== null) {
    const leftovers = leftoversOf(view, [...staying, ...held], leaving);
    if (leftovers.triggers.length > 0) {
      const count = leftovers.triggers.reduce((sum, one) => sum + one.triggers.length, 0);
      steps.push(
        draft({
          ...common,
          id: stepId.triggersGone(view),
          kind: 'drop_triggers',
          symbol: '-',
          phase,
          on: [link.from],
          what: `drop ${plural(count, 'trigger')} of ${link.id} on ${plural(leftovers.triggers.length, 'table')} of ${link.from}`,
          work: { kind: 'drop_triggers', link: link.address, database: link.from, tables: leftovers.triggers },
          // The last one takes the delta triggers, too, which the others are drained by.
          after: [
            ...quiet,
            ...(siblings.at(-1) === view ? siblings : []).flatMap((one) => [runId.deactivate(one), runId.stop(one.link.instance, 0)]),
          ],
          destructive: true,
          hits,
          objects: leftovers.triggers.length,
          hazards: ['LOCKS_WRITERS', 'LOCKS_READERS'],
          lock: { mode: 'ACCESS EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
          estimateSeconds: Math.ceil(count * 0.01),
        }),
      );
    }
    if (leftovers.rows || leftovers.makers.length > 0 || leftovers.schema) {
      steps.push(
        draft({
          ...common,
          id: stepId.helpersGone(view),
          kind: 'drop_helpers',
          symbol: '-',
          phase: phase + 1,
          on: [link.from],
          what: `drop ${leftovers.schema ? 'schema bucardo with ' : ''}the delta, track and stage tables of ${plural(leftovers.makers.length, 'table')} on ${link.from}`,
          work: {
            kind: 'drop_helpers',
            link: link.address,
            database: link.from,
            makers: leftovers.makers,
            schema: leftovers.schema,
            only: null,
          },
          // The last one takes what they shared, so it comes last.
          after: [
            ...quiet,
            stepId.triggersGone(view),
            ...(siblings.at(-1) === view ? siblings.slice(0, -1) : []).flatMap((one) => [
              stepId.triggersGone(one),
              stepId.helpersGone(one),
            ]),
          ],
          destructive: true,
          hits,
          objects: leftovers.makers.length,
          estimateSeconds: 1,
        }),
      );
    }
  }
  if (detaches) return steps;
  if (control !== null && (sync !== null || !shared(view, staying, leaving))) {
    const whole = !shared(view, staying, leaving);
    steps.push(
      draft({
        ...common,
        id: removalId.control(view),
        kind: 'drop_control',
        symbol: '-',
        phase: phase + 2,
        on: ['hub'],
        what: whole
          ? `drop control database of ${link.instance}, its pid directory and log`
          : `remove ${link.sync} from the control database of ${link.instance}`,
        work: { kind: 'drop_control', link: link.address, instance: link.instance, whole },
        after: [
          ...stopped,
          stepId.triggersGone(view),
          stepId.helpersGone(view),
          ...(whole ? leaving.filter((one) => one !== view && one.link.instance === link.instance) : []).map(removalId.control),
          ...(whole ? staying.filter((one) => leaves(one.view, link.instance)) : []).map((one) =>
            runId.leftInstance(one.view.link.id, link.instance),
          ),
        ],
        destructive: true,
        hits,
        objects: 1,
        estimateSeconds: 1,
      }),
    );
  }
  if (view.ledger !== null) {
    steps.push(
      draft({
        ...common,
        id: removalId.forget(view),
        kind: 'forget',
        symbol: '-',
        phase: phase + 3,
        on: ['hub'],
        what: `forget ${link.id} in the ledger`,
        work: { kind: 'forget', link: link.address },
        after: [stepId.triggersGone(view), stepId.helpersGone(view), removalId.control(view), ...quiet],
      }),
    );
  }
  return steps;
}

/** Whether it is declared so, and still named by its file. */
function isDetached({ link }: LinkView): boolean {
  return link.state === 'detached' && link.former !== true;
}

const leaves = (view: LinkView, instance: string): boolean => view.leaves.some((left) => left.instance === instance);

/** Whether another link uses the instance: one that stays, or one of those that go whose removal comes later in order. */
function shared(view: LinkView, staying: readonly Planned[], leaving: readonly LinkView[]): boolean {
  if (staying.some((one) => one.view.link.instance === view.link.instance)) return true;
  // Links that move out of it in the same plan are gone before the last one goes.
  const moving = staying.filter(({ view: one }) => leaves(one, view.link.instance)).map(({ view: one }) => one);
  const ours = new Set([...leaving.filter((one) => one.link.instance === view.link.instance), ...moving].map((one) => one.link.sync));
  // Syncs that were not adopted are other hands' work still.
  if (view.control?.syncs.some((sync) => !ours.has(sync.name)) === true) return true;
  const others = leaving.filter((one) => one.link.instance === view.link.instance);
  if (others.some(isDetached)) return true;
  return others.at(-1) !== view;
}

interface Leftovers {
  readonly triggers: readonly { readonly address: string; readonly triggers: readonly string[] }[];
  readonly makers: readonly string[];
  readonly rows: boolean;
  readonly schema: boolean;
}

/** What stands on the source for this link and for no other. */
function leftoversOf(view: LinkView, staying: readonly Planned[], leaving: readonly LinkView[]): Leftovers {
  const { link, source } = view;
  const tables = source?.tables.filter((table) => table.bucardo !== null) ?? [];
  const going = new Set(leaving.filter((one) => one.link.from === link.from).map((one) => targetName(one.link.dbgroup)));
  // The last of several links that leave one source takes what they shared.
  const siblings = leaving.filter((one) => one.link.from === link.from);
  const last = siblings.at(-1) === view;
  const stays = new Set(
    staying.filter((one) => one.view.link.from === link.from).flatMap((one) => one.carried.tables.map((table) => table.table.address)),
  );
  const unused = (table: ObservedTable): boolean =>
    last && !stays.has(table.address) && (table.bucardo?.targets ?? []).every((target) => going.has(target));
  const own = new Set([truncateName(link.sync), kickName(link.sync)]);
  const triggers = tables
    .map((table) => ({
      address: table.address,
      triggers: (table.bucardo?.triggers ?? [])
        .map((one) => one.name)
        .filter((name) => own.has(name) || (name === DELTA_TRIGGER && unused(table))),
    }))
    .filter((table) => table.triggers.length > 0);
  const makers = tables
    .filter((table) => unused(table) && (table.bucardo?.deltaColumns !== null || table.bucardo.track || table.bucardo.stage))
    .map((table) => table.bucardo?.maker ?? '');
  const names = source?.bucardo?.deltaNames ?? [];
  const rows =
    names.some((name) => name.startsWith(`${link.sync}|`)) ||
    tables.some((table) => table.bucardo?.targets.includes(targetName(link.dbgroup))) ||
    (source?.bucardo?.kickFunctions.includes(link.sync) ?? false);
  const goingSyncs = leaving.filter((one) => one.link.from === link.from).map((one) => one.link.sync);
  const foreign = names.some((name) => !goingSyncs.includes(name.split('|')[0] ?? '')) || tables.some((table) => !unused(table));
  const schema =
    last && !siblings.some(isDetached) && source?.bucardo !== null && !foreign && !staying.some((one) => one.view.link.from === link.from);
  return { triggers, makers, rows, schema };
}

/** Links above whose makedelta has to end before a removed link's objects go: those that stay and run. */
export function runningAbove(view: LinkView, staying: readonly Planned[]): readonly Planned[] {
  return staying.filter((one) => one.view.link.to === view.link.from && wantsRunning(one.view));
}
