/**
 * The model of the world (test/unit/plan) against the world: a history is carried out on real clusters and in the model, and after each
 * round both have planned the same steps, and hold the same facts and rows.
 */
import { expect, test } from 'vitest';
import { sequence } from '../unit/plan/world/arbitrary-world.ts';
import { useLab } from './support/use-lab.ts';
import { DRIFTS_BY_HAND } from './twin/hands.ts';
import { makeTwin, playRound, type Twin, type TwinRound } from './twin/twin.ts';

const lab = useLab({}, async (started) => {
  twin = await makeTwin(started);
});
let twin: Twin | undefined;

const ROUNDS: readonly TwinRound[] = [
  { name: 'from nothing' },
  {
    name: 'a table joins, a link polls less often',
    edits: [
      { kind: 'new table', at: 0, to: 0 },
      { kind: 'interval', at: 1, to: 1 },
    ],
    rows: ['t1 3', 't3 1', 't2 3'],
  },
  {
    name: 'a trigger is dropped on A, another is disabled on B, makedelta is off, a daemon is killed',
    drifts: [
      { kind: 'drop a trigger', at: 0, pick: 1 },
      { kind: 'disable a trigger', at: 4, pick: 0 },
      { kind: 'take makedelta off', at: 0, pick: 1 },
      { kind: 'end a daemon', at: 1, pick: 0 },
    ],
  },
  {
    name: 'a table leaves both links, kicking on',
    edits: [
      { kind: 'tables', at: 0, to: 2 },
      { kind: 'tables', at: 1, to: 2 },
      { kind: 'kicks', at: 0, to: 0 },
    ],
    rows: ['t1 4'],
  },
  {
    name: 'a link goes whose daemon was killed',
    edits: [{ kind: 'remove link', at: 1, to: 0 }],
    drifts: [{ kind: 'end a daemon', at: 1, pick: 0 }],
  },
  {
    name: 'the link comes again over old rows; killed while it copies',
    edits: [{ kind: 'add link', at: 1, to: 0 }],
    kill: { step: 'b-c/wait-copy', line: /WAIT copy of b-c/ },
  },
  {
    name: 'a delta table is gone from B, and all is copied again',
    edits: [
      { kind: 'copy_data', at: 0, to: 1 },
      { kind: 'copy_generation', at: 0, to: 0 },
    ],
    drifts: [{ kind: 'drop the delta table', at: 3, pick: 0 }],
    rows: ['t1 5', 't2 5'],
  },
  {
    name: 'all links go, while a delta table is gone',
    edits: [{ kind: 'remove all', at: 0, to: 0 }],
    drifts: [{ kind: 'drop the delta table', at: 0, pick: 0 }],
    rows: ['t2 4'],
  },
];

/** Names and instances. */
const MOVES: readonly TwinRound[] = [
  {
    name: 'the links again, over old rows',
    edits: [
      { kind: 'add link', at: 0, to: 0 },
      { kind: 'add link', at: 1, to: 0 },
    ],
  },
  {
    name: 'B is called otherwise, and both links share an instance',
    edits: [
      { kind: 'rename database', at: 1, to: 0 },
      { kind: 'instance', at: 0, to: 1 },
      { kind: 'instance', at: 1, to: 1 },
    ],
    rows: ['t1 6'],
  },
  {
    name: 'another entry takes the place of C, and its link leaves the instance',
    edits: [
      { kind: 'rename link', at: 2, to: 0 },
      { kind: 'instance', at: 1, to: 2 },
    ],
    rows: ['t1 7'],
  },
];

async function play(rounds: readonly TwinRound[]): Promise<void> {
  if (twin === undefined) throw new Error('no lab');
  expect(twin.lab).toBe(lab());
  for (const round of rounds) await playRound(twin, round);
}

test('a history in the world and in its model', { timeout: 600_000 }, () => play(ROUNDS));

test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('with other names and instances', { timeout: 600_000 }, () => play(MOVES));

/** As many rounds as wanted, the same for the same seed: an edit now and then, a drift in each. */
function drawn(seed: number, count: number): readonly TwinRound[] {
  const next = sequence(seed);
  return Array.from({ length: count }, (_, index): TwinRound => {
    const edit = { kind: EDITS_DRAWN[next(EDITS_DRAWN.length)] ?? 'interval', at: next(30), to: next(30) };
    const drift = { kind: DRIFTS_BY_HAND[next(DRIFTS_BY_HAND.length)] ?? '', at: next(30), pick: next(30) };
    const name = `round ${index + 1} of seed ${seed}: ${edit.kind} ${edit.at} ${edit.to}, ${drift.kind} ${drift.at} ${drift.pick}`;
    return { name, edits: next(2) === 0 ? [edit] : [], drifts: [drift], rows: next(2) === 0 ? [`t1 ${100 + index}`] : [] };
  });
}

const EDITS_DRAWN = ['copy_generation', 'kicks', 'interval', 'tables', 'settings', 'rename database', 'instance'] as const;

test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('and goes on with what a seed draws', { timeout: 1_200_000 }, () =>
  play(drawn(Number(process.env['GOATHERD_TEST_SEED'] ?? 3), 16)),
);

const LAST: TwinRound = {
  name: 'the link from A goes, and all daemons were killed before the last row',
  edits: [{ kind: 'remove link', at: 0, to: 0 }],
  drifts: [0, 1].map((at) => ({ kind: 'end a daemon', at, pick: 0 })),
  rows: ['t1 999'],
};

test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('and what is open arrives before a link goes', { timeout: 600_000 }, () =>
  play([LAST]),
);
