import { expect } from 'vitest';
import type { ObservedDatabase } from '../../../src/observe/model.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { worldOf } from './world/world-build.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { type Mutable, type World, instanceOf } from './world/world.ts';

/** Its databases, as a file declares them. */
export const DATABASES = `databases:
  a: {host: pg-a.internal, dbname: orders, password: {env: PASSWORD_OF_A}}
  b: {host: pg-b.internal, dbname: orders, password: {env: PASSWORD_OF_B}}
  c: {host: pg-c.internal, dbname: orders, password: {env: PASSWORD_OF_C}}`;
const CHAIN = `topology: orders\n${DATABASES}\nlinks: [a -> b, b -> c]\n`;

/** A chain that is applied and converged. */
export function converged(more = ''): World {
  const world = worldOf({ topology: CHAIN + more });
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  expect(planFor(world, []).verdict).toBe('in_sync');
  return world;
}

/** What stands in a database, to be changed. */
export type Facts = Mutable<ObservedDatabase>;

/** A table of the database on which something of Bucardo stands. */
export function tableOf(world: World, name: string, index = 0): Facts['tables'][number] {
  const table = world.databases[name]?.facts.tables.filter((one) => one.bucardo !== null)[index];
  if (table === undefined) throw new Error(`no replicated table on ${name}`);
  return table;
}

/** What the control database of an instance holds, to be changed. */
export function controlOf(world: World, instance: string): NonNullable<ReturnType<typeof instanceOf>['control']> {
  const { control } = instanceOf(world, instance);
  if (control === null) throw new Error(`no control database of ${instance}`);
  return control;
}

/** Changes of a plan: where, why, and how drift is treated. */
export const shown = (plan: Plan): string[] =>
  plan.changes.map((change) => `${change.address} ${change.reason.split(':')[0]} ${change.drift?.treatment ?? ''}`.trim());

/** How a run ends, and what the plan after it says. */
export function settled(world: World): { fault: string | null; verdict: string; changes: string[]; suspects: string[] } {
  const { fault } = reconcile(world, { choose: () => 0, approvals: [] });
  const plan = planFor(world, []);
  const suspects = Object.values(world.ledger.links).flatMap((link) => link.suspects.map((one) => one.code));
  return { fault, verdict: plan.verdict, changes: shown(plan), suspects: [...new Set(suspects)] };
}

/** What stands on the first replicated table of a database, a trigger of this name among it. */
export const trigger = (world: World, name: string, of: string): Facts['tables'][number]['bucardo'] & object => {
  const { bucardo } = tableOf(world, name);
  if (bucardo === null) throw new Error('nothing stands there');
  expect(bucardo.triggers.map((one) => one.name)).toContain(of);
  return bucardo;
};
