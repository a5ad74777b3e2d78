import { HEAL_STATEMENTS } from './heals.ts';
import { HISTORY_STATEMENTS } from './history.ts';
import { REMEMBERED_STATEMENTS } from './remembered.ts';
import { REQUEST_STATEMENTS } from './requests.ts';
import { SEEN_STATEMENTS } from './seen.ts';
import { SUSPENSION_STATEMENTS } from './suspensions.ts';
import { USED_PLAN_STATEMENTS } from './used-plans.ts';

/** The ledger's tables. Every statement may be repeated; a later version adds columns with ADD COLUMN IF NOT EXISTS. */
export const LEDGER_VERSION = 7;

/** Two keys of the session advisory lock that only acting takes (rule 17): `goat` and `herd` in ASCII. */
export const LOCK_KEYS = [0x676f6174, 0x68657264] as const;

/** The channel on which a request is announced to whoever holds the lock. */
export const REQUEST_CHANNEL = 'goatherd_request';

export const LEDGER_STATEMENTS: readonly string[] = [
  'CREATE SCHEMA IF NOT EXISTS goatherd',
  `CREATE TABLE IF NOT EXISTS goatherd.meta (key text PRIMARY KEY, value text NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS goatherd.link (
     address text PRIMARY KEY, sync text NOT NULL, instance text NOT NULL, definition jsonb, definition_hash text,
     request jsonb, receipt jsonb, proved_at double precision, created_at timestamptz NOT NULL DEFAULT now())`,
  'ALTER TABLE goatherd.link ADD COLUMN IF NOT EXISTS copying text[]',
  // All names of a link but the two above: null where they are those that it was born with.
  'ALTER TABLE goatherd.link ADD COLUMN IF NOT EXISTS names jsonb, ADD COLUMN IF NOT EXISTS identities jsonb, ADD COLUMN IF NOT EXISTS leaves jsonb',
  'ALTER TABLE goatherd.link ADD COLUMN IF NOT EXISTS suspects jsonb',
  'ALTER TABLE goatherd.link ADD COLUMN IF NOT EXISTS accepted text[]',
  'ALTER TABLE goatherd.link ADD COLUMN IF NOT EXISTS recopy jsonb',
  `CREATE TABLE IF NOT EXISTS goatherd.word (
     at timestamptz NOT NULL DEFAULT now(), who text NOT NULL, what text NOT NULL, address text NOT NULL, reason text NOT NULL, objects text[] NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS goatherd.approval (
     id text NOT NULL, topology text NOT NULL, step text NOT NULL, approved_by text NOT NULL, approved_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (topology, step, id))`,
  "ALTER TABLE goatherd.approval ADD COLUMN IF NOT EXISTS over_cap boolean NOT NULL DEFAULT true, ADD COLUMN IF NOT EXISTS reason text NOT NULL DEFAULT ''",
  `CREATE TABLE IF NOT EXISTS goatherd.run (
     id uuid PRIMARY KEY, command text NOT NULL, host text NOT NULL, pid int NOT NULL, started_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz,
     exit_code int, topologies text[] NOT NULL, document jsonb)`,
  ...HEAL_STATEMENTS,
  ...SEEN_STATEMENTS,
  ...SUSPENSION_STATEMENTS,
  ...USED_PLAN_STATEMENTS,
  ...REQUEST_STATEMENTS,
  ...HISTORY_STATEMENTS,
  ...REMEMBERED_STATEMENTS,
  `INSERT INTO goatherd.meta VALUES ('version', '${LEDGER_VERSION}') ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
];
