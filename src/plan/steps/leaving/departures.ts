import { deltaNamesTable, DELTA_TRIGGER, kickName, targetName, truncateName } from '../../../bucardo/names.ts';
import { plural } from '../../../lib/format.ts';
import type { ControlGoat } from '../../../observe/control-model.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import type { LinkView } from '../../view/link-view.ts';
import type { Planned } from '../planned.ts';
import { endedElsewhere } from '../preparing/move-steps.ts';
import { runId, stepId } from '../step-ids.ts';

/**
 * Tables and sequences that no longer match a link: they leave its relgroup, and when no daemon reads or writes what stands for them any
 * more, that is dropped, upstream makedelta first (rule 11). Their rows stay where they are on every database.
 * A table that matches and does not fit is another matter: preflight says it each time.
 * `beside`: the other links that leave the same database; what one of them carries, or is about to, stays. `gone`: links above that leave or are detached,
 * and write deltas until they have come to their end. `written`: tables that a link above goes on writing down, for which all stays.
 */
export function departureSteps(
  view: LinkView,
  above: readonly Planned[],
  beside: readonly Planned[],
  gone: readonly LinkView[],
  written: ReadonlySet<string>,
): Draft[] {
  const { link, selected, source, control } = view;
  if (selected === null || source === null) return [];
  const matching = new Set([...selected.tables, ...selected.sequences].map((one) => one.address));
  const members = new Set(control?.herds[link.relgroup]);
  // One that was set aside stands in no relgroup, and its row goes with it.
  const known = new Set([...(view.ledger?.receipt?.copied ?? []), ...(view.ledger?.receipt?.skipped ?? [])]);
  const belongs = (goat: ControlGoat): boolean => members.has(goat.id) || known.has(goat.address);
  const rows = (control?.goats ?? []).filter((goat) => goat.db === link.aliases.from);
  const registered = new Set(rows.map((goat) => goat.address));
  // A run that was cut off may have taken the row, and left the receipt: a table that comes back would not be copied.
  const halfGone = control === null || view.leaves.length > 0 ? [] : [...known].filter((one) => !registered.has(one) && !matching.has(one));
  const leaving = [...rows.filter((goat) => belongs(goat) && !matching.has(goat.address)).map((goat) => goat.address), ...halfGone];
  const named = new Set(source.bucardo?.deltaNames);
  const left = source.tables.filter(
    (table) => !matching.has(table.address) && !written.has(table.address) && standsFor(view, table, named),
  );
  if (leaving.length === 0 && left.length === 0) return [];
  const hits = [...new Set([...leaving, ...left.map((table) => table.address)])].toSorted();
  const common = {
    address: link.address,
    depth: -view.depth,
    symbol: '-',
    destructive: true,
    hits,
    reason: '`tables` and `sequences` no longer match them',
  } as const;
  const steps: Draft[] = [];
  if (leaving.length > 0) {
    steps.push(
      draft({
        ...common,
        id: stepId.leave(view),
        kind: 'leave',
        what: `${plural(leaving.length, 'member')} leave relgroup ${link.relgroup}: ${link.to} follows them no longer`,
        on: ['hub'],
        work: { kind: 'leave', link: link.address, instance: link.instance, addresses: leaving },
        phase: PHASE.membership,
        after: [stepId.register(view), stepId.makedelta(view)],
        hazards: ['LOSES_RESUME'],
        objects: leaving.length,
        before: leaving.map((address) => `${address} is replicated`),
        afterFacts: leaving.map((address) => `${address} is not`),
      }),
    );
  }
  if (left.length === 0) return steps;
  const own = new Set([truncateName(link.sync), kickName(link.sync)]);
  const shared = new Set(beside.flatMap((one) => one.carried.tables.map(({ table }) => table.address)));
  const unused = left.filter(
    (table) => !shared.has(table.address) && (table.bucardo?.targets ?? []).every((target) => target === targetName(link.dbgroup)),
  );
  const triggers = left
    .map((table) => ({
      address: table.address,
      triggers: (table.bucardo?.triggers ?? [])
        .map((one) => one.name)
        .filter((name) => own.has(name) || (name === DELTA_TRIGGER && unused.includes(table))),
    }))
    .filter((table) => table.triggers.length > 0);
  const quiet = [
    stepId.leave(view),
    runId.stop(link.instance, 0),
    runId.start(link.instance, 0),
    ...[view, ...gone, ...above.map((upper) => upper.view)].flatMap(endedElsewhere),
    ...gone.flatMap((upper) => [runId.deactivate(upper), runId.stop(upper.link.instance, 0), runId.start(upper.link.instance, 0)]),
    ...above.flatMap((upper) => [
      stepId.makedelta(upper.view),
      stepId.makedeltaOff(upper.view),
      runId.stop(upper.view.link.instance, 0),
      runId.start(upper.view.link.instance, 0),
      runId.run(upper.view.link.id),
    ]),
  ];
  if (triggers.length > 0) {
    const count = triggers.reduce((sum, one) => sum + one.triggers.length, 0);
    steps.push(
      draft({
        ...common,
        id: stepId.triggersGone(view),
        kind: 'drop_triggers',
        what: `drop ${plural(count, 'trigger')} of ${link.id} on ${plural(triggers.length, 'table')} of ${link.from}`,
        on: [link.from],
        work: { kind: 'drop_triggers', link: link.address, database: link.from, tables: triggers },
        phase: PHASE.run + 2000,
        after: quiet,
        lock: { mode: 'ACCESS EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
        hazards: ['LOCKS_WRITERS', 'LOCKS_READERS'],
        objects: triggers.length,
        estimateSeconds: Math.ceil(count * 0.01),
      }),
    );
  }
  steps.push(
    draft({
      ...common,
      id: stepId.helpersGone(view),
      kind: 'drop_helpers',
      what: `drop the delta, track and stage tables of ${plural(unused.length, 'table')} on ${link.from}`,
      on: [link.from],
      work: {
        kind: 'drop_helpers',
        link: link.address,
        database: link.from,
        makers: unused.map((table) => table.bucardo?.maker ?? ''),
        schema: false,
        only: left.map((table) => ({ oid: table.oid, schema: table.schema, table: table.name, maker: table.bucardo?.maker ?? '' })),
      },
      phase: PHASE.run + 2001,
      after: [...quiet, stepId.triggersGone(view)],
      objects: unused.length,
      estimateSeconds: 1,
    }),
  );
  return steps;
}

/** Whether anything on the source stands for this table and this link. */
export function standsFor(view: LinkView, table: ObservedTable, deltaNames: ReadonlySet<string>): boolean {
  const { sync, dbgroup } = view.link;
  const { bucardo } = table;
  if (bucardo === null) return false;
  return (
    deltaNames.has(`${sync}|${deltaNamesTable(table.schema, table.name)}`) ||
    bucardo.targets.includes(targetName(dbgroup)) ||
    bucardo.triggers.some((one) => one.name === truncateName(sync) || one.name === kickName(sync))
  );
}
