import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scenario, sequence, type Scenario } from './world/arbitrary-world.ts';
import { documentText, planDocument } from '../../../src/report/document/document.ts';
import { planMarkdown } from '../../../src/report/plan-markdown/plan-markdown.ts';
import { planText } from '../../../src/report/plan-text/plan-text.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { heldLinks, shapeOf, unmet } from './world/expectations.ts';
import { foreignOf, plantForeign, strangersIn } from './world/foreign.ts';
import { otherOrder, shuffled } from './shuffle.ts';
import { look } from './world/world-observe.ts';
import { SECRET, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile, reconcileWithCrash, type RunOptions } from './world/world-run.ts';
import { tick } from './world/world-daemon.ts';
import { insert, truncate } from './world/world-users.ts';
import { Crash, dataOf, declare, type World } from './world/world.ts';

const meta = { tool: { name: 'goatherd', version: '0.1.0' } };

/** The same runs each time, and with GOATHERD_TEST_ALL=1 twenty times as many others. */
const runs = (few: number): fc.Parameters<unknown> =>
  process.env['GOATHERD_TEST_ALL'] === '1' ? { numRuns: few * 20 } : { numRuns: few, seed: 20_261_123 };

/** Users write where nothing enters, and now and then empty a table. */
function busyUsers(seed: number): (world: World) => void {
  const next = sequence(seed + 7);
  return (world) => {
    const roots = world.topology.links.filter((link) => world.topology.links.every((one) => one.to !== link.from));
    const root = roots[next(roots.length)];
    const tables = root === undefined ? [] : (world.databases[root.from]?.facts.tables ?? []).filter((one) => one.schema === 'public');
    const table = tables[next(Math.max(1, tables.length))];
    if (root === undefined || table === undefined || starves(world)) return;
    const chance = next(12);
    if (chance < 4) insert(world, root.from, table.address, `w${dataOf(world, root.from, table.address).deltas.length}-${world.now}`);
    if (chance === 11) truncate(world, root.from, table.address);
  };
}

/** Where a database does not pass on what it receives, a receipt below it can only be compared while nobody writes above. */
function starves(world: World): boolean {
  const { links, databases } = world.topology;
  return links.some((link) => links.some((one) => one.from === link.to) && databases.some((one) => one.name === link.to && !one.cascade));
}

function options(given: Scenario): RunOptions {
  return { choose: sequence(given.seed), approvals: 'all', users: busyUsers(given.seed) };
}

describe('any topology in any world', { timeout: 300_000 }, () => {
  test('converges, in an order that no rule forbids, without losing a row', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const world = worldOf(given.spec);
        const { fault } = reconcile(world, options(given));
        expect({ fault, violations: world.violations }).toEqual({ fault: null, violations: [] });
        const plan = planFor(world, 'all');
        const held = heldLinks(world);
        expect(unmet(world)).toEqual([]);
        expect(plan.verdict).toBe(held.size === 0 ? 'in_sync' : 'blocked');
        expect(held.size === 0 ? plan.steps : []).toEqual([]);
      }),
      runs(150),
    );
  });

  test('converges after it was killed at any statement, with no second copy', () => {
    fc.assert(
      fc.property(scenario, fc.nat(120), fc.nat(6), (given, crashAt, seconds) => {
        const world = worldOf(given.spec);
        const { fault } = reconcileWithCrash(world, crashAt, seconds, options(given));
        expect({ fault, violations: world.violations }).toEqual({ fault: null, violations: [] });
        expect(unmet(world)).toEqual([]);
      }),
      runs(150),
    );
  });

  test('converges from any earlier topology of the same databases, killed or not', () => {
    fc.assert(
      fc.property(scenario, fc.option(fc.nat(80)), fc.nat(6), (given, crashAt, seconds) => {
        const world = worldOf(given.spec);
        declare(world, topologyOf(given.before));
        expect(reconcile(world, options(given)).fault).toBeNull();
        for (let second = 0; second < 3; second += 1) tick(world);
        declare(world, topologyOf(given.spec.topology));
        const at = crashAt === null ? null : world.statements + crashAt;
        const { fault } = at === null ? reconcile(world, options(given)) : reconcileWithCrash(world, at, seconds, options(given));
        expect({ fault, violations: world.violations }).toEqual({ fault: null, violations: [] });
        expect(unmet(world)).toEqual([]);
        expect(heldLinks(world).size === 0 ? planFor(world, 'all').steps : []).toEqual([]);
      }),
      runs(100),
    );
  });

  test('ends in the same world, killed or not, whichever way the steps were carried out', () => {
    fc.assert(
      fc.property(scenario, fc.nat(120), fc.nat(6), (given, crashAt, seconds) => {
        const [smooth, killed] = [worldOf(given.spec), worldOf(given.spec)];
        reconcile(smooth, { choose: () => 0, approvals: 'all' });
        reconcileWithCrash(killed, crashAt, seconds, { choose: sequence(given.seed), approvals: 'all' });
        expect(shapeOf(killed)).toEqual(shapeOf(smooth));
      }),
      runs(150),
    );
  });

  test('gives the same bytes whatever the order in which things were seen, and holds no secret', () => {
    fc.assert(
      fc.property(scenario, fc.nat(100), (given, stopAt) => {
        const world = worldOf(given.spec);
        world.crashAt = stopAt;
        try {
          reconcile(world, options(given));
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
        }
        const { observation, ledger } = look(world);
        const plan = makePlan(world.topology, observation, ledger, world.config, { approvals: [] });
        const other = makePlan(
          { ...world.topology, databases: world.topology.databases.toReversed(), links: otherOrder(world.topology.links) },
          shuffled(observation, sequence(given.seed)),
          ledger,
          world.config,
          { approvals: [] },
        );
        expect(other).toEqual(plan);
        expect(JSON.stringify(other)).toBe(JSON.stringify(plan));
        const outputs = [documentText(planDocument([plan], meta)), planText([plan], meta, { verbose: true }), planMarkdown([plan], meta)];
        for (const text of [JSON.stringify(plan), ...outputs]) {
          expect(text).not.toContain(SECRET);
          expect(text).not.toContain(observation.connections['a']?.passwordHash);
        }
      }),
      runs(150),
    );
  });

  test('touches nothing of other hands, and nothing but what the plan names', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const world = worldOf(given.spec);
        const foreign = plantForeign(world);
        reconcile(world, {
          ...options(given),
          onPlan: (plan) => expect(plan.steps.flatMap((step) => strangersIn(world, step))).toEqual([]),
        });
        expect(foreignOf(world)).toEqual(foreign);
      }),
      runs(100),
    );
  });
});
