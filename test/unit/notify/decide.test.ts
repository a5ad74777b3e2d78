import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atNewAddresses, decide, type Memory, type NotifyPolicy, nothingTold } from '../../../src/notify/decide.ts';
import { incidentsOf } from '../../../src/notify/incident.ts';
import type { Condition } from '../../../src/plan/status/condition-model.ts';
import { condition, drifted, snapshots, unapproved } from '../report/snapshots.ts';

const minute = 60_000;
const policy: NotifyPolicy = { severity: 'warning', holdMs: 5 * minute, repeatMs: 240 * minute };
const ready = (status: Condition['status'], reason: string, since = 0): Condition =>
  condition('orders/a-b', 'Ready', status, reason, '', since);
const down = ready('False', 'DaemonDown');
const up = ready('True', 'Ready');
const late = ready('False', 'LagHigh');

/** What is said at each moment (minutes), the memory going on; `fails` at these moments nothing can be brought. */
function said(moments: readonly (readonly [at: number, conditions: readonly Condition[]])[], of = policy, fails: readonly number[] = []) {
  let memory: Memory = nothingTold;
  return moments.flatMap(([at, conditions]) => {
    const decision = decide(memory, conditions, at * minute, of);
    memory = fails.includes(at) ? decision.unsent : decision.memory;
    return decision.send.map(({ kind, incident }) => `${at} ${kind} ${incident.key} ${incident.severity}`);
  });
}

describe('what is heard of', () => {
  test('a link by its first cause, not by everything that follows from it', () => {
    expect(incidentsOf(drifted.conditions).map(({ key, severity }) => `${key} ${severity}`)).toEqual(['mail/b-c Suspect warning']);
    const whole = [...drifted.conditions, condition('mail/a-b', 'Ready', 'False', 'CrashLooping')];
    expect(incidentsOf(whole).map(({ key }) => key)).toEqual(['mail/b-c Suspect', 'mail/a-b Ready']);
  });

  test('a missing approval once', () => {
    const all = [...unapproved.conditions, condition('billing/b-c', 'Ready', 'False', 'ApprovalMissing')];
    expect(incidentsOf(all).map(({ key, severity }) => `${key} ${severity}`)).toEqual(['billing Approved warning']);
  });

  test('a database that is away; not the links that cannot be seen for it', () => {
    const [topology] = snapshots['outage']!.topologies;
    const all = [...topology!.conditions, ready('Unknown', 'Unreachable')];
    expect(incidentsOf(all).map(({ key, severity }) => `${key} ${severity}`)).toEqual(['orders/c Reachable error']);
  });

  test.each(['Copying', 'WaitingForUpstreamCopy', 'NotStarted', 'StoppedByUser'])('waiting is no news: %s', (reason) => {
    expect(incidentsOf([ready('False', reason)])).toEqual([]);
  });

  test('a controller that stands by is none; one that lost the hub is', () => {
    expect(incidentsOf([condition('controller', 'LockHeld', 'False', 'HeldByOther')])).toEqual([]);
    expect(incidentsOf([condition('controller', 'LockHeld', 'Unknown', 'ControlDatabaseDown')])[0]?.severity).toBe('error');
  });
});

describe('when it is said', () => {
  test('after it has held, once, again when it stays, and that it is over when that has held', () => {
    expect(
      said([
        [0, [up]],
        [1, [down]],
        [5, [down]],
        [6, [down]],
        [7, [down]],
        [245, [down]],
        [246, [down]],
        [300, [up]],
        [304, [up]],
        [305, [up]],
        [306, [up]],
      ]),
    ).toEqual(['6 raised orders/a-b Ready error', '246 repeated orders/a-b Ready error', '305 resolved orders/a-b Ready error']);
  });

  test('what mends itself is not said, however often it comes', () => {
    const flapping = Array.from({ length: 60 }, (_, at) => [at, at % 4 === 3 ? [up] : [down]] as const);
    expect(said([[0, [up]], ...flapping.map(([at, all]) => [at + 1, all] as const)])).toEqual([]);
  });

  test('an end that does not last is no end', () => {
    expect(
      said([
        [0, [down]],
        [6, [down]],
        [7, [up]],
        [9, [down]],
        [13, [up]],
        [14, [down]],
        [30, [down]],
      ]),
    ).toEqual(['6 raised orders/a-b Ready error']);
  });

  test('what was bad before anybody looked has held since then', () => {
    expect(said([[60, [ready('False', 'DaemonDown', 10 * minute)]]])).toEqual(['60 raised orders/a-b Ready error']);
  });

  test('what turns from waiting to bad is new, though its condition was False all along', () => {
    const copying = ready('False', 'Copying');
    expect(
      said([
        [0, [copying]],
        [60, [copying]],
        [61, [down]],
        [65, [down]],
        [66, [down]],
      ]),
    ).toEqual(['66 raised orders/a-b Ready error']);
  });

  test('what gets worse is said at once, what gets better is not', () => {
    expect(
      said([
        [0, [late]],
        [5, [late]],
        [6, [down]],
        [7, [late]],
        [8, [down]],
      ]),
    ).toEqual(['5 raised orders/a-b Ready warning', '6 raised orders/a-b Ready error']);
  });

  test('who wants only what is grave hears only that, and its end', () => {
    expect(
      said(
        [
          [0, [late]],
          [10, [late]],
          [20, [down]],
          [30, [up]],
          [40, [up]],
        ],
        { ...policy, severity: 'error' },
      ),
    ).toEqual(['20 raised orders/a-b Ready error', '40 resolved orders/a-b Ready error']);
  });

  test('what is called otherwise now is no news: it is neither said again nor forgotten', () => {
    const before = decide(decide(nothingTold, [up], 0, policy).memory, [down], 1, policy).memory;
    const told = decide(before, [down], 10 * minute, policy);
    expect(told.send.map(({ kind }) => kind)).toEqual(['raised']);
    const renames = new Map([['orders/a-b', 'orders/a-hq']]);
    const renamed = (one: Condition): Condition => ({ ...one, address: 'orders/a-hq' });
    const after = decide(atNewAddresses(told.memory, renames), [renamed(down)], 11 * minute, policy);
    expect(after.send).toEqual([]);
    expect(Object.keys(after.memory.told)).toEqual(['orders/a-hq Ready']);
    const well = decide(decide(after.memory, [renamed(up)], 12 * minute, policy).memory, [renamed(up)], 20 * minute, policy);
    expect(well.send.map(({ kind, incident }) => `${kind} ${incident.key}`)).toEqual(['resolved orders/a-hq Ready']);
    // It has the new name already: nothing more happens.
    expect(atNewAddresses(after.memory, renames)).toEqual(after.memory);
    // Forgotten under the old name, said anew under the new one: what it would be otherwise.
    expect(decide(told.memory, [renamed(down)], 20 * minute, policy).send.map(({ kind }) => kind)).toEqual(['raised']);
  });

  test('what could not be brought is decided again', () => {
    expect(
      said(
        [
          [0, [down]],
          [5, [down]],
          [6, [down]],
          [7, [down]],
          [20, [up]],
          [25, [up]],
          [26, [up]],
          [27, [up]],
        ],
        policy,
        [5, 25],
      ),
    ).toEqual([
      '5 raised orders/a-b Ready error',
      '6 raised orders/a-b Ready error',
      '25 resolved orders/a-b Ready error',
      '26 resolved orders/a-b Ready error',
    ]);
  });

  test('a topology that is gone is forgotten', () => {
    expect(
      said([
        [0, [down]],
        [6, [down]],
        [7, []],
        [60, []],
        [61, [down]],
      ]),
    ).toEqual(['6 raised orders/a-b Ready error', '61 raised orders/a-b Ready error']);
  });
});

test('nothing ends that was not said, and between two of a kind there is always the other or the time', () => {
  const state = fc.constantFrom(up, down, late, ready('False', 'Copying'));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), state), { maxLength: 40 }), (history) => {
      let at = 0;
      const kinds = said(history.map(([pause, one]) => [(at += pause), [one]] as const)).map((line) => line.split(' '));
      let open: { readonly at: number; readonly severity: string } | null = null;
      const wrong = kinds.filter(([minutes, kind, , , severity = '']) => {
        const before = open;
        open = kind === 'resolved' ? null : { at: Number(minutes), severity };
        if (kind === 'resolved') return before === null;
        if (kind === 'repeated') return before === null || Number(minutes) - before.at < 240;
        return before !== null && (before.severity === 'error' || severity !== 'error');
      });
      expect(wrong).toEqual([]);
    }),
  );
});
