import { kickName } from '../../../bucardo/names.ts';
import { plural } from '../../../lib/format.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { factKey } from '../../drift/fact.ts';
import type { Carried } from '../../view/carried.ts';
import type { LinkView } from '../../view/link-view.ts';
import { type Draft, draft, PHASE } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/** Seconds a table takes, measured on small machines. */
const SECONDS_PER_TABLE = 0.012;

/** Triggers, one table at a time (rule 10). */
export function triggersStep(view: LinkView, carried: Carried): Draft[] {
  const { link } = view;
  const tables = carried.tables.filter((one) => one.triggers.length > 0);
  if (tables.length === 0) return [];
  const count = tables.reduce((sum, one) => sum + one.triggers.length, 0);
  return [
    draft({
      id: stepId.triggers(view),
      kind: 'triggers',
      symbol: '+',
      address: link.address,
      what: `${plural(count, 'trigger')} on ${plural(tables.length, 'table')} of ${link.from}`,
      reason: 'not present, or other than declared',
      on: [link.from],
      after: [stepId.helpers(view), stepId.suspect(view)],
      work: {
        kind: 'triggers',
        link: link.address,
        database: link.from,
        kick: !link.disableKicking,
        tables: tables.map((one) => ({ ...one.work, missing: one.triggers })),
      },
      phase: PHASE.triggers,
      depth: -view.depth,
      lock: { mode: 'SHARE ROW EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
      hazards: ['LOCKS_WRITERS'],
      objects: tables.length,
      estimateSeconds: Math.ceil(tables.length * SECONDS_PER_TABLE),
    }),
  ];
}

/** Kick triggers of a link that polls now go one table at a time, before Bucardo is told. */
export function dropKickStep(view: LinkView): Draft[] {
  const { link } = view;
  const name = kickName(link.sync);
  const tables = kickBackTables(view).filter((table) => !view.left.has(factKey.kickBack(table.address)));
  if (tables.length === 0) return [];
  return [
    draft({
      id: stepId.dropKick(view),
      kind: 'drop_triggers',
      symbol: '-',
      address: link.address,
      what: `drop the kick triggers of ${plural(tables.length, 'table')} of ${link.from}`,
      reason: '`disable_kicking`: the daemon polls',
      on: [link.from],
      after: [stepId.ledger],
      work: {
        kind: 'drop_triggers',
        link: link.address,
        database: link.from,
        tables: tables.map((table) => ({ address: table.address, triggers: [name] })),
      },
      phase: PHASE.register,
      depth: -view.depth,
      lock: { mode: 'ACCESS EXCLUSIVE', timeoutMs: link.locks.timeoutMs, budgetMs: link.locks.budgetMs },
      hazards: ['LOCKS_WRITERS', 'LOCKS_READERS'],
      objects: tables.length,
      estimateSeconds: Math.ceil(tables.length * SECONDS_PER_TABLE),
    }),
  ];
}

/** Tables with a kick trigger of a link that polls. */
export function kickBackTables({ link, source }: LinkView): readonly ObservedTable[] {
  if (!link.disableKicking) return [];
  const name = kickName(link.sync);
  return (source?.tables ?? []).filter((table) => table.bucardo?.triggers.some((trigger) => trigger.name === name) === true);
}
