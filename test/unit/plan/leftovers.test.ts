import { describe, expect, test } from 'vitest';
import { controlOf, converged, settled, shown, tableOf, trigger } from './drifted.ts';
import { planFor } from './world/world-run.ts';
import type { World } from './world/world.ts';

describe('what links that are no more left behind', () => {
  /** A row of another target on the first table of A. */
  function withTarget(target: string, mark: string | null = 'goatherd: made and kept by goatherd'): World {
    const world = converged();
    const bucardo = world.databases['a']?.facts.bucardo;
    if (bucardo) bucardo.mark = mark;
    tableOf(world, 'a').bucardo?.targets.push(target);
    return world;
  }
  const said = (world: World): string[] => {
    const plan = planFor(world, []);
    return [...shown(plan), ...plan.steps.map((step) => step.kind), ...plan.diagnostics.map((one) => one.code)];
  };

  test('is swept where it bears the name of a link of this topology that nobody knows', () => {
    const world = withTarget('dbgroup orders_a_z');
    expect(said(world)).toEqual(['orders/a Leftover heal', 'sweep']);
    expect(settled(world)).toEqual({ fault: null, verdict: 'in_sync', changes: [], suspects: [] });
  });

  test('is left alone where a control database of the hub was made for that link', () => {
    const world = withTarget('dbgroup orders_a_z');
    world.hub.databases['bucardo_orders_a_z'] = 'goatherd: topology orders, instance orders_a_z, links a-z';
    expect(said(world).filter((one) => /Leftover|sweep|UnknownTarget/.test(one))).toEqual([]);
  });

  test('is named and left alone where it bears another name, though it be like ours', () => {
    // Bucardo's own purge is not safe with several targets, whoever they are.
    const purges = [
      'orders/a-b its tables, or what else is declared, are other ones now',
      'settings',
      'stop_daemon',
      'start_daemon',
      'arrival',
    ];
    expect(said(withTarget('dbgroup elsewhere'))).toEqual([...purges, 'UnknownTarget']);
    expect(said(withTarget('dbgroup orders_eu_a_b'))).toEqual([...purges, 'UnknownTarget']);
    // That link leaves b: nobody ever takes what a keeps for it.
    expect(said(withTarget('dbgroup orders_b_c'))).toEqual([...purges, 'UnknownTarget']);
  });

  test('is none where the database has another name that a link of it leaves, as after a renaming that the file does not say', () => {
    const world = withTarget('dbgroup orders_b_c');
    const [one, other] = [world.databases['a'], world.databases['b']];
    if (one === undefined || other === undefined) throw new Error('no such databases');
    other.facts = one.facts;
    expect(said(world)).toContain('SameDatabase');
    expect(said(world)).not.toContain('UnknownTarget');
  });

  test('is not to be deleted while a sync of other hands stands on its tables', () => {
    const hintOf = (world: World): string | null | undefined =>
      planFor(world, []).diagnostics.find((one) => one.code === 'UnknownTarget')?.hint;
    const gone = withTarget('dbgroup elsewhere');
    expect(hintOf(gone)).toContain('DELETE FROM');
    const triggers = withTarget('dbgroup elsewhere');
    const standing = trigger(triggers, 'a', 'bucardo_note_trunc_orders_a_b').triggers;
    standing.push({ ...standing[0]!, name: 'bucardo_note_trunc_theirs' });
    expect(hintOf(triggers)).toBe('leave them while theirs of other hands lives: what such a sync has not fetched is kept for it');
    const noted = withTarget('dbgroup elsewhere');
    const { schema, name } = tableOf(noted, 'a');
    noted.databases['a']?.facts.bucardo?.deltaNames.push(`theirs|${schema}.${name}`);
    expect(hintOf(noted)).not.toContain('DELETE');
  });

  test('is no stranger where a sync of other hands in the same control database feeds it', () => {
    const world = withTarget('dbgroup elsewhere');
    const control = controlOf(world, 'orders_a_b');
    control.syncs.push({ ...control.syncs[0]!, name: 'theirs', herd: 'theirs', dbs: 'elsewhere' });
    expect(said(world)).not.toContain('UnknownTarget');
  });

  test('is not looked at in a schema that other hands made', () => {
    expect(
      said(withTarget('dbgroup orders_a_z', null)).filter((one) => one !== 'ForeignBucardo' && /Leftover|sweep|UnknownTarget/.test(one)),
    ).toEqual([]);
  });
});
