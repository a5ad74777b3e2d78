/**
 * The model of the world (test/unit/plan) against the world: a history is carried out on real clusters and in the model, and after each
 * round both have planned the same steps, and hold the same facts and rows.
 */
import { expect, test } from 'vitest';
import { useLab } from './support/use-lab.ts';
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
    name: 'a link goes',
    edits: [{ kind: 'remove link', at: 1, to: 0 }],
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
];

test('a history in the world and in its model', { timeout: 600_000 }, async () => {
  if (twin === undefined) throw new Error('no lab');
  expect(twin.lab).toBe(lab());
  for (const round of ROUNDS) await playRound(twin, round);
});
