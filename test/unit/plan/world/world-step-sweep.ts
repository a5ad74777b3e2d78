/** Sweeps what removed links left on a database (src/act/steps/leaving/sweep.ts). */
import { targetName } from '../../../../src/bucardo/names.ts';
import type { Work } from '../../../../src/plan/work-model.ts';
import { statement, type World } from './world.ts';
import type { Outcome } from './world-steps.ts';

export function sweepStep(world: World, work: Extract<Work, { kind: 'sweep' }>): Outcome {
  statement(world);
  const facts = world.databases[work.database]?.facts;
  const targets = work.syncs.map(targetName);
  for (const { bucardo } of facts?.tables ?? [])
    if (bucardo !== null) bucardo.targets = bucardo.targets.filter((target) => !targets.includes(target));
  if (facts?.bucardo) {
    facts.bucardo.deltaNames = facts.bucardo.deltaNames.filter((row) => !work.syncs.includes(row.split('|')[0] ?? ''));
    facts.bucardo.kickFunctions = facts.bucardo.kickFunctions.filter((sync) => !work.syncs.includes(sync));
    if (facts.bucardo.orphanMakers) facts.bucardo.orphanMakers = facts.bucardo.orphanMakers.filter((maker) => !work.makers.includes(maker));
  }
  for (const table of facts?.tables ?? []) if (work.makers.includes(table.bucardo?.maker ?? '')) table.bucardo = null;
  return 'done';
}
