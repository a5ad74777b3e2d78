import { describe, expect, test } from 'vitest';
import { appliedLinks } from '../../../src/plan/applied.ts';
import { orders, topologyOf, worldOf } from './world/world-build.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { controlOf, declare, type World } from './world/world.ts';

const chain = (more: string): string => orders([`{from: a, to: b, drift: warn${more}}`, '{from: b, to: c, drift: warn}']);

function converged(): World {
  const world = worldOf({ topology: chain('') });
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  return world;
}

const applied = (world: World): readonly string[] => appliedLinks(world.topology, planFor(world)).map((link) => link.id);

describe('a link is applied', () => {
  test('when it stands as it is declared, running, stopped or detached', () => {
    for (const more of ['', ', state: stopped', ', state: detached']) {
      const world = converged();
      declare(world, topologyOf(chain(more)));
      expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
      expect(applied(world)).toEqual(['a-b', 'b-c']);
    }
  });

  test('not while something is planned for it, or stands against it', () => {
    const world = converged();
    declare(world, topologyOf(chain(', kick_interval: 5s')));
    expect(applied(world)).toEqual(['b-c']);
    declare(world, topologyOf(chain(', state: detached')));
    expect(applied(world)).toEqual(['b-c']);
    const { b } = world.databases;
    if (b !== undefined) b.reachable = false;
    declare(world, topologyOf(chain('')));
    expect(applied(world)).toEqual([]);
  });

  test('when nothing had to be done for what it declares: what differs later is drift, and `drift: warn` leaves it', () => {
    const world = converged();
    declare(world, topologyOf(chain(', copy_data: always')));
    expect(planFor(world).steps).toEqual([]);
    reconcile(world, { choose: () => 0, approvals: [] });
    const sync = controlOf(world, 'orders_a_b').syncs.find((one) => one.name === 'orders_a_b');
    if (sync !== undefined) sync.checktimeSeconds = 7;
    expect(planFor(world)).toMatchObject({ verdict: 'drift', steps: [], changes: [{ drift: { treatment: 'warn' } }] });
  });

  test('so that one that is detached and leaves the file stays detached until its removal is approved', () => {
    const world = converged();
    declare(world, topologyOf(chain(', state: detached')));
    expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
    declare(world, topologyOf(orders(['{from: b, to: c, drift: warn}'])));
    const { plan, fault } = reconcile(world, { choose: () => 0, approvals: [] });
    expect({ fault, verdict: plan.verdict }).toEqual({ fault: null, verdict: 'blocked' });
    expect(plan.steps.filter((step) => step.blocked === null)).toEqual([]);
    expect(world.databases['a']?.facts.tables.flatMap((table) => table.bucardo?.triggers ?? [])).toEqual([]);
    expect(plan.diagnostics).toContainEqual(expect.objectContaining({ code: 'Detached', address: 'orders/a-b' }));
  });
});
