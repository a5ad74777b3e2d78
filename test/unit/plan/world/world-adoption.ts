/** What other hands made of Bucardo, and the step that adopts it (src/act/steps/adoption.ts). */
import { SCHEMA_MARK } from '../../../../src/bucardo/names.ts';
import { EMPTY_LEDGER } from '../../../../src/ledger/model.ts';
import type { Work } from '../../../../src/plan/work-model.ts';
import { definitionHash } from '../../../../src/plan/view/definition.ts';
import { markControl } from './world-marks.ts';
import { databaseOf, statement, type World } from './world.ts';
import { definitionWritten, linkRow } from './world-step-control.ts';
import { type Known, linkAt, type Outcome } from './world-steps.ts';

/**
 * Makes of everything that goatherd built what the `bucardo` command would have built under the same names: no marks, no ledger, deltas
 * with Bucardo's own times, nothing that prunes, no shapes. Gives the names of its control databases.
 */
export function disown(world: World): readonly string[] {
  world.ledger = structuredClone(EMPTY_LEDGER) as typeof world.ledger;
  for (const { facts } of Object.values(world.databases)) {
    if (facts.bucardo === null) continue;
    facts.bucardo.mark = null;
    for (const { bucardo } of facts.tables) {
      if (bucardo === null) continue;
      if (bucardo.deltaDefault !== null) bucardo.deltaDefault = 'now()';
      bucardo.indexes = bucardo.indexes.filter((one) => one !== 'goat');
    }
  }
  const named = Object.entries(world.instances).map(([name, instance]) => [`bucardo_${name}`, instance] as const);
  world.instances = Object.fromEntries(named);
  for (const [name, { control }] of named) {
    if (control === null) continue;
    world.hub.databases[name] = null;
    Object.assign(control, { mark: null, pruning: false });
    for (const goat of control.goats) goat.shape = null;
  }
  return named.map(([name]) => name);
}

export function adoptStep(world: World, work: Extract<Work, { kind: 'adopt' }>, known: Known): Outcome {
  if (work.names === null) return 'failed';
  const link = { ...linkAt(world, work.link), ...work.names };
  statement(world);
  markControl(world, link.instance);
  statement(world);
  const { bucardo } = databaseOf(world, link.from).facts;
  if (bucardo !== null) bucardo.mark = SCHEMA_MARK;
  statement(world);
  const receipt = { mode: 'unknown' as const, generation: link.copyGeneration, copied: [], skipped: [], rows: 0, endedAt: 0 };
  world.ledger.links[link.address] = {
    ...linkRow(world, known, link),
    receipt,
    appliedDefinition: definitionHash(world.topology, link),
    definition: definitionWritten(world.topology, link),
  };
  return 'done';
}
