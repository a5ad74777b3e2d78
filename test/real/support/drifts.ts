import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../../../src/lab/lab.ts';
import { signalProcess } from '../../../src/lab/processes.ts';
import { eventually } from './eventually.ts';
import { query } from './query.ts';
import { runGoatherd } from './run-goatherd.ts';
import { clusterOf } from './use-lab.ts';

/** One fact of a converged A -> B -> C with the stock's tables, changed by other hands. */
export interface Drift {
  readonly name: string;
  /** The link, or database, at which it is said. */
  readonly link: 'a' | 'a-b' | 'b-c';
  readonly code: string;
  readonly inject: () => Promise<void>;
  /** Writes may be lost: the link that is then Suspect. */
  readonly suspect?: 'a-b' | 'b-c';
}

/** What other hands do to a lab of the stock. */
export interface Hands {
  readonly on: (database: string, sql: string) => Promise<void>;
  /** In the control database of one link, as Bucardo's own hands do it: none of its triggers connects anywhere. */
  readonly control: (link: 'a_b' | 'b_c', sql: string) => Promise<void>;
  readonly killDaemon: (link: 'a_b' | 'b_c') => Promise<void>;
  /** Ends when the controller of b -> c is gone, and a look does not take it for one that is about to be there again. */
  readonly unheard: () => Promise<void>;
}

export function handsOn(lab: () => Lab): Hands {
  const control = async (link: 'a_b' | 'b_c', sql: string): Promise<void> =>
    void (await query(lab().hub, `bucardo_orders_${link}`, `SET session_replication_role = replica; ${sql}`));
  return {
    control,
    unheard: async () => {
      const seen = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^bucardo (CTL|KID)'
        UNION ALL SELECT 1 FROM bucardo.syncrun WHERE greatest(started, ended) > clock_timestamp() - interval '65 s'
        UNION ALL SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'bucardo MCP%' AND backend_start > clock_timestamp() - interval '65 s'`;
      await eventually(async () => (await query(lab().hub, 'bucardo_orders_b_c', seen)).length === 0);
    },
    on: async (name, sql) => void (await query(clusterOf(lab(), name), lab().dbname, sql)),
    killDaemon: async (link) => {
      const rows = await query(
        lab().hub,
        `bucardo_orders_${link}`,
        String.raw`SELECT DISTINCT substring(application_name FROM '\(PID (\d+)\)') AS pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'bucardo %'`,
      );
      const master = await readFile(join(lab().pidDir, `orders_${link}`, 'bucardo.mcp.pid'), 'utf8');
      for (const pid of new Set([Number(master.split('\n')[0]), ...rows.map((row) => Number(row.pid))])) signalProcess(pid, 'SIGKILL');
    },
  };
}

/** A person's word that a link has lost nothing after all. */
export async function accepted(lab: Lab, address: string, reason: string): Promise<void> {
  const run = await runGoatherd(['accept', '--config', lab.configFile, address, '--reason', reason]);
  if (run.exitCode !== 0) throw new Error(`accept ended with ${run.exitCode}: ${run.stderr}`);
}

/** Every kind of drift. */
export const driftsBy = ({ on, control, killDaemon, unheard }: Hands): readonly Drift[] => [
  {
    name: 'a delta trigger dropped',
    link: 'a-b',
    code: 'TriggerMissing',
    suspect: 'a-b',
    inject: () => on('a', 'DROP TRIGGER bucardo_delta ON items'),
  },
  {
    name: 'a truncate trigger disabled',
    link: 'a-b',
    code: 'TriggerMissing',
    suspect: 'a-b',
    inject: () => on('a', 'ALTER TABLE moves DISABLE TRIGGER bucardo_note_trunc_orders_a_b'),
  },
  {
    name: 'a truncate trigger in another mode',
    link: 'b-c',
    code: 'NotAlways',
    suspect: 'b-c',
    inject: () => on('b', 'ALTER TABLE notes ENABLE TRIGGER bucardo_note_trunc_orders_b_c'),
  },
  {
    name: 'a delta table emptied',
    link: 'b-c',
    code: 'DeltaTableEmptied',
    suspect: 'b-c',
    inject: () => on('b', 'TRUNCATE bucardo.delta_public_items'),
  },
  {
    name: 'a delta table missing',
    link: 'a-b',
    code: 'DeltaTableMissing',
    suspect: 'a-b',
    inject: () => on('a', 'DROP TABLE bucardo.delta_public_moves'),
  },
  {
    name: 'a delta function that notes nothing',
    link: 'b-c',
    code: 'DeltaFunction',
    suspect: 'b-c',
    inject: () =>
      on('b', 'CREATE OR REPLACE FUNCTION bucardo.delta_public_items() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$'),
  },
  {
    name: 'a table of C made anew',
    link: 'b-c',
    code: 'TableReplaced',
    suspect: 'b-c',
    inject: () =>
      on(
        'c',
        'CREATE TABLE kept AS TABLE moves; DROP TABLE moves; CREATE TABLE moves (item int NOT NULL REFERENCES items, at timestamptz NOT NULL, amount int NOT NULL, PRIMARY KEY (item, at)); INSERT INTO moves TABLE kept; DROP TABLE kept',
      ),
  },
  {
    name: "Bucardo's own default on a delta table",
    link: 'a-b',
    code: 'DeltaDefault',
    inject: () => on('a', 'ALTER TABLE bucardo.delta_public_notes ALTER txntime SET DEFAULT now()'),
  },
  {
    name: 'the index on a track table dropped',
    link: 'b-c',
    code: 'HelperMissing',
    inject: () => on('b', 'DROP INDEX bucardo.goat_public_notes'),
  },
  {
    name: 'a track and a stage table dropped',
    link: 'b-c',
    code: 'HelperMissing',
    // Each by itself: a run of Bucardo's may hold the one and wait for the other.
    inject: async () => {
      await on('b', 'DROP TABLE bucardo.track_public_moves');
      await on('b', 'DROP TABLE bucardo.stage_public_moves');
    },
  },
  {
    name: 'a row of bucardo_delta_targets deleted',
    link: 'a-b',
    code: 'HelperMissing',
    inject: () => on('a', "DELETE FROM bucardo.bucardo_delta_targets WHERE tablename = 'notes'::regclass"),
  },
  {
    name: 'a function dropped',
    link: 'b-c',
    code: 'FunctionMissing',
    inject: () => on('b', 'DROP FUNCTION bucardo.bucardo_kick_orders_b_c()'),
  },
  {
    name: 'kick triggers back',
    link: 'a-b',
    code: 'KickTriggerBack',
    inject: () =>
      on(
        'a',
        'CREATE TRIGGER bucardo_kick_orders_a_b AFTER INSERT ON items FOR EACH STATEMENT EXECUTE FUNCTION bucardo.bucardo_kick_orders_a_b()',
      ),
  },
  {
    name: 'a setting changed',
    link: 'a-b',
    code: 'SettingChanged',
    inject: () => control('a_b', "UPDATE bucardo.bucardo_config SET setting = '0' WHERE name = 'quick_delta_check'"),
  },
  {
    name: 'the pruning of the logs removed',
    link: 'b-c',
    code: 'PruningMissing',
    inject: () => control('b_c', 'DROP TRIGGER goatherd_prune ON bucardo.syncrun'),
  },
  {
    name: 'a sync edited, and a copy asked for',
    link: 'a-b',
    code: 'MetadataChanged',
    inject: () => control('a_b', "UPDATE bucardo.sync SET checktime = '1 hour', onetimecopy = 1"),
  },
  {
    name: 'a connection edited',
    link: 'b-c',
    code: 'MetadataChanged',
    inject: () => control('b_c', "UPDATE bucardo.db SET dbhost = 'elsewhere' WHERE name = 'c'; DELETE FROM bucardo.dbmap WHERE db = 'c'"),
  },
  {
    name: 'a member taken out of its relgroup',
    link: 'b-c',
    code: 'NotMember',
    inject: () => control('b_c', "DELETE FROM bucardo.herdmap WHERE goat = (SELECT id FROM bucardo.goat WHERE tablename = 'notes')"),
  },
  {
    name: 'makedelta off',
    link: 'a-b',
    code: 'MakedeltaOff',
    suspect: 'b-c',
    inject: () => control('a_b', "UPDATE bucardo.goat SET makedelta = NULL WHERE tablename = 'items'"),
  },
  {
    name: 'makedelta on',
    link: 'b-c',
    code: 'MakedeltaOn',
    inject: () => control('b_c', "UPDATE bucardo.goat SET makedelta = 'c' WHERE tablename = 'items'"),
  },
  {
    name: 'a sync made inactive',
    link: 'b-c',
    code: 'SyncInactive',
    inject: () => control('b_c', "UPDATE bucardo.sync SET status = 'inactive'"),
  },
  {
    name: 'leftovers of a link that was removed',
    link: 'a',
    code: 'Leftover',
    inject: () =>
      on(
        'a',
        `CREATE TRIGGER bucardo_note_trunc_orders_a_z AFTER TRUNCATE ON notes FOR EACH STATEMENT EXECUTE FUNCTION bucardo.bucardo_note_truncation('orders_a_z');
         INSERT INTO bucardo.bucardo_delta_targets(tablename, target) VALUES ('notes'::regclass, 'dbgroup orders_a_z');
         INSERT INTO bucardo.bucardo_delta_names(sync, tablename) VALUES ('orders_a_z', 'public.notes');
         CREATE TABLE bucardo.delta_public_gone (id int, txntime timestamptz); CREATE TABLE bucardo.track_public_gone (txntime timestamptz, target text)`,
      ),
  },
  {
    name: 'an active sync that nothing runs',
    link: 'b-c',
    code: 'DaemonOther',
    inject: async () => {
      await control('b_c', "UPDATE bucardo.sync SET status = 'inactive'; NOTIFY bucardo_deactivate_sync_orders_b_c");
      await unheard();
      await control('b_c', "UPDATE bucardo.sync SET status = 'active'");
    },
  },
  { name: 'a daemon killed', link: 'a-b', code: 'DaemonDown', inject: () => killDaemon('a_b') },
];

/** Those that can be found together: one delta table cannot be missing and empty, and what nothing runs is seen after a minute. */
export const together = (drifts: readonly Drift[]): readonly Drift[] =>
  drifts.filter((drift) => drift.code !== 'DeltaTableMissing' && drift.code !== 'DaemonOther');
