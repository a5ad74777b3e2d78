import { describe, expect, test } from 'vitest';
import { definitionHash } from '../../../src/plan/view/definition.ts';
import type { Plan } from '../../../src/plan/model.ts';
import type { SeenTable } from '../../../src/ledger/model.ts';
import type { DatabaseObservation, ObservedDatabase } from '../../../src/observe/model.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { withFormer } from '../../../src/plan/view/remembered/former.ts';
import { topologyOf, worldOf } from './world-build.ts';
import { look } from './world-observe.ts';
import { planFor, reconcile } from './world-run.ts';
import { declare, instanceOf, ledgerSeen, type Mutable, type World } from './world.ts';

const DATABASES = `databases:
  a: {host: pg-a.internal, dbname: orders, password: {env: PASSWORD_OF_A}}
  b: {host: pg-b.internal, dbname: orders, password: {env: PASSWORD_OF_B}}
  c: {host: pg-c.internal, dbname: orders, password: {env: PASSWORD_OF_C}}`;
const CHAIN = `topology: orders\n${DATABASES}\nlinks: [a -> b, b -> c]\n`;

/** A chain that is applied and converged. */
function converged(more = ''): World {
  const world = worldOf({ topology: CHAIN + more });
  expect(reconcile(world, { choose: () => 0, approvals: 'all' }).fault).toBeNull();
  expect(planFor(world, []).verdict).toBe('in_sync');
  return world;
}

type Facts = Mutable<ObservedDatabase>;

function tableOf(world: World, name: string, index = 0): Facts['tables'][number] {
  const table = world.databases[name]?.facts.tables.filter((one) => one.bucardo !== null)[index];
  if (table === undefined) throw new Error(`no replicated table on ${name}`);
  return table;
}

function controlOf(world: World, instance: string): NonNullable<ReturnType<typeof instanceOf>['control']> {
  const { control } = instanceOf(world, instance);
  if (control === null) throw new Error(`no control database of ${instance}`);
  return control;
}

const shown = (plan: Plan): string[] =>
  plan.changes.map((change) => `${change.address} ${change.reason.split(':')[0]} ${change.drift?.treatment ?? ''}`.trim());

/** How a run ends, and what the plan after it says. */
function settled(world: World): { fault: string | null; verdict: string; changes: string[]; suspects: string[] } {
  const { fault } = reconcile(world, { choose: () => 0, approvals: [] });
  const plan = planFor(world, []);
  const suspects = Object.values(world.ledger.links).flatMap((link) => link.suspects.map((one) => one.code));
  return { fault, verdict: plan.verdict, changes: shown(plan), suspects: [...new Set(suspects)] };
}

interface Case {
  readonly name: string;
  readonly inject: (world: World) => void;
  readonly address: string;
  readonly code: string;
  /** Whether writes may be lost: its code is what the link is Suspect for. */
  readonly suspect?: true;
}

const trigger = (world: World, name: string, of: string): Facts['tables'][number]['bucardo'] & object => {
  const { bucardo } = tableOf(world, name);
  if (bucardo === null) throw new Error('nothing stands there');
  expect(bucardo.triggers.map((one) => one.name)).toContain(of);
  return bucardo;
};

const CASES: readonly Case[] = [
  {
    name: 'a delta trigger is dropped',
    inject: (world) => void trigger(world, 'a', 'bucardo_delta').triggers.splice(0, 1),
    address: 'orders/a-b',
    code: 'TriggerMissing',
    suspect: true,
  },
  {
    name: 'a delta trigger is disabled',
    inject: (world) => {
      for (const one of trigger(world, 'a', 'bucardo_delta').triggers) if (one.name === 'bucardo_delta') one.enabled = 'D';
    },
    address: 'orders/a-b',
    code: 'TriggerMissing',
    suspect: true,
  },
  {
    name: 'a truncate trigger of the middle database is ORIGIN again',
    inject: (world) => {
      const tables = world.databases['b']?.facts.tables.flatMap((table) => table.bucardo?.triggers ?? []) ?? [];
      // Where keys are recorded, a TRUNCATE comes as rows, and nothing is lost.
      const one = tables.find((each) => each.functionName === 'bucardo_note_truncation');
      if (one !== undefined) one.enabled = 'O';
    },
    address: 'orders/b-c',
    code: 'NotAlways',
    suspect: true,
  },
  {
    name: 'a delta table is missing',
    inject: (world) => {
      const { bucardo } = tableOf(world, 'a');
      if (bucardo !== null) bucardo.deltaColumns = null;
    },
    address: 'orders/a-b',
    code: 'DeltaTableMissing',
    suspect: true,
  },
  {
    name: 'a delta function is another one',
    inject: (world) => {
      const { bucardo } = tableOf(world, 'a');
      if (bucardo !== null) bucardo.functionMd5 = 'other';
    },
    address: 'orders/a-b',
    code: 'DeltaFunction',
    suspect: true,
  },
  {
    name: "the delta default is Bucardo's again",
    inject: (world) => {
      const { bucardo } = tableOf(world, 'a');
      if (bucardo !== null) bucardo.deltaDefault = 'now()';
    },
    address: 'orders/a-b',
    code: 'DeltaDefault',
  },
  {
    name: 'the index on the track table is dropped',
    inject: (world) => {
      const { bucardo } = tableOf(world, 'b');
      if (bucardo !== null) bucardo.indexes = bucardo.indexes.filter((index) => index !== 'goat');
    },
    address: 'orders/b-c',
    code: 'HelperMissing',
  },
  {
    name: 'a target is not waited for by the purge',
    inject: (world) => {
      const { bucardo } = tableOf(world, 'a');
      if (bucardo !== null) bucardo.targets = [];
    },
    address: 'orders/a-b',
    code: 'HelperMissing',
  },
  {
    name: 'a function of Bucardo is changed',
    inject: (world) => {
      const bucardo = world.databases['b']?.facts.bucardo;
      if (bucardo) bucardo.functions['bucardo_note_truncation()'] = 'other';
    },
    address: 'orders/b-c',
    code: 'FunctionMissing',
  },
  {
    name: 'a setting is changed',
    inject: (world) => void (controlOf(world, 'orders_a_b').settings['quick_delta_check'] = '0'),
    address: 'orders/a-b',
    code: 'SettingChanged',
  },
  {
    name: 'the pruning of the run log is gone',
    inject: (world) => void (controlOf(world, 'orders_a_b').pruning = false),
    address: 'orders/a-b',
    code: 'PruningMissing',
  },
  {
    name: 'a sync polls at another interval',
    inject: (world) => {
      for (const sync of controlOf(world, 'orders_a_b').syncs) sync.checktimeSeconds = 60;
    },
    address: 'orders/a-b',
    code: 'MetadataChanged',
  },
  {
    name: 'a connection points elsewhere',
    inject: (world) => {
      for (const db of controlOf(world, 'orders_a_b').dbs) if (db.name === 'b') db.host = 'pg-z';
    },
    address: 'orders/a-b',
    code: 'MetadataChanged',
  },
  {
    name: 'a member is taken out of a relgroup',
    inject: (world) => void controlOf(world, 'orders_b_c').herds['orders_b_c']?.splice(0, 1),
    address: 'orders/b-c',
    code: 'NotMember',
  },
  {
    name: 'makedelta is off',
    inject: (world) => {
      for (const goat of controlOf(world, 'orders_a_b').goats) goat.makedelta = null;
    },
    address: 'orders/a-b',
    code: 'MakedeltaOff',
    suspect: true,
  },
  {
    name: 'makedelta is on where nothing passes on',
    inject: (world) => {
      for (const goat of controlOf(world, 'orders_b_c').goats) if (goat.type === 'table') goat.makedelta = 'c';
    },
    address: 'orders/b-c',
    code: 'MakedeltaOn',
  },
  {
    name: 'a sync is made inactive',
    inject: (world) => {
      for (const sync of controlOf(world, 'orders_a_b').syncs) sync.status = 'inactive';
    },
    address: 'orders/a-b',
    code: 'SyncInactive',
  },
  {
    name: 'a daemon is dead',
    inject: (world) => void (instanceOf(world, 'orders_b_c').daemon = null),
    address: 'orders/b-c',
    code: 'DaemonDown',
  },
  {
    name: 'a daemon lives without its sync',
    inject: (world) => void instanceOf(world, 'orders_b_c').daemon?.syncs.splice(0),
    address: 'orders/b-c',
    code: 'DaemonOther',
  },
];

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

describe('drift', () => {
  test.each(CASES)('$name: shown apart, and put back', ({ inject, address, code, suspect }) => {
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

  test.each(CASES.filter((one) => one.suspect !== true))('$name: with `drift: warn` it is left alone', ({ inject, address, code }) => {
    const world = converged('drift: warn\n');
    inject(world);
    const plan = planFor(world, []);
    expect({ verdict: plan.verdict, changes: shown(plan), steps: plan.steps }).toEqual({
      verdict: 'drift',
      changes: [`${address} ${code} warn`],
      steps: [],
    });
  });

  test.each(CASES.filter((one) => one.suspect === true))(
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
