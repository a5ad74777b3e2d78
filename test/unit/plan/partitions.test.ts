import { describe, expect, test } from 'vitest';
import { conditionsOf } from '../../../src/plan/status/conditions.ts';
import { statusOf } from '../../../src/plan/status/status.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { planExitCodes } from '../../../src/report/exit-code.ts';
import { addTable, orders, topologyOf, worldOf } from './world/world-build.ts';
import { look } from './world/world-observe.ts';
import { planFor, reconcile } from './world/world-run.ts';
import { declare, instanceOf, type World } from './world/world.ts';

/** `a -> b -> c` of the partitions of `public.p` that `tables` names. */
const named = (tables: string, more: readonly string[] = []): string => orders(['a -> b', 'b -> c'], [`tables: ${tables}`, ...more]);
const FIRST = '{include: ["public.p1"]}';
const LINE = '- "public.p2" (or - "public.p")';

/** A chain that replicates p1; p2 stands beside it on every database where `second` says so. */
function worldWith(second: boolean, text = named(FIRST)): World {
  const world = worldOf({ topology: text, tables: ['p', 'p1', ...(second ? ['p2'] : [])].map((name) => ({ name, key: ['id'] })) });
  asPartitions(world);
  return world;
}

function asPartitions(world: World): void {
  for (const table of Object.values(world.databases).flatMap(({ facts }) => facts.tables))
    if (table.name === 'p') table.kind = 'partitioned';
    else table.parent = 'public.p';
}

function run(world: World): void {
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  expect(world.violations).toEqual([]);
}

function partitionAppears(text = named(FIRST)): World {
  const world = worldWith(false, text);
  run(world);
  expect(planFor(world).verdict).toBe('in_sync');
  addTable(world, 'p2');
  asPartitions(world);
  return world;
}

const drifted = (plan: Plan): readonly string[] =>
  plan.changes.map(
    ({ address, drift, reason, fields }) =>
      `${address} ${drift?.treatment} ${reason.split(':')[0]} ${fields.map(({ path, after }) => `${path}: ${after}`).join(', ')}`,
  );
const warned = (plan: Plan): readonly string[] =>
  plan.diagnostics.filter((one) => one.code === 'NewPartition').flatMap((one) => [one.address, ...one.objects]);

describe('a new partition that no pattern names', () => {
  test('is drift with the line to add, on each link, and no step', () => {
    const plan = planFor(partitionAppears());
    expect(drifted(plan)).toEqual(['a-b', 'b-c'].map((id) => `orders/${id} warn NewPartition public.p2: ${LINE}`));
    expect(plan).toMatchObject({ verdict: 'drift', steps: [], counts: { drift: 2 } });
    expect(planExitCodes([plan])).toEqual({ plain: 0, detailed: 2 });
    // It is said once.
    expect(warned(plan)).toEqual([]);
  });

  test('is no reason not to be Ready: all that is declared stands', () => {
    const world = partitionAppears();
    const { observation, ledger } = look(world);
    const plan = planFor(world);
    const { topology } = world;
    const status = statusOf(topology, observation, ledger, plan, { backlog: {}, copies: {}, unpurged: {} });
    expect(status.verdict).toBe('ready');
    expect(status.links.map((link) => link.state)).toEqual(['drifted', 'drifted']);
    expect(status.links[0]?.notes).toContain(`drift: partitions on a that no pattern names: ${LINE}`);
    const backlog = Object.fromEntries(topology.links.map(({ address }) => [address, { rows: 0, tables: 0, lagSeconds: 0 }]));
    const measured = statusOf(topology, observation, ledger, plan, { backlog, copies: {}, unpurged: {} });
    const conditions = conditionsOf({
      topology,
      seen: { observation, plan, status: measured },
      missedLooks: 0,
      revision: 'abc',
      problems: [],
      retries: [],
      run: 'none',
      previous: [],
      now: 1_800_000_000_000,
    });
    const unready = conditions.filter(({ type, status: is }) => type === 'Ready' && is !== 'True');
    expect(unready).toEqual([]);
    expect(conditions.find(({ type }) => type === 'InSync')).toMatchObject({ status: 'False', reason: 'DriftDetected' });
  });

  test('is nothing more once it is named or excluded', () => {
    for (const tables of ['{include: ["public.p1", "public.p2"]}', '{include: ["public.p"]}']) {
      const world = partitionAppears();
      declare(world, topologyOf(named(tables)));
      expect(planFor(world).steps.map(({ kind }) => kind)).toContain('copy_tables');
      run(world);
      expect(planFor(world).verdict).toBe('in_sync');
    }
    const world = partitionAppears();
    declare(world, topologyOf(named('{include: ["public.p1"], exclude: ["public.p2"]}')));
    run(world);
    expect(planFor(world)).toMatchObject({ verdict: 'in_sync', changes: [] });
  });

  test('beside drift that is put back leaves that to its step', () => {
    const world = partitionAppears();
    const { control } = instanceOf(world, 'orders_a_b');
    if (control === null) throw new Error('it stands');
    control.pruning = false;
    expect(planFor(world)).toMatchObject({ verdict: 'drift', counts: { drift: 3 } });
    run(world);
    expect(drifted(planFor(world))).toHaveLength(2);
  });

  test('is a warning before the link was applied as it is declared', () => {
    const plan = planFor(worldWith(true));
    expect(plan.counts.drift).toBe(0);
    expect(warned(plan)).toEqual(['a-b', 'b-c'].flatMap((id) => [`orders/${id}`, `public.p2: ${LINE}`]));
  });

  test('of a link that is on its way out is not to be added', () => {
    const world = partitionAppears();
    world.declared = { ...world.declared, links: world.declared.links.filter(({ id }) => id === 'a-b') };
    const plan = planFor(world, []);
    expect(drifted(plan).filter((one) => one.includes('NewPartition'))).toEqual([]);
    expect(warned(plan)).toEqual(['orders/a-b', `public.p2: ${LINE}`]);
  });
});
