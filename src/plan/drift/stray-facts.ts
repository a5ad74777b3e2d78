import type { Topology } from '../../topology/model.ts';
import { stepId } from '../steps/step-ids.ts';
import type { Diagnostic } from '../model.ts';
import type { DriftFact } from './fact.ts';
import type { Strays } from './strays.ts';

/** Leftovers as facts of their database. */
export function strayFacts(topology: Topology, strays: Strays): readonly DriftFact[] {
  const { database, syncs, triggers, makers } = strays;
  const fact = (key: string, object: string, step: string): DriftFact => ({
    key,
    address: `${topology.name}/${database}`,
    code: 'Leftover',
    of: `what links that are no more left on ${database}`,
    object,
    before: 'present',
    after: 'absent',
    loses: false,
    step,
  });
  return [
    ...triggers.flatMap((table) =>
      table.triggers.map((name) => fact(`stray ${table.address} ${name}`, `${table.address} ${name}`, stepId.strayTriggers(database))),
    ),
    ...syncs.map((sync) => fact(`stray ${sync}`, `rows and functions of ${sync}`, stepId.sweep(database))),
    ...makers.map((maker) => fact(`stray ${maker}`, `delta_${maker}`, stepId.sweep(database))),
  ];
}

/**
 * Targets of other hands, each time: nothing that they never got is ever purged. Where syncs of theirs stand on the tables, they may be live:
 * without its row, what such a sync has yet to fetch would be purged from under it.
 */
export function strayWarnings(topology: Topology, all: readonly Strays[]): readonly Diagnostic[] {
  return all
    .filter((strays) => strays.unknown.length > 0)
    .map((strays) => ({
      severity: 'warning',
      code: 'UnknownTarget',
      address: `${topology.name}/${strays.database}`,
      message: 'bucardo_delta_targets names targets that no link from here has: delta tables are never purged of what these have not got',
      objects: strays.unknown,
      hint:
        strays.strangers.length > 0
          ? `leave them while ${strays.strangers.join(', ')} of other hands ${strays.strangers.length === 1 ? 'lives' : 'live'}: what such a sync has not fetched is kept for it`
          : `if no sync of any control database takes changes from here for that dbgroup any more, ${forgetting(strays.unknown)}`,
      at: null,
    }));
}

/**
 * SQL that ends targets for good. What is noted as delivered to them goes with them: Bucardo's purge counts such rows, whoever they are for, and
 * would take a change that only these got for one that every target has.
 */
function forgetting(targets: readonly string[]): string {
  const gone = `ARRAY[${targets.map((target) => `'${target.replaceAll("'", "''")}'`).join(', ')}]`;
  return [
    'DO $$ DECLARE track text; BEGIN',
    "FOR track IN SELECT DISTINCT trackname FROM bucardo.bucardo_delta_names WHERE to_regclass('bucardo.' || trackname) IS NOT NULL",
    `LOOP EXECUTE format('DELETE FROM bucardo.%s WHERE target = ANY (%L)', track, ${gone}); END LOOP;`,
    `DELETE FROM bucardo.bucardo_delta_targets WHERE target = ANY (${gone}); END $$`,
  ].join(' ');
}
