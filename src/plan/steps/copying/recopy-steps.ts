import { plural } from '../../../lib/format.ts';
import type { Recopy } from '../../view/copies/recopy.ts';
import type { LinkView } from '../../view/link-view.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { copiesAgain, type Planned, preparation } from '../planned.ts';
import { endedElsewhere } from '../preparing/move-steps.ts';
import { runId, stepId } from '../step-ids.ts';

/** Copies run at about this rate through one stream, measured. */
const COPY_BYTES_PER_SECOND = 40 * 1024 * 1024;

/**
 * That tables of a link are to be copied again goes into the ledger before anything is touched, on the links below before those above: a
 * crash in between leaves a link that copies too much, and never one that copies too little. A link that is declared stopped copies when
 * it runs again.
 */
export function recopyStep(planned: Planned, links: readonly Planned[]): Draft[] {
  const { view, recopy } = planned;
  if (recopy === null || recopy.noted) return [];
  const { link, ledger } = view;
  const before = ledger?.receipt?.generation ?? 1;
  return [
    draft({
      id: stepId.recopy(view),
      kind: 'recopy',
      symbol: '~',
      address: link.address,
      what:
        recopy.tables.length === 0
          ? recopy.generation === before
            ? `note that ${link.id} has nothing left to copy again`
            : `note generation ${recopy.generation} of ${link.id}: nothing is to be copied`
          : `note that ${plural(recopy.tables.length, 'table')} of ${link.id} ${recopy.tables.length === 1 ? 'is' : 'are'} copied again`,
      reason: reasonOf(view, recopy),
      on: ['hub'],
      // What was missed is known before it is promised.
      after: [stepId.ledger, stepId.suspect(view), ...below(planned, links).map((one) => stepId.recopy(one.view))],
      work: {
        kind: 'recopy',
        link: link.address,
        cause: recopy.cause,
        generation: recopy.generation,
        tables: recopy.tables,
        skipped: recopy.skipped,
      },
      phase: PHASE.ledger,
      depth: view.depth,
      objects: recopy.tables.length,
      before: recopy.generation === before ? [] : [`copy_generation ${before}`],
      afterFacts: recopy.generation === before ? [] : [`copy_generation ${recopy.generation}`],
    }),
  ];
}

/**
 * The copy itself, table by table, on a link that stands still, while all links below stand still, too: a run that began before could
 * write rows of before over those that were copied, and no delta would ever put that right (rule 7).
 */
export function copyAgainStep(planned: Planned, links: readonly Planned[], before: readonly string[]): Draft[] {
  const { view, carried, recopy } = planned;
  if (recopy === null || !copiesAgain(planned)) return [];
  const { link } = view;
  const { tables, emptied } = recopy;
  const bytes = carried.tables.filter((one) => tables.includes(one.table.address)).reduce((sum, one) => sum + one.table.bytes, 0);
  const still = [planned, ...allBelow(planned, links)];
  return [
    draft({
      id: stepId.copyAgain(link.id),
      kind: 'copy_tables',
      symbol: emptied.length > 0 ? '-' : '+',
      address: link.address,
      what: `copy ${plural(tables.length, 'table')} of ${link.id} again${emptied.length > 0 ? `, removing the rows of ${emptied.length} on ${link.to}` : ''}`,
      reason: reasonOf(view, recopy),
      on: [link.from, link.to],
      after: [
        ...preparation(planned),
        ...still.flatMap((one) => [
          stepId.recopy(one.view),
          runId.deactivate(one.view),
          runId.stop(one.view.link.instance, 0),
          runId.start(one.view.link.instance, 0),
          ...endedElsewhere(one.view),
        ]),
        ...view.upstream.flatMap((one) => [runId.copy(one.id), runId.receipt(one.id), stepId.copyAgain(one.id), `${one.id}/makedelta`]),
        ...before,
        runId.always(view),
      ],
      work: { kind: 'copy_tables', link: link.address, instance: link.instance, tables, emptied, skipped: [], again: true },
      phase: PHASE.run + view.depth * 10 + 3,
      depth: view.depth,
      lock: { mode: 'ACCESS SHARE' },
      hazards: emptied.length > 0 ? ['EMPTIES_TABLES'] : [],
      destructive: emptied.length > 0,
      hits: [`${recopy.cause} ${recopy.generation}`],
      objects: tables.length,
      before: emptied.map((address) => `${address} holds rows on ${link.to}`),
      estimateSeconds: 1 + Math.ceil(bytes / COPY_BYTES_PER_SECOND),
    }),
  ];
}

function reasonOf(view: LinkView, { cause, generation }: Recopy): string {
  switch (cause) {
    case 'generation':
      return `copy_generation is ${generation}, the last copy was ${view.ledger?.receipt?.generation ?? 1}`;
    case 'above':
      return `${view.upstream.map((one) => one.id).join(', ')} copies them again, which leaves no changes on ${view.link.from}`;
    case 'cascade':
      return `what came to ${view.link.from} while its cascade was off did not reach ${view.link.to}`;
    case 'detached':
      return `nothing is recorded for ${view.link.to} while it is detached: to come back means a copy`;
  }
}

/** Links directly below that copy again, or will when they run. */
function below(planned: Planned, links: readonly Planned[]): readonly Planned[] {
  return links.filter((one) => one.view.link.from === planned.view.link.to && one.recopy !== null);
}

function allBelow(planned: Planned, links: readonly Planned[]): readonly Planned[] {
  // A link that its file no longer names may close a circle with the others: each is named once.
  const found = new Set(below(planned, links));
  for (const one of found) for (const deeper of below(one, links)) if (deeper !== planned) found.add(deeper);
  return [...found];
}
