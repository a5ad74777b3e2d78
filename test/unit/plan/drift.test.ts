import { describe, expect, test } from 'vitest';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { definitionHash } from '../../../src/plan/view/definition.ts';
import { withFormer } from '../../../src/plan/view/remembered/former.ts';
import { DRIFTS } from './drift-cases.ts';
import { DATABASES, controlOf, converged, settled, shown } from './drifted.ts';
import { topologyOf } from './world/world-build.ts';
import { look } from './world/world-observe.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { declare, ledgerSeen } from './world/world.ts';

describe('drift', () => {
  test.each(DRIFTS)('$name: shown apart, and put back', ({ inject, address, code, suspect }) => {
    const world = converged();
    inject(world);
    for (const table of world.databases['a']?.facts.tables ?? []) world.tampered.add(table.address);
    const plan = planFor(world, []);
    expect(shown(plan)).toEqual([`${address} ${code} heal`]);
    expect(plan.verdict).toBe('drift');
    expect(plan.changes[0]?.fields.every((field) => field.path !== '' && field.before !== field.after)).toBe(true);
    const healed = new Set(plan.steps.map((step) => step.id));
    expect(plan.changes.every((change) => healed.has(change.drift?.step ?? ''))).toBe(true);
    expect(plan.steps.some((step) => step.kind === 'suspect')).toBe(suspect === true);
    expect(settled(world)).toEqual({ fault: null, verdict: 'in_sync', changes: [], suspects: suspect === true ? [code] : [] });
  });

  test.each(DRIFTS.filter((one) => one.suspect !== true))('$name: with `drift: warn` it is left alone', ({ inject, address, code }) => {
    const world = converged('drift: warn\n');
    inject(world);
    const plan = planFor(world, []);
    expect({ verdict: plan.verdict, changes: shown(plan), steps: plan.steps }).toEqual({
      verdict: 'drift',
      changes: [`${address} ${code} warn`],
      steps: [],
    });
  });

  test.each(DRIFTS.filter((one) => one.suspect === true))(
    '$name: with `drift: warn` it is put back, as it loses data',
    ({ inject, address, code }) => {
      const world = converged('drift: warn\n');
      inject(world);
      for (const table of world.databases['a']?.facts.tables ?? []) world.tampered.add(table.address);
      expect(shown(planFor(world, []))).toEqual([`${address} ${code} heal`]);
      expect(settled(world)).toEqual({ fault: null, verdict: 'in_sync', changes: [], suspects: [code] });
    },
  );

  test('of a link that waits for the approval of its removal is drift as well, and left alone with `drift: warn`', () => {
    const world = converged('drift: warn\n');
    const both = world.topology.links.find((link) => link.id === 'b-c');
    if (both === undefined) throw new Error('no b-c');
    const applied = definitionHash(world.topology, both);
    declare(world, topologyOf(`topology: orders\n${DATABASES}\nlinks: []\nremoved: []\ndrift: warn\n`));
    const known = withFormer(world.topology, ledgerSeen(world));
    const former = known.links.find((link) => link.id === 'b-c');
    expect(former?.former).toBe(true);
    expect(former === undefined ? null : definitionHash(known, former)).toBe(applied);
    controlOf(world, 'orders_b_c').syncs[0]!.checktimeSeconds = 77;
    const plan = planFor(world, []);
    expect(plan.changes.filter((change) => change.drift !== undefined).map((change) => [change.address, change.drift?.treatment])).toEqual([
      ['orders/b-c', 'warn'],
    ]);
    expect(settled(world).fault).toBeNull();
    expect(controlOf(world, 'orders_b_c').syncs[0]?.checktimeSeconds).toBe(77);
  });

  test('is not a password that was rotated: with `drift: warn` it is put in its place too, as it is declared', () => {
    const world = converged('drift: warn\n');
    const connection = world.connections['b'];
    if (connection === undefined) throw new Error('no connection');
    world.connections['b'] = { ...connection, passwordHash: 'of-another' };
    const plan = planFor(world, []);
    expect(plan.verdict).toBe('changes');
    expect(plan.steps.filter((step) => step.kind === 'register').flatMap((step) => step.before)).toEqual([
      'connection of b: another password',
      'connection of b: another password',
    ]);
    expect(JSON.stringify(plan)).not.toContain('of-another');
    expect(settled(world)).toEqual({ fault: null, verdict: 'in_sync', changes: [], suspects: [] });
  });

  test('that is left alone does not hold what else is declared', () => {
    const world = converged('drift: warn\n');
    for (const sync of controlOf(world, 'orders_a_b').syncs) sync.checktimeSeconds = 60;
    declare(world, {
      ...world.declared,
      links: world.declared.links.map((link) => (link.id === 'b-c' ? { ...link, kickIntervalSeconds: 5 } : link)),
    });
    expect(shown(planFor(world, []))).toEqual(['orders/a-b MetadataChanged warn', 'orders/b-c declared otherwise than it was applied']);
    expect(reconcile(world, { choose: () => 0, approvals: [] }).fault).toBeNull();
    expect(shown(planFor(world, []))).toEqual(['orders/a-b MetadataChanged warn']);
    expect(controlOf(world, 'orders_b_c').syncs[0]?.checktimeSeconds).toBe(5);
    expect(controlOf(world, 'orders_a_b').syncs[0]?.checktimeSeconds).toBe(60);
  });

  test('of a sync that is left inactive does not hide that its link lost something', () => {
    const world = converged('drift: warn\n');
    for (const sync of controlOf(world, 'orders_b_c').syncs) sync.status = 'inactive';
    for (const goat of controlOf(world, 'orders_a_b').goats) goat.makedelta = null;
    world.memory.set('drift', 1);
    const plan = planFor(world, []);
    expect(shown(plan)).toEqual(['orders/a-b MakedeltaOff heal', 'orders/b-c SyncInactive warn']);
    expect(plan.steps.filter((step) => step.address === 'orders/b-c').map((step) => step.kind)).toEqual(['suspect']);
  });

  test('that was put back more than three times within an hour is left alone, whatever the policy is', () => {
    const world = converged();
    const [link] = world.topology.links;
    if (link === undefined) throw new Error('no link');
    for (const sync of controlOf(world, 'orders_a_b').syncs) sync.checktimeSeconds = 60;
    const treated = (heals: number, minutes: number, definition = definitionHash(world.topology, link)): string[] => {
      const { observation, ledger } = look(world);
      const now = 10 * 3_600_000;
      const heal = { fact: 'row kick interval', definition, at: now - minutes * 60_000 };
      const plan = makePlan(
        world.topology,
        { ...observation, now },
        { ...ledger, heals: { [link.address]: Array.from({ length: heals }, () => heal) } },
        world.config,
        { approvals: [] },
      );
      return [plan.verdict, ...plan.changes.map((change) => change.drift?.treatment ?? ''), ...plan.diagnostics.map((one) => one.code)];
    };
    expect(treated(3, 5)).toEqual(['drift', 'heal']);
    expect(treated(4, 5)).toEqual(['blocked', 'contended', 'Contended']);
    expect(treated(4, 61)).toEqual(['drift', 'heal']);
    expect(treated(4, 5, 'another definition')).toEqual(['drift', 'heal']);
  });
});
