import { plural } from '../../../lib/format.ts';
import { kickName } from '../../../bucardo/names.ts';
import { GLOBAL_TABLES, RECORDER } from '../../../bucardo/objects.ts';
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
  const global = !view.left.has(factKey.functions) && lackingGlobals(view, observation, carried).length > 0;
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

/**
 * Functions and tables in schema `bucardo` that belong to no user table, and are missing on the source or not those that are installed; the
 * schema itself where it is missing.
 */
export function lackingGlobals({ link, source }: LinkView, observation: Observation, carried: Carried): readonly string[] {
  const there = source?.bucardo ?? null;
  if (there === null) return ['schema bucardo'];
  const functions = Object.entries(observation.hub.bucardo.functions).filter(([name, md5]) => there.functions[name] !== md5);
  return [
    ...GLOBAL_TABLES.filter((name) => !there.globalTables.includes(name)),
    ...functions.map(([name]) => name),
    ...(there.recorderMd5 === carried.recorderMd5 ? [] : [`${RECORDER}()`]),
    ...(there.kickFunctions.includes(link.sync) ? [] : [`${kickName(link.sync)}()`]),
  ];
}
