import { plural } from '../../../lib/format.ts';
import { copyEnded, copyPlan, mustAskForCopy, receiptOf } from '../../view/copies/copy.ts';
import { factKey } from '../../drift/fact.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { alwaysSteps } from './always-steps.ts';
import { copiesAgain, needsActivation, type Planned, preparation } from '../planned.ts';
import { runId, stepId } from '../step-ids.ts';

/** Copies run at about this rate through Bucardo, measured (REPLICATION 2b). */
const COPY_BYTES_PER_SECOND = 60 * 1024 * 1024;
const WARN_COPY_SECONDS = 2 * 3600;

/**
 * The steps of one running link from prepared to copied (rules 1, 6, 8). `start`: id of the step that brings its daemon up;
 * `before`: ids of what comes before the link is activated: gates that a run of each upstream link passes after its makedelta took
 * effect, and the start of its daemon that comes before; `withheld`: steps that are not carried out now.
 */
export function copySteps(planned: Planned, start: string, before: readonly string[], withheld: ReadonlySet<string>): Draft[] {
  const { view, carried } = planned;
  const { link, sync } = view;
  const steps: Draft[] = [];
  const phase = PHASE.run + view.depth * 10;
  const common = { address: link.address, depth: view.depth } as const;
  // What joins the link above is copied without changes, too: this link's first copy takes it along.
  const upstreamDone = view.upstream.flatMap((one) => [
    runId.copy(one.id),
    runId.receipt(one.id),
    stepId.copyAgain(one.id),
    ...(receiptOf(view) ? [] : [`${one.id}/copy-tables`]),
  ]);
  const receipt = receiptOf(view);
  const copy = copyPlan(view, carried);

  steps.push(...alwaysSteps(planned, phase + 1));
  const needsCopy = !receipt && link.copyData !== 'never';
  const mustAsk = mustAskForCopy(view);
  if (mustAsk && link.copyData === 'always' && (view.ledger?.request?.emptiedAt ?? null) === null) {
    steps.push(
      draft({
        ...common,
        id: runId.empty(view),
        kind: 'empty_tables',
        symbol: '-',
        what: `empty ${plural(copy.emptied.length, 'table')} of ${link.to} that hold rows`,
        reason: '`copy_data: always`',
        on: [link.to],
        // The link stands still from before the emptying: a daemon that runs it by mistake is down first (rule 6).
        after: [
          ...preparation(planned),
          ...upstreamDone,
          ...before,
          stepId.ledger,
          runId.stop(link.instance, 0),
          runId.start(link.instance, 0),
        ],
        work: { kind: 'empty_tables', link: link.address, database: link.to, tables: carried.tables.map((one) => one.table.address) },
        phase: phase + 2,
        lock: { mode: 'ACCESS EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
        hazards: ['EMPTIES_TABLES', 'LOCKS_READERS'],
        destructive: copy.emptied.length > 0,
        objects: copy.emptied.length,
        before: copy.emptied.map((address) => `${address} holds rows on ${link.to}`),
        estimateSeconds: 1,
      }),
    );
  }
  if (mustAsk && view.upstream.length > 0) {
    steps.push(
      draft({
        ...common,
        id: runId.truncates(view),
        kind: 'truncate_records',
        symbol: '~',
        what: `mark truncate records of ${link.id} on ${link.from} as done`,
        reason: `one left behind would empty ${link.to} after its copy`,
        on: [link.from],
        after: [...preparation(planned), ...upstreamDone, ...before, runId.always(view), runId.empty(view)],
        work: { kind: 'truncate_records', link: link.address, database: link.from },
        phase: phase + 3,
      }),
    );
  }
  if (needsActivation(planned)) {
    steps.push(
      draft({
        ...common,
        id: runId.activate(view),
        kind: 'activate',
        symbol: '~',
        what: mustAsk
          ? `activate sync ${link.sync}, ask for its copy of ${plural(copy.tables.length, 'table')}`
          : `activate sync ${link.sync}`,
        reason: mustAsk
          ? `no receipt of a copy (copy_data: ${link.copyData})`
          : copiesAgain(planned)
            ? 'its tables are copied'
            : 'declared running',
        on: ['hub'],
        after: [
          stepId.ledger,
          // A link that has its copy goes on with what it carries, whatever else waits for an approval.
          ...preparation(planned).filter((id) => !receipt || !withheld.has(id)),
          ...upstreamDone,
          ...before,
          runId.always(view),
          runId.empty(view),
          runId.truncates(view),
          stepId.recopy(view),
          stepId.copyAgain(link.id),
        ],
        work: {
          kind: 'activate',
          link: link.address,
          instance: link.instance,
          copy: mustAsk,
          tables: copy.tables,
          skipped: copy.skipped,
          mode: link.copyData,
        },
        phase: phase + 4,
        objects: mustAsk ? copy.tables.length : 1,
        before: [`status ${sync?.status ?? 'none'}, onetimecopy ${sync?.onetimecopy ?? 0}`],
        afterFacts: [`status active, onetimecopy ${mustAsk ? 2 : 0}`],
      }),
    );
  }
  if (receipt) return steps;
  if (needsCopy && !copyEnded(view)) {
    steps.push(
      draft({
        ...common,
        id: runId.copy(link.id),
        kind: 'wait_copy',
        symbol: '|',
        what: `WAIT copy of ${link.id} complete`,
        reason: `${plural(copy.tables.length, 'table')} from ${link.from} to ${link.to}`,
        on: [link.from, link.to],
        after: [runId.activate(view), start],
        work: { kind: 'wait_copy', link: link.address, instance: link.instance, tables: copy.tables },
        phase: phase + 7,
        lock: { mode: 'ACCESS SHARE' },
        objects: copy.tables.length,
        estimateSeconds: 4 + Math.ceil(copy.bytes / COPY_BYTES_PER_SECOND),
        gate: { condition: 'CopyComplete', warnAfterSeconds: WARN_COPY_SECONDS },
      }),
    );
  }
  steps.push(
    draft({
      ...common,
      id: runId.receipt(link.id),
      kind: 'receipt',
      symbol: '=',
      what: needsCopy
        ? `compare ${plural(copy.tables.length, 'table')} of ${link.from} and ${link.to}, write the receipt`
        : `write the receipt: nothing was to be copied`,
      reason: needsCopy ? 'a flag that is down proves no copy' : `copy_data: ${link.copyData}`,
      on: [link.from, link.to],
      after: [runId.activate(view), start, runId.copy(link.id)],
      work: { kind: 'receipt', link: link.address, instance: link.instance, copied: copy.tables, skipped: copy.skipped },
      phase: phase + 8,
      lock: { mode: 'ACCESS SHARE' },
      objects: copy.tables.length,
      estimateSeconds: 1 + Math.ceil(copy.bytes / (COPY_BYTES_PER_SECOND * 10)),
    }),
  );
  return steps;
}

/** A link that shall be stopped, or stand still: its sync is made inactive, and its daemon no longer runs it. */
export function deactivateSteps({ view, recopy }: Planned): Draft[] {
  const { link, sync } = view;
  if (sync === null || sync.status !== 'active' || view.left.has(factKey.status)) return [];
  return [
    draft({
      id: runId.deactivate(view),
      kind: 'deactivate',
      symbol: '~',
      address: link.address,
      depth: view.depth,
      what: `deactivate sync ${link.sync}`,
      reason:
        recopy?.acts === true ? 'it stands still until its tables are copied again' : 'declared stopped: its triggers go on recording',
      on: ['hub'],
      after: [stepId.recopy(view)],
      work: { kind: 'deactivate', link: link.address, instance: link.instance },
      phase: PHASE.run,
      hazards: ['PAUSES_LINK'],
      before: ['status active'],
      afterFacts: ['status inactive'],
    }),
  ];
}
