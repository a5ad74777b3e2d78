import { plural } from '../../../lib/format.ts';
import { GLOBAL_TABLES } from '../../../bucardo/objects.ts';
import type { Observation } from '../../../observe/model.ts';
import { factKey } from '../../drift/fact.ts';
import type { Carried } from '../../view/carried.ts';
import type { LinkView } from '../../view/link-view.ts';
import { hasOtherKey } from '../../view/wanted.ts';
import { type Draft, PHASE, draft } from '../draft.ts';
import { stepId } from '../step-ids.ts';

/** Measured on small machines, given as a rough figure. */
const SECONDS_PER_TABLE = 0.012;

/** Helper tables, functions and the rows that name the link, on its source: no lock on any table of the user's. */
export function helpersStep(view: LinkView, observation: Observation, carried: Carried): Draft[] {
  const { link, source } = view;
  const there = source?.bucardo ?? null;
  const global = !view.left.has(factKey.functions) && lacksGlobals(view, observation, carried);
  // Those made for another key are made anew by a step of their own.
  const tables = carried.tables.filter((one) => one.helpers.length > 0 && !hasOtherKey(one.table));
  if (!global && tables.length === 0) return [];
  return [
    draft({
      id: stepId.helpers(view),
      kind: 'helpers',
      symbol: '+',
      address: link.address,
      what:
        tables.length === 0 ? `Bucardo's functions on ${link.from}` : `delta, track and stage tables of ${plural(tables.length, 'table')}`,
      reason: there === null ? `no schema bucardo on ${link.from}` : 'missing or other than declared',
      on: [link.from],
      after: [stepId.ledger, stepId.suspect(view)],
      work: { kind: 'helpers', link: link.address, database: link.from, global, tables: tables.map((one) => one.work) },
      phase: PHASE.helpers,
      // Downstream first: B's objects stand before A's changes can reach B with makedelta (rule 1).
      depth: -view.depth,
      objects: tables.length,
      estimateSeconds: Math.ceil(tables.length * SECONDS_PER_TABLE),
    }),
  ];
}

/** Whether functions or tables of Bucardo that belong to no user table are missing on the source, or are not those that are installed. */
export function lacksGlobals({ link, source }: LinkView, observation: Observation, carried: Carried): boolean {
  const there = source?.bucardo ?? null;
  return (
    there === null ||
    there.globalTables.length < GLOBAL_TABLES.length ||
    there.recorderMd5 !== carried.recorderMd5 ||
    Object.entries(observation.hub.bucardo.functions).some(([name, md5]) => there.functions[name] !== md5) ||
    !there.kickFunctions.includes(link.sync)
  );
}
