import { controlOf, tableOf, trigger } from './drifted.ts';
import { type World, instanceOf } from './world/world.ts';

/** A fact of a converged chain that somebody changed. */
interface DriftCase {
  readonly name: string;
  readonly inject: (world: World) => void;
  readonly address: string;
  readonly code: string;
  /** Whether writes may be lost: its code is what the link is Suspect for. */
  readonly suspect?: true;
}

/** Each is shown apart, put back, and leaves the link Suspect where writes may be lost. */
export const DRIFTS: readonly DriftCase[] = [
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
