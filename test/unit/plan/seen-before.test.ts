import { describe, expect, test } from 'vitest';
import type { SeenTable } from '../../../src/ledger/model.ts';
import type { DatabaseObservation } from '../../../src/observe/model.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Plan } from '../../../src/plan/model.ts';
import { type Facts, converged, shown } from './drifted.ts';
import { look } from './world/world-observe.ts';
import type { Mutable } from './world/world.ts';

/** What the ledger would have kept of the world as it stands, and the plan after a change of it. */
function planAfter(change: (seen: Seen) => void): Plan {
  const world = converged();
  const { observation, ledger } = look(world);
  const place = { system: '7', timeline: 1, position: 5000, now: 1000 };
  const seen = Object.fromEntries(
    Object.entries(observation.databases).map(([name, database]) => {
      const tables = database.reachable ? database.tables : [];
      const each = tables.map((table): [string, SeenTable] => [
        table.address,
        { oid: table.oid, deltaOid: table.bucardo === null ? null : 7, deltaFile: table.bucardo === null ? null : 7 },
      ]);
      return [`orders/${name}`, { place, tables: Object.fromEntries(each) }];
    }),
  );
  const databases = structuredClone(observation.databases) as Seen['databases'];
  for (const database of Object.values(databases)) {
    if (!database.reachable) continue;
    database.place = { ...place, position: 6000, now: 2000 };
    for (const { bucardo } of database.tables) if (bucardo !== null) Object.assign(bucardo, { deltaOid: 7, deltaFile: 7 });
  }
  change({ databases });
  return makePlan(world.topology, { ...observation, databases }, { ...ledger, seen }, world.config, { approvals: [] });
}

interface Seen {
  readonly databases: Record<string, Mutable<DatabaseObservation>>;
}

function factsOf(seen: Seen, name: string): Facts {
  const database = seen.databases[name];
  if (database?.reachable !== true) throw new Error(`${name} does not answer`);
  return database;
}

describe('what was seen before', () => {
  const losses = (plan: Plan): string[] =>
    plan.steps.flatMap((step) =>
      step.work.kind === 'suspect' ? step.work.losses.map((loss) => `${step.address} ${loss.code} ${loss.tables.length}`) : [],
    );

  test('and is so still, says nothing', () => {
    const plan = planAfter(() => undefined);
    expect({ verdict: plan.verdict, steps: plan.steps }).toEqual({ verdict: 'in_sync', steps: [] });
  });

  test('on a source that was restored makes the link suspect that leaves it, on another timeline or at an earlier position', () => {
    const timeline = planAfter((seen) => void Object.assign(factsOf(seen, 'a').place ?? {}, { timeline: 2 }));
    expect(losses(timeline)).toEqual(['orders/a-b SourceWentBack 2']);
    expect(shown(timeline)).toEqual(['orders/a-b SourceWentBack heal']);
    expect(losses(planAfter((seen) => void Object.assign(factsOf(seen, 'a').place ?? {}, { position: 4999 })))).toEqual([
      'orders/a-b SourceWentBack 2',
    ]);
  });

  test('on a database between two links makes both suspect', () => {
    const plan = planAfter((seen) => void Object.assign(factsOf(seen, 'b').place ?? {}, { timeline: 2 }));
    expect(losses(plan)).toEqual(['orders/a-b TargetWentBack 2', 'orders/b-c SourceWentBack 2']);
  });

  test('of another cluster is no position to compare', () => {
    expect(losses(planAfter((seen) => void Object.assign(factsOf(seen, 'b').place ?? {}, { system: '8', position: 1 })))).toEqual([]);
  });

  test('of a table that was made anew, on either side', () => {
    const remade = (name: string): string[] => losses(planAfter((seen) => void (factsOf(seen, name).tables[0]!.oid += 1)));
    expect(remade('a')).toEqual(['orders/a-b TableReplaced 1']);
    expect(remade('c')).toEqual(['orders/b-c TableReplaced 1']);
  });

  test('of a delta table that was emptied, unless Bucardo did that for a TRUNCATE', () => {
    const emptied = (truncatedAt: number | null): string[] =>
      losses(
        planAfter((seen) => {
          const { tables, bucardo } = factsOf(seen, 'a');
          const [table] = tables;
          if (table?.bucardo && bucardo) {
            table.bucardo.deltaFile = 8;
            bucardo.truncatedAt = truncatedAt === null ? {} : { [table.oid]: truncatedAt };
          }
        }),
      );
    expect(emptied(null)).toEqual(['orders/a-b DeltaTableEmptied 1']);
    expect(emptied(999)).toEqual(['orders/a-b DeltaTableEmptied 1']);
    expect(emptied(1500)).toEqual([]);
  });
});
