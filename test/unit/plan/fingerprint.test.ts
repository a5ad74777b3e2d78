import { describe, expect, test } from 'vitest';
import type { Observation, ObservedDatabase } from '../../../src/observe/model.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { stepsBeyond } from '../../../src/plan/exactly.ts';
import { orders, worldOf } from './world/world-build.ts';
import { look, type Look } from './world/world-observe.ts';
import { reconcile } from './world/world-run.ts';
import { tick } from './world/world-daemon.ts';
import type { World } from './world/world.ts';

const CHAIN = orders(['a -> b', 'b -> c']);

function converged(): World {
  const world = worldOf({ topology: CHAIN });
  expect(reconcile(world, { choose: () => 0, approvals: [] }).fault).toBe(null);
  return world;
}

function drifted(): World {
  const world = converged();
  const table = world.databases['a']?.facts.tables.find((one) => one.address === 'public.invoice');
  if (table?.bucardo === null || table === undefined) throw new Error('the world has no invoice');
  table.bucardo.triggers = table.bucardo.triggers.filter((one) => one.name !== 'bucardo_delta');
  return world;
}

function plan(world: World, { observation, ledger }: Look): Plan {
  return makePlan(world.topology, observation, ledger, world.config, { approvals: [] });
}

/** The same facts a while later: other sizes, pids, transactions, and daemons that began and ran at other times. */
function later(observation: Observation): Observation {
  const shift = 7_654_321;
  return {
    ...observation,
    databases: Object.fromEntries(
      Object.entries(observation.databases).map(([name, database]) => [name, database.reachable ? busier(database) : database]),
    ),
    instances: Object.fromEntries(
      Object.entries(observation.instances).map(([name, { control, daemon, ...rest }]) => [
        name,
        {
          ...rest,
          control:
            control === null
              ? null
              : {
                  ...control,
                  changedAt: control.changedAt === 0 ? 0 : control.changedAt + shift,
                  runs: Object.fromEntries(
                    Object.entries(control.runs).map(([sync, { running, lastGood, lastBad }]) => [
                      sync,
                      {
                        lastBad,
                        running: running === null ? null : { ...running, startedAt: running.startedAt + shift },
                        lastGood:
                          lastGood === null ? null : { startedAt: lastGood.startedAt + shift, endedAt: lastGood.endedAt + shift + 9 },
                      },
                    ]),
                  ),
                },
          daemon: {
            ...daemon,
            masterPid: daemon.masterPid === null ? null : daemon.masterPid + 1,
            startedAt: daemon.startedAt === null ? null : daemon.startedAt + shift,
            sessions: daemon.sessions.map((one) => ({ ...one, pid: one.pid + 1, startedAt: one.startedAt + shift })),
          },
        },
      ]),
    ),
  };
}

function busier(database: ObservedDatabase): ObservedDatabase {
  return {
    ...database,
    longTransactions: [{ pid: 4711, seconds: 90, application: 'report', state: 'active' }],
    tables: database.tables.map((table) => ({ ...table, bytes: table.bytes + 8192 * 1000 })),
  };
}

describe('the fingerprint of a plan', () => {
  const worlds = { 'nothing made': () => worldOf({ topology: CHAIN }), converged, drifted } as const;

  test.each(Object.entries(worlds))('%s: does not move with backlog, sizes, pids, lag and times', (_, make) => {
    const world = make();
    const seen = look(world);
    expect(plan(world, { ...seen, observation: later(seen.observation) }).fingerprint).toBe(plan(world, seen).fingerprint);
    const before = plan(world, look(world)).fingerprint;
    for (let second = 0; second < 5; second += 1) tick(world);
    expect(plan(world, look(world)).fingerprint).toBe(before);
  });

  test('moves with a trigger, a declaration, and a suspension', () => {
    const world = converged();
    const seen = look(world);
    const first = plan(world, seen);
    const fingerprints = [
      first,
      plan(drifted(), look(drifted())),
      makePlan(
        worldOf({ topology: orders(['{from: a, to: b, kick_interval: 5s}', 'b -> c']) }).topology,
        seen.observation,
        seen.ledger,
        world.config,
        { approvals: [] },
      ),
      plan(world, { ...seen, ledger: suspended(seen, 'orders/a-b') }),
    ].map((one) => one.fingerprint);
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
  });
});

function suspended({ ledger }: Look, address: string): Look['ledger'] {
  return { ...ledger, suspensions: { [address]: { by: 'eve', reason: 'index on b', since: Date.UTC(2026, 10, 23) } } };
}

describe('a suspended link', () => {
  test('is observed and not touched, and counts as blocked; what stands below it goes on', () => {
    const world = converged();
    const seen = look(world);
    const { observation } = seen;
    const sync = observation.instances['orders_a_b']?.control?.syncs[0];
    if (sync !== undefined) Object.assign(sync, { status: 'inactive' });
    Object.assign(observation.instances['orders_a_b']?.daemon ?? {}, { masterPid: null, startedAt: null, sessions: [], activeSyncs: [] });
    const stopped = plan(world, { observation, ledger: suspended(seen, 'orders/a-b') });
    expect(stopped).toMatchObject({ verdict: 'blocked', steps: [], changes: [], links: [{ state: 'blocked' }, { state: 'converged' }] });
    expect(stopped.diagnostics[0]).toMatchObject({
      code: 'Suspended',
      message: 'suspended by eve since 2026-11-23 00:00:00Z: index on b; its triggers go on recording',
      hint: 'goatherd start orders/a-b',
    });
    expect(plan(world, { observation, ledger: seen.ledger }).steps.map((step) => step.id)).toContain('a-b/activate');
  });

  test('holds what is below it before its first copy', () => {
    const world = worldOf({ topology: orders(['a -> b']) });
    reconcile(world, { choose: () => 0, approvals: [] });
    const below = worldOf({ topology: CHAIN });
    const seen = look(world);
    const { observation } = look(below);
    const both = { ...observation, instances: { ...observation.instances, ...seen.observation.instances } };
    const held = plan(below, { observation: both, ledger: suspended(seen, 'orders/a-b') });
    const waiting = held.steps.filter((step) => step.address === 'orders/b-c');
    expect(waiting.length).toBeGreaterThan(0);
    expect(new Set(waiting.map((step) => step.blocked))).toEqual(new Set(['waits for a-b, which is suspended']));
  });
});

describe('carrying out exactly', () => {
  test('knows steps that the saved plan does not hold', () => {
    const fresh = worldOf({ topology: CHAIN });
    const saved = plan(fresh, look(fresh));
    const world = drifted();
    const drift = plan(world, look(world)).steps;
    // The triggers are in it; that changes may have been lost is news.
    expect(stepsBeyond(saved, drift).map((step) => step.id)).toEqual(['a-b/suspect']);
    const none = plan(converged(), look(converged()));
    expect(stepsBeyond(none, drift).map((step) => step.id)).toContain('a-b/triggers');
  });
});
