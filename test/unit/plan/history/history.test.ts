import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type History, histories, type Round } from './arbitrary-history.ts';
import type { Edit } from './edits.ts';
import { play } from './play.ts';

/** The same histories each time, and with GOATHERD_TEST_ALL=1 twenty times as many others. */
const runs = (few: number): fc.Parameters<unknown> =>
  process.env['GOATHERD_TEST_ALL'] === '1' ? { numRuns: few * 20 } : { numRuns: few, seed: 20_261_123 };

function obeys(given: History): void {
  expect(play(given).faults).toEqual([]);
}

const PATIENCE_MS = 300_000;

describe('the rules hold after every step', () => {
  test(
    'of edits',
    () => {
      fc.assert(fc.property(histories({ edits: 2, drifts: 0, rounds: 5 }), obeys), runs(100));
    },
    PATIENCE_MS,
  );

  test(
    'of drifts',
    () => {
      fc.assert(fc.property(histories({ edits: 0, drifts: 2, rounds: 4 }), obeys), runs(100));
    },
    PATIENCE_MS,
  );

  test(
    'of edits and drifts',
    () => {
      fc.assert(fc.property(histories({ edits: 2, drifts: 1, rounds: 6 }), obeys), runs(100));
    },
    PATIENCE_MS,
  );
});

const PLAIN = { references: false, adopts: false, shares: false, linksRemoved: 1 } as const;

/** What the histories above found, each as small as it gets. */
describe('found before:', () => {
  const edited = (...edits: readonly (readonly [Edit['kind'], number, number])[]): Round => ({
    edits: edits.map(([kind, at, to]) => ({ kind, at, to })),
    drifts: [],
    writes: 1,
    approves: 'person',
    killedAt: null,
    seconds: 0,
  });
  const refused = (round: Round): Round => ({ ...round, approves: 'nobody' });
  const drifted = (...drifts: readonly (readonly [string, number, number])[]): Round => ({
    ...edited(),
    drifts: drifts.map(([kind, at, pick]) => ({ kind, at, pick })),
  });
  test.each<[string, readonly Round[], Partial<History>?]>([
    [
      'a shared daemon starts anew for a table that joins while another target is away: that one runs on when it is back, under drift: warn, too',
      [
        { ...edited(['tables', 0, 15]), writes: 0 },
        { ...edited(['warn', 7, 0]), writes: 0, approves: 'git' },
        { ...edited(['warn', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(['tables', 0, 0], ['outage', 26, 0]), writes: 0 },
      ],
      { tables: 2, shares: true, linksRemoved: 0 },
    ],
    [
      'the first rows of a table come after its copy where `cascade` is off, so that nothing counts them: the copy is asked for once more',
      [
        { ...edited(['outage', 13, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 2 },
        { ...edited(['protect', 0, 0], ['cascade', 2, 0]), writes: 3, approves: 'git' },
        { ...edited(['add link', 26, 0], ['new table', 0, 0]), writes: 2 },
      ],
      { tables: 2, adopts: true, linksRemoved: 0, seed: 17 },
    ],
    [
      'a removal that was begun goes on when that of the link above may be done now, too, and is not approved: nothing is put back for it',
      [
        { ...edited(['add link', 30, 0]), writes: 0 },
        { ...edited(['remove all', 0, 0], ['outage', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { shares: true },
    ],
    [
      'a link replaces another one whose last changes fill a table that was empty when the plan was made: its copy leaves that out',
      [
        { ...edited(['outage', 5, 0], ['new table', 0, 0]), writes: 0 },
        { ...edited(['remove all', 0, 0]), approves: 'git' },
        { ...edited(['add link', 23, 29], ['suspend', 0, 0]), approves: 'git' },
      ],
      { linksRemoved: 0, seed: 311_652 },
    ],
    [
      'a link that is to be adopted again is declared detached, and its control database is gone: a person is asked',
      [
        { ...edited(['new table', 0, 0]), drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }] },
        { ...edited(['detach', 0, 0]), drifts: [{ kind: 'drop a control database', at: 0, pick: 0 }] },
      ],
      { adopts: true, shares: true },
    ],
    [
      'a link joins at the source of one that is to be adopted again, which a person has to prepare',
      [
        { ...edited(['outage', 5, 0]), writes: 0 },
        drifted(['lose the ledger', 0, 0]),
        drifted(['lose a dbgroup', 3, 0]),
        edited(['add link', 13, 0]),
      ],
      { adopts: true },
    ],
    [
      'a table joins again above a link whose target is away and which replicates it: what comes of it is written down there',
      [edited(['tables', 0, 7]), edited(['outage', 30, 0], ['tables', 0, 0])],
      { tables: 2 },
    ],
    [
      'a database has another name, which nobody said, and the links that knew the former one go: the run goes on with it',
      [
        { ...edited(['rename link', 4, 0], ['remove all', 0, 0]), approves: 'git' },
        { ...edited(['add link', 12, 0]), approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'two links of one source go: the delta triggers stay until both are drained',
      [edited(['add link', 20, 0]), { ...edited(['remove all', 0, 0]), approves: 'git' }, edited()],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'what a link lost beside one that may not act is noted with its own steps',
      [
        edited(['outage', 0, 0]),
        { ...edited(['add link', 21, 0]), approves: 'git' },
        { ...edited(['new table', 0, 0]), drifts: [{ kind: 'make a trigger ordinary', at: 9, pick: 0 }], approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'the triggers of a link that is forgotten are swept from a database which another link enters',
      [
        { ...edited(['outage', 1, 0]), drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }], approves: 'git' },
        edited(['remove link', 7, 0]),
        { ...drifted(['drop a control database', 0, 0]), approves: 'git' },
      ],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'a table waits to join below a link that is to be adopted again, and stopped',
      [
        { ...edited(['state', 0, 0]), drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }] },
        { ...edited(['new table', 0, 0]), approves: 'git' },
      ],
      { adopts: true, shares: true },
    ],
    [
      'all links go, and one writes until it is drained into a delta table that is gone, as its makedelta, which somebody took off, is loaded',
      [
        { ...edited(['suspend', 3, 0]), approves: 'git' },
        { ...edited(['new table', 0, 0]), approves: 'git' },
        { ...edited(['remove all', 0, 0]), drifts: [{ kind: 'drop the delta table', at: 20, pick: 0 }], approves: 'git' },
        drifted(['take makedelta off', 0, 0]),
      ],
      { linksRemoved: 0 },
    ],
    [
      'a delta table is dropped that a link which goes shares with one that is suspended: that one has lost what stood in it',
      [
        { ...edited(['add link', 1, 0]), approves: 'git' },
        edited(['suspend', 23, 0]),
        { ...edited(['remove link', 4, 0]), approves: 'git' },
        drifted(['drop the delta table', 3, 0]),
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link joins below one that comes back from a suspension and whose makedelta is on yet: its triggers stand before that one runs',
      [
        { ...edited(['suspend', 0, 0]), writes: 0 },
        { ...edited(['detach', 15, 0]), writes: 0 },
        { ...edited(['add link', 1, 0]), writes: 0 },
      ],
      { seed: 98_696 },
    ],
    [
      'a table leaves one link and joins another of the same source and instance: its row stays',
      [{ ...edited(['tables', 0, 13]), approves: 'git' }, edited(['add link', 0, 0])],
      { tables: 2, shares: true },
    ],
    [
      'a link is detached below one that moves to another instance and whose source is away: that one writes on where it comes from',
      [{ ...edited(['detach', 7, 0]), approves: 'git' }, edited(['outage', 0, 0], ['instance', 0, 10]), { ...edited(), approves: 'git' }],
    ],
    [
      'all links go while a target is away and a delta table is missing that the first of them writes to until it is drained',
      [
        { ...edited(['remove all', 0, 0]), approves: 'git' },
        { ...edited(['outage', 14, 0]), drifts: [{ kind: 'drop the delta table', at: 21, pick: 0 }] },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'a database comes back under another name when the link that had the former one is gone: a person is asked',
      [
        edited(['remove link', 0, 0]),
        { ...edited(['add link', 0, 0]), approves: 'git' },
        { ...edited(['remove link', 0, 0]), approves: 'git' },
        edited(['rename database', 22, 0]),
        edited(['add link', 0, 0]),
      ],
      { linksRemoved: 0 },
    ],
    [
      'a delta trigger is dropped that a link shares with one that is suspended: both have lost what was written meanwhile',
      [edited(['suspend', 0, 0]), edited(['add link', 0, 0]), drifted(['drop a trigger', 0, 0])],
      { linksRemoved: 0 },
    ],
    [
      'a table joins a link that leaves the instance of the one above',
      [
        { ...edited(['instance', 3, 0], ['outage', 30, 0]), writes: 0 },
        { ...edited(['new table', 0, 0]), writes: 0 },
      ],
      { shares: true },
    ],
    [
      'a database passes on again what it receives, while the link that enters it moves to another instance',
      [
        { ...edited(['cascade', 1, 0]), writes: 0 },
        { ...edited(['cascade', 5, 0], ['instance', 0, 10]), writes: 0 },
      ],
      { references: true },
    ],
    [
      "a database is renamed and the ledger lost while a control database is gone: the triggers of the link's former name are swept",
      [
        edited(['outage', 9, 0]),
        { ...edited(['rename database', 9, 0]), drifts: [{ kind: 'drop a control database', at: 0, pick: 0 }], approves: 'git' },
        drifted(['lose the ledger', 0, 0]),
      ],
    ],
    [
      'a link goes below one that only its mark tells of and that has a control database of its own, which nobody looks at',
      [
        edited(['add link', 5, 0]),
        { ...edited(['new table', 0, 0]), drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }] },
        edited(['remove all', 0, 0]),
      ],
      { adopts: true },
    ],
    [
      'a table waits to join a link below one that other hands run and a person has to adopt again',
      [edited(['add link', 5, 0]), { ...edited(['new table', 0, 0]), drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }] }],
      { adopts: true },
    ],
    [
      'a table that joins below a link that runs, on one that is stopped, records what is truncated',
      [edited(['state', 1, 0], ['new table', 0, 0])],
    ],
    [
      'a table leaves one link and joins another of the same source in one plan',
      [edited(['add link', 0, 15], ['tables', 0, 21])],
      { tables: 2 },
    ],
    ['a table whose leave is not approved goes on to the database below', [edited(['new table', 0, 0]), refused(edited(['tables', 0, 5]))]],
    [
      'an approval that is missing for one link starts and restarts the others all the same',
      [edited(['state', 0, 0]), refused(edited(['remove all', 0, 0])), refused(edited(['add link', 0, 0]))],
    ],
    [
      'a table joins while another waits for the approval of its leave',
      [refused(edited(['tables', 0, 11])), refused(edited(['new table', 0, 0]))],
      { tables: 2 },
    ],
    ['a link below one that leaves copies when that one has come to its end', [edited(['remove all', 0, 0], ['add link', 10, 5])]],
    [
      'a link that would write what one that leaves still writes waits for its end',
      [refused(edited(['remove all', 0, 0])), refused(edited(['add link', 7, 3]))],
    ],
    [
      'a link that would close a circle with one that leaves waits for its end',
      [refused(edited(['remove link', 1, 0], ['add link', 2, 0]))],
    ],
    [
      'a table joins below a link that leaves when that one is gone',
      [edited(['suspend', 3, 0], ['new table', 0, 0]), edited(['remove link', 0, 0], ['resume', 7, 0])],
    ],
    [
      'a table joins below a link whose removal is refused',
      [edited(['protect', 0, 0]), edited(['remove link', 0, 0]), edited(['new table', 0, 0])],
    ],
    [
      'a link is stopped while a table that would join it waits for another',
      [edited(['new table', 0, 0], ['suspend', 0, 0]), edited(['state', 9, 0])],
    ],
    [
      'a table leaves a link below one that leaves, too: its triggers go when that one has come to its end',
      [refused(edited(['tables', 21, 7])), edited(['remove link', 0, 0])],
      { tables: 2 },
    ],
    ['a daemon that runs a sync which was made inactive is down before it is started', [drifted(['make a sync inactive', 0, 0])]],
    [
      'a link goes whose delta table was dropped, while changes of another table are on their way',
      [{ ...drifted(['drop the delta table', 0, 0]), edits: edited(['remove all', 0, 0]).edits, writes: 3 }],
      { tables: 2 },
    ],
    [
      'a link goes while a table waits to join it',
      [edited(['suspend', 0, 0]), refused(edited(['new table', 0, 0])), edited(['remove link', 3, 0])],
    ],
    ['a copy that other hands asked for is not made', [drifted(['ask for a copy', 0, 0]), drifted(['end the pruning', 0, 0])]],
    [
      'a link goes, or is detached, below one that writes its changes down and whose source is away',
      [
        edited(['outage', 0, 0], ['remove link', 1, 0]),
        edited(['return', 0, 0], ['add link', 1, 0]),
        edited(['outage', 0, 0], ['detach', 1, 0]),
      ],
    ],
    [
      'a link leaves an instance whose other link has a database that is away',
      [edited(['outage', 2, 0], ['instance', 0, 0])],
      { shares: true },
    ],
    [
      'a table leaves a link whose detaching is refused: its leave is refused, too',
      [edited(['new table', 0, 0]), refused(edited(['detach', 0, 0], ['tables', 0, 5]))],
    ],
    ['a member is lost with the ledger', [drifted(['lose a member', 0, 0], ['lose the ledger', 0, 0])]],
    ['a link is added below a database that is renamed', [edited(['add link', 26, 0], ['rename database', 26, 0])]],
    [
      'a link is renamed, and with it a database, while the other link of that database leaves',
      [edited(['rename link', 5, 0], ['remove link', 0, 0])],
      { shares: true },
    ],
    ['a link that was detached leaves the file, which nobody approves', [edited(['detach', 0, 0]), refused(edited(['remove link', 0, 0]))]],
    [
      'a link that is adopted is lost with the ledger: `adopt` names what is gone, and a person is asked',
      [drifted(['lose the ledger', 0, 0], ['lose names of delta tables', 0, 0]), drifted(['drop a control database', 0, 0])],
      { adopts: true, shares: true },
    ],
    ['the ledger is lost, and other hands ask for a copy', [drifted(['lose the ledger', 0, 0], ['ask for a copy', 0, 0])]],
    [
      'a table leaves a link below one whose makedelta is drift that is left as it is',
      [edited(['warn', 0, 0]), edited(['tables', 3, 7])],
      { tables: 2 },
    ],
    ['a table leaves a link below one whose source is away', [edited(['outage', 0, 0], ['tables', 13, 9]), edited()], { tables: 2 }],
    [
      'a link leaves a shared daemon that was started without it while its source was away: it runs again, and is drained',
      [edited(['outage', 0, 0]), { ...edited(['remove link', 0, 0]), drifts: [{ kind: 'change a connection', at: 0, pick: 1 }] }],
      { adopts: true, shares: true },
    ],
    [
      'all links leave such a daemon, by a word of git, while a table waits to join',
      [edited(['outage', 0, 0]), { ...edited(['new table', 0, 0], ['remove all', 0, 0]), approves: 'git' }],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'b and c change places: links that would wait for the ends of each other do not',
      [
        { ...edited(['remove all', 0, 0]), approves: 'git' },
        { ...edited(['add link', 26, 0]), approves: 'git' },
        edited(['add link', 0, 0]),
      ],
      { linksRemoved: 0 },
    ],
    [
      'two tables join a link of a shared instance, one of them unheard by the link above: the other one does not wait for it',
      [
        { ...drifted(['lose a member', 0, 0]), edits: edited(['new table', 0, 0], ['outage', 0, 0]).edits, writes: 0 },
        { ...edited(), writes: 0 },
      ],
      { adopts: true, shares: true, linksRemoved: 0, seed: 234_445 },
    ],
    [
      'a table that joined a link without a copy leaves it, and the link moves: it leaves first',
      [
        { ...edited(['add link', 26, 11]), writes: 0, approves: 'git' },
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...edited(['tables', 23, 9], ['instance', 20, 10]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'other hands say that a table is written down below before anything stands there: it is said once more, and read, before the table joins',
      [
        { ...edited(['outage', 6, 0]), writes: 0 },
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...drifted(['set makedelta', 0, 3]), writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link copies again above one that is declared detached and suspended before it was: it waits, as that one replicates still',
      [
        { ...edited(['detach', 21, 0]), writes: 0, approves: 'git' },
        { ...edited(['suspend', 3, 0]), writes: 0 },
        { ...edited(['detach', 0, 0]), writes: 0 },
        { ...edited(['detach', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'the ledger is lost of a link that was detached, and is stopped instead: that the one below missed nothing of it nobody knows',
      [
        { ...edited(['add link', 14, 0], ['detach', 10, 0]), writes: 0 },
        { ...drifted(['lose the ledger', 0, 0]), edits: edited(['state', 4, 0]).edits, writes: 0 },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a trigger is disabled and enabled again while its database does not answer: nobody can know what was written in between',
      [
        { ...drifted(['disable a trigger', 0, 0]), edits: edited(['outage', 0, 0]).edits, writes: 0 },
        { ...edited(), approves: 'git' },
        { ...drifted(['make a trigger ordinary', 0, 0]), writes: 0, approves: 'git' },
      ],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'a table joins a link that empties it first, which nobody approves: its rows wait with it',
      [
        { ...edited(['copy_data', 0, 4]), writes: 0 },
        { ...edited(['tables', 0, 1]), writes: 0, approves: 'git' },
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...edited(['tables', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link begins below one that is detached before its first copy: it waits for that copy',
      [
        { ...edited(['outage', 5, 0]), writes: 0 },
        { ...drifted(['lose the ledger', 0, 0]), writes: 0 },
        { ...edited(['rename database', 13, 0]), writes: 0 },
        { ...edited(['detach', 0, 0]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'an adopted link is declared detached, and the link above it cannot be reached when that is approved: it waits for that one',
      [
        { ...drifted(['lose the ledger', 0, 0]), edits: edited(['detach', 3, 0]).edits, writes: 0, approves: 'git' },
        { ...edited(['outage', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a link of a renamed database that nothing known has any more begins while the last link that the ledger knows goes: it waits for that',
      [
        { ...edited(['rename database', 30, 0], ['remove link', 3, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0, approves: 'before' },
        { ...edited(['remove all', 0, 0], ['add link', 0, 16]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link moves while a table that joins it waits for a link that is suspended: nor do the triggers of that table hold it',
      [
        { ...edited(['instance', 0, 1], ['suspend', 0, 0]), writes: 0 },
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...edited(['instance', 9, 1]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link stands still to copy again while a table joins it that waits for a link that is suspended: it copies what it has, and runs on',
      [
        { ...edited(['suspend', 0, 0], ['add link', 14, 14]), writes: 0, approves: 'git' },
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...edited(['copy_generation', 11, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'the first copy of a link while a table joins the one above, which is stopped: it takes that table along',
      [
        { ...edited(['new table', 0, 0], ['suspend', 3, 0]), writes: 0 },
        { ...edited(['add link', 10, 0]), writes: 0 },
        { ...edited(['state', 4, 0]), writes: 0 },
        { ...edited(), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'the ledger is lost of a link that was detached, and runs again: it lacks what was written meanwhile, and is rightly doubted',
      [
        { ...edited(['detach', 3, 0]), writes: 0 },
        { ...drifted(['lose the ledger', 0, 0]), edits: edited(['detach', 3, 0]).edits, writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a member of an adopted link is lost: nobody knows of its copy, and with `always` it is emptied and copied, when a person says so',
      [edited(['copy_data', 0, 10]), { ...drifted(['lose a member', 0, 0]), approves: 'git' }],
      { adopts: true },
    ],
    [
      'a link that was detached comes back: it records, and runs when its copy is approved',
      [edited(['detach', 3, 0]), { ...edited(['detach', 1, 0]), approves: 'git' }],
    ],
    [
      'a link joined below one that was detached and is stopped now: it has lost nothing',
      [edited(['detach', 9, 0], ['add link', 2, 0]), edited(['state', 4, 0])],
    ],
    [
      'a link leaves the daemon of one whose source is away, which cannot be started without it',
      [{ ...edited(['outage', 0, 0]), drifts: [{ kind: 'change a checktime', at: 0, pick: 0 }] }, edited(['remove all', 0, 0])],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'a link joins below one that is to be adopted again, which a person has to prepare',
      [{ ...edited(['add link', 14, 0]), drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }] }],
      { adopts: true, shares: true },
    ],
    [
      'a link that other hands run is to be adopted again, and stopped in the same file: a person is asked',
      [{ ...edited(['state', 0, 0]), drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }] }],
      { adopts: true, shares: true },
    ],
    [
      'a link comes again with `always` above one that is detached: nothing is noted for that one',
      [
        { ...edited(['remove link', 0, 0], ['detach', 0, 0]), writes: 0 },
        { ...edited(['add link', 0, 22]), writes: 0, approves: 'git' },
      ],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a link that was detached comes back, and the one above is suspended before its copy is approved',
      [edited(['detach', 7, 0]), { ...edited(['detach', 7, 0]), approves: 'git' }, edited(['suspend', 0, 0])],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a link joins below one whose table leaves, which nobody approves: it has what comes of that table until then',
      [edited(['new table', 0, 0]), { ...edited(['add link', 22, 0], ['tables', 10, 5]), approves: 'git' }],
      { linksRemoved: 0 },
    ],
    [
      'a database of an adopted link is renamed while it is away, and the ledger lost: a person is asked',
      [edited(['outage', 0, 0]), edited(['rename database', 0, 0]), { ...drifted(['lose the ledger', 0, 0]), approves: 'git' }],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a link moves to another instance above one that is suspended, which a table waits to join',
      [
        { ...edited(['suspend', 13, 0]), writes: 0 },
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...edited(['instance', 0, 4]), writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link below one that only its mark tells of, and that writes its changes down, does not go',
      [
        { ...edited(['cascade', 13, 0]), writes: 0, drifts: [{ kind: 'lose the ledger', at: 0, pick: 0 }] },
        { ...edited(['remove all', 0, 0]), writes: 0 },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'a link comes back above one that is detached in the same plan, which owes its copy then, too',
      [edited(['detach', 0, 0]), refused(edited(['detach', 15, 0], ['detach', 0, 0]))],
    ],
    ['a link is detached and given another instance in one file', [edited(['detach', 0, 0], ['instance', 0, 22])]],
    [
      'a link copies again below one whose source is away and which writes down what it will bring',
      [edited(['add link', 21, 2]), edited(['copy_generation', 2, 0], ['outage', 0, 0])],
      { shares: true },
    ],
    [
      'a table leaves a link that moves to another instance, below one that is detached',
      [
        { ...edited(['detach', 0, 0]), writes: 0 },
        { ...edited(['tables', 15, 3], ['instance', 3, 1]), writes: 0 },
      ],
      { tables: 2, linksRemoved: 0, seed: 389_103 },
    ],
    [
      'a link that was detached comes back above one that leaves',
      [edited(['detach', 0, 0]), edited(['interval', 3, 1]), edited(['detach', 0, 0], ['remove link', 21, 0])],
    ],
    [
      'a link that was detached comes back above a protected one that its file no longer names: that one stays, and copies again',
      [edited(['detach', 0, 0]), edited(['protect', 7, 0]), edited(['detach', 0, 0], ['remove link', 21, 0])],
    ],
    [
      'a link joins at the source of one whose target is away: that daemon would purge what the new one has not received',
      [
        { ...edited(['outage', 5, 0]), writes: 0 },
        { ...edited(['add link', 0, 23]), writes: 0 },
        { ...edited(), writes: 0 },
      ],
    ],
    [
      'a link joins above one whose target is away, which would miss what it brings',
      [edited(['remove link', 0, 0]), edited(['outage', 14, 0]), edited(['add link', 0, 0])],
    ],
    [
      'a link that was detached is declared stopped, and then running, which nobody approves',
      [edited(['detach', 0, 0]), edited(['state', 0, 0]), refused(edited(['state', 0, 0]))],
    ],
    ...(
      [
        ['a link goes', [], edited(['remove link', 1, 0]), 0],
        ['a link that is stopped goes', [edited(['state', 1, 0])], edited(['remove link', 1, 0]), 0],
        ['a link is detached', [], edited(['detach', 1, 0]), 0],
        ['a table leaves its link', [], edited(['tables', 1, 1]), 1],
      ] as const
    ).map(([what, before, round, pick]): [string, readonly Round[], Partial<History>] => [
      `${what}, and somebody took the makedelta above off, which the daemon there has not read`,
      [...before, { ...round, drifts: [{ kind: 'take makedelta off', at: 0, pick }] }],
      { tables: 2 },
    ]),
    [
      'a link that was detached comes back, and what left its target is gone meanwhile: its daemon reads that nothing is written down',
      [
        { ...edited(['remove link', 1, 0], ['detach', 0, 0]), writes: 0 },
        { ...edited(['detach', 0, 0]), writes: 3 },
      ],
      { adopts: true },
    ],
    [
      'a delta table is dropped of a link that is held, then the makedelta above taken off, which its daemon has not read: the plan names it',
      [
        { ...edited(['outage', 22, 0]), drifts: [{ kind: 'drop the delta table', at: 21, pick: 0 }], writes: 0 },
        { ...drifted(['take makedelta off', 0, 0]), writes: 0 },
        { ...edited(), approves: 'git' },
      ],
    ],
    [
      'a link comes back from detached above one that is suspended: it is not as declared before its copy',
      [edited(['suspend', 9, 0]), edited(['detach', 0, 0]), edited(['detach', 0, 0])],
      { adopts: true },
    ],
    [
      'a link is to be copied again below one whose source is away: it goes on until then',
      [edited(['outage', 0, 0]), edited(['copy_data', 3, 4], ['copy_generation', 3, 0])],
      { adopts: true },
    ],
    [
      'a link that was detached comes back above one whose target is away, which cannot stand still for its copy',
      [edited(['detach', 0, 0]), edited(['detach', 0, 0], ['outage', 2, 0])],
    ],
    [
      'a table leaves one link and joins a new one of the same source and instance, whose row of it is the same',
      [{ ...edited(['tables', 0, 1], ['add link', 0, 0]), writes: 0 }],
      { tables: 2, shares: true, linksRemoved: 0, seed: 62_868 },
    ],
    [
      'a link whose kick triggers go is no longer below another, in one plan',
      [
        { ...edited(['kicks', 21, 0]), writes: 0 },
        { ...edited(), writes: 2 },
        { ...edited(['remove link', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(['kicks', 0, 0]), writes: 0 },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'a table leaves a link below one that is detached in the same plan',
      [edited(['state', 9, 0]), edited(['detach', 0, 0], ['tables', 15, 3])],
      { tables: 2, adopts: true },
    ],
    [
      'a link goes below one that is to move to another instance, and whose source is away: it writes its changes down where it stands',
      [edited(['outage', 0, 0], ['instance', 0, 16]), edited(['remove link', 7, 0])],
    ],
    [
      'a link is detached beside one that waits, below one that is suspended and writes their changes down when it runs again',
      [
        { ...edited(['suspend', 0, 0], ['add link', 29, 0]), approves: 'git' },
        { ...edited(['detach', 16, 0]), approves: 'git' },
        { ...edited(), approves: 'before' },
      ],
    ],
    [
      'a link is detached whose target is away, and another joins at its source',
      [edited(['outage', 14, 0]), { ...edited(['detach', 7, 0], ['add link', 13, 0]), approves: 'git' }, edited()],
    ],
    [
      'a link moves to another instance, and a table waits to join it until the link above is no longer suspended',
      [edited(['suspend', 0, 0], ['new table', 0, 0]), edited(['instance', 15, 16])],
    ],
    [
      'a link that is declared detached from its first day joins above one that runs',
      [edited(['remove link', 0, 0]), edited(['add link', 0, 0], ['detach', 7, 0]), edited()],
      { shares: true },
    ],
    [
      'a link is to move to another instance while a table waits for the approval of its leave: the move leaves nothing behind',
      [
        { ...edited(['tables', 13, 13]), writes: 0, approves: 'git' },
        { ...edited(['instance', 3, 0]), writes: 0, approves: 'git' },
      ],
      { tables: 2, shares: true, linksRemoved: 0 },
    ],
    [
      'a link joins below one that may not be detached yet, as the one above writes down its changes and is away: it waits',
      [
        { ...edited(['detach', 3, 0], ['outage', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(['add link', 14, 0]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link whose source passes nothing on copies again while the one above is away',
      [
        { ...edited(['cascade', 13, 0], ['copy_data', 3, 10]), writes: 0, approves: 'git' },
        { ...edited(['outage', 0, 0]), writes: 0 },
        { ...edited(['copy_generation', 7, 0]), writes: 0 },
      ],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'a link is to be detached while it is suspended: when it is resumed, what the one above writes down for it ends first, and is no drift',
      [
        { ...edited(['suspend', 3, 0]), writes: 0 },
        { ...edited(['warn', 0, 0]), writes: 0 },
        { ...edited(['detach', 15, 0]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a cascade is turned on again below a link that is suspended: what is missed is one loss, said once',
      [
        { ...edited(['cascade', 1, 0]), writes: 0, approves: 'git' },
        { ...edited(['cascade', 5, 0], ['suspend', 0, 0]), writes: 0 },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a link that was detached is suspended: nothing is missing of it, and the one above writes nothing down for it',
      [
        { ...edited(['detach', 13, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
        { ...drifted(['drop a control database', 0, 0]), edits: edited(['suspend', 21, 0]).edits, writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a copy empties a table above a link that moves to another instance in the same plan: that one removes the rows below',
      [edited(['remove link', 0, 0]), { ...edited(['instance', 0, 10], ['add link', 19, 2]), writes: 0 }],
      { linksRemoved: 0 },
    ],
    [
      'a link moves above one that a table leaves, which nobody approves: it goes on writing that table down',
      [
        { ...edited(['tables', 15, 3], ['instance', 0, 1]), writes: 0, approves: 'git' },
        { ...edited(['tables', 1, 0]), writes: 0, approves: 'git' },
      ],
      { tables: 2, linksRemoved: 0 },
    ],
    [
      'what a link lost while it may not act is written down at once: what tells of it may be gone when it may',
      [
        { ...edited(['outage', 10, 0]), writes: 0 },
        { ...drifted(['set makedelta', 0, 0]), writes: 0 },
        { ...drifted(['lose a dbgroup', 0, 0]), writes: 0 },
        { ...drifted(['drop a control database', 0, 0]), writes: 0, approves: 'git' },
      ],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'makedelta is taken off above a suspended link, and what wrote it goes: the loss was written down before',
      [
        { ...drifted(['take makedelta off', 0, 0]), edits: edited(['suspend', 9, 0]).edits, writes: 0 },
        { ...edited(['add link', 0, 0]), writes: 0 },
        { ...edited(['remove link', 0, 0]), writes: 0 },
        { ...edited(), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'the trigger is dropped of a table that may not leave yet: it is put back before the daemon starts anew',
      [
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...drifted(['drop a trigger', 15, 0]), edits: edited(['add link', 0, 0], ['tables', 4, 13]).edits, writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'so it is of an adopted link whose table leaves beside one that joins',
      [
        { ...drifted(['drop a trigger', 29, 0]), edits: edited(['tables', 0, 1], ['new table', 0, 0]).edits, writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { tables: 2, adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'a sync is made inactive while a table of it may not leave: it runs again with that table',
      [
        { ...edited(['tables', 21, 21]), writes: 0, approves: 'git' },
        { ...drifted(['make a sync inactive', 21, 0]), edits: edited(['kicks', 0, 0]).edits, writes: 0, approves: 'git' },
      ],
      { tables: 2, linksRemoved: 0 },
    ],
    [
      'a delta table is dropped that a link on its way out reads and the one below may not let go: it is made again',
      [
        {
          ...drifted(['drop the delta table', 23, 0]),
          edits: edited(['remove link', 0, 0], ['tables', 0, 21]).edits,
          writes: 0,
          approves: 'git',
        },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { tables: 2, adopts: true, linksRemoved: 0 },
    ],
    [
      'a link that was detached is stopped instead above one that cannot be reached: that one misses nothing of it',
      [
        { ...drifted(['take makedelta off', 0, 0]), edits: edited(['detach', 0, 0], ['outage', 14, 0]).edits, writes: 0 },
        { ...edited(['state', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a trigger is dropped of a link that waits to be adopted: the daemon that it shares is not started anew, as Bucardo would make it',
      [
        { ...drifted(['lose the ledger', 0, 0]), edits: edited(['state', 0, 0]).edits, writes: 0, approves: 'git' },
        { ...drifted(['drop a trigger', 0, 0]), edits: edited(['add link', 21, 0]).edits, writes: 0 },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'so it is where nobody knows the link any more whose trigger was dropped',
      [
        { ...drifted(['lose the ledger', 0, 0]), edits: edited(['outage', 5, 0]).edits, writes: 0 },
        { ...edited(['rename database', 12, 0]), writes: 0 },
        { ...drifted(['drop a trigger', 0, 3]), writes: 0, approves: 'git' },
      ],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'makedelta is set by hand of a table that may not leave yet: it is put right',
      [
        { ...drifted(['set makedelta', 0, 11]), edits: edited(['add link', 0, 0], ['tables', 16, 3]).edits, writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { tables: 2, shares: true, linksRemoved: 0 },
    ],
    [
      'a table leaves a link that was stopped and is started in the same plan: its daemon starts without it',
      [
        { ...edited(['suspend', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(['tables', 0, 9]), writes: 0, approves: 'git' },
        { ...drifted(['lose the ledger', 0, 0]), writes: 0 },
      ],
      { tables: 2, linksRemoved: 0 },
    ],
    [
      'a delta table of a link that cannot be reached is dropped, then the control database of the one above: what is written there again cuts that off',
      [
        { ...edited(['outage', 6, 0]), writes: 0, approves: 'git' },
        { ...drifted(['drop the delta table', 7, 0]), writes: 0 },
        { ...drifted(['drop a control database', 0, 0]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'so does a move to another instance above a suspended link',
      [
        { ...edited(['suspend', 9, 0]), writes: 0, approves: 'git' },
        { ...drifted(['drop the delta table', 14, 0]), edits: edited(['instance', 0, 1]).edits, writes: 0 },
      ],
      { tables: 2, linksRemoved: 0 },
    ],
    [
      'so does a move above one that cannot be reached, while that moves, too',
      [
        { ...drifted(['drop the delta table', 13, 0]), edits: edited(['instance', 0, 4], ['outage', 2, 0]).edits, writes: 0 },
        { ...edited(), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'so does a control database that is made again above a suspended link',
      [
        { ...edited(['suspend', 3, 0]), writes: 0, approves: 'git' },
        { ...drifted(['drop the delta table', 3, 0]), writes: 0 },
        { ...drifted(['drop a control database', 0, 0]), writes: 0 },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a trigger is dropped of a link whose target cannot be reached: the daemon that it shares starts anew without it',
      [
        { ...edited(['outage', 2, 0]), writes: 0 },
        { ...drifted(['drop a trigger', 3, 0]), writes: 0 },
        { ...edited(['new table', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'a link goes whose sibling is suspended: what that one no longer carries is not written down for it',
      [
        { ...edited(['tables', 21, 9], ['add link', 5, 0]), writes: 0 },
        { ...edited(['suspend', 25, 0]), writes: 0, approves: 'git' },
        { ...edited(['remove link', 23, 0]), writes: 0 },
      ],
      { tables: 2, linksRemoved: 0 },
    ],
    [
      'a table joins where rows stand that only an approval removes: it waits alone',
      [
        { ...edited(['copy_data', 0, 10]), writes: 0 },
        { ...edited(['outage', 0, 0], ['new table', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(['return', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a table joins a link on its way out whose source stands under two names: it waits with that',
      [
        { ...edited(['rename link', 0, 0], ['remove all', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(['new table', 0, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { shares: true, linksRemoved: 0 },
    ],
    [
      'a table joins below a link that a person has to prepare for its adoption: it waits for that',
      [
        { ...edited(['rename database', 0, 0], ['suspend', 0, 0]), writes: 0 },
        { ...drifted(['lose the ledger', 0, 0]), writes: 0 },
        { ...edited(['new table', 0, 0]), writes: 0, approves: 'git' },
      ],
      { adopts: true, linksRemoved: 0 },
    ],
    [
      'a link enters where one runs that nobody knows any more: it waits, as both would write the same tables',
      [
        { ...drifted(['lose the ledger', 0, 0]), edits: edited(['tables', 7, 1]).edits, writes: 0 },
        { ...edited(['remove link', 21, 0]), writes: 0, approves: 'git' },
        { ...edited(['add link', 0, 10]), writes: 0, approves: 'git' },
      ],
      { tables: 2, adopts: true, linksRemoved: 0 },
    ],
    [
      'a link on its way out stands under a former name of its source: both names are held',
      [
        {
          ...drifted(['drop a control database', 0, 0]),
          edits: edited(['rename link', 0, 0], ['remove link', 0, 0]).edits,
          writes: 0,
          approves: 'git',
        },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link that was detached comes back while a table of it may not leave: nothing of that is doubted',
      [
        { ...edited(['new table', 0, 0]), writes: 0 },
        { ...edited(['detach', 7, 0], ['tables', 15, 21]), writes: 0 },
        { ...edited(['state', 21, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a link joins below one that may not be detached, and which a table may not leave: it misses nothing of that table',
      [
        { ...edited(['tables', 15, 3]), writes: 0, approves: 'git' },
        { ...edited(['add link', 14, 0], ['detach', 4, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { tables: 2, shares: true, linksRemoved: 0 },
    ],
    [
      'a link that comes back from being detached below one on its way out: its copy waits for the cap',
      [
        { ...edited(['detach', 21, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
        { ...edited(['remove link', 0, 0], ['detach', 0, 0]), writes: 0, approves: 'git' },
      ],
      { linksRemoved: 0 },
    ],
    [
      'a daemon dies that also runs a link which waits to be adopted and lacks a trigger: it is started for the other one',
      [
        { ...drifted(['lose the ledger', 0, 0]), edits: edited(['new table', 0, 0]).edits, writes: 0, approves: 'git' },
        { ...drifted(['kill a master', 0, 0]), writes: 0 },
        { ...drifted(['drop a trigger', 0, 0]), edits: edited(['tables', 15, 5]).edits, writes: 0 },
        { ...edited(), writes: 0 },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'a cascade is turned on again when the control database of the link above is gone: what was missed is missed all the same',
      [
        { ...edited(['cascade', 5, 0]), writes: 0 },
        { ...drifted(['drop a control database', 0, 0]), edits: edited(['cascade', 21, 0]).edits, writes: 0, approves: 'git' },
        { ...edited(), writes: 0, approves: 'git' },
      ],
      { references: true, linksRemoved: 0 },
    ],
    [
      'a link waits to be adopted under a new name of its source: what is written down for it stays',
      [
        { ...edited(['outage', 14, 0]), writes: 0, approves: 'git' },
        { ...drifted(['lose the ledger', 0, 0]), writes: 0 },
        { ...edited(['rename link', 5, 0]), writes: 0 },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
    [
      'a link takes the place of one below a link of the same daemon as the one that feeds it: neither end waits for the other',
      [
        { ...edited(['add link', 22, 0]), writes: 0 },
        { ...edited(['remove link', 8, 0], ['add link', 5, 0]), writes: 0, approves: 'git' },
        { ...edited(), writes: 0 },
      ],
      { adopts: true, shares: true, linksRemoved: 0 },
    ],
  ])('%s', (_name, rounds, more = {}) => {
    for (const seed of [0, 1, 2]) obeys({ ...PLAIN, tables: 1, rounds, seed, ...more });
  });
});
