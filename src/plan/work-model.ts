import type { HelperSpec } from '../bucardo/objects.ts';
import type { RecopyCause } from '../ledger/model.ts';
import type { LinkNames } from '../topology/names.ts';

/** One table's Bucardo objects on a source, as they shall be. */
export interface TableWork extends HelperSpec {
  /** Whether TRUNCATE is recorded as keys (rule 8) or by Bucardo's own trigger. */
  readonly truncate: 'keys' | 'record';
  /** What is missing or other than declared. */
  readonly missing: readonly string[];
}

/** What a step's executor works on. Names only; connections are found by name, secrets never stand here. */
export type Work =
  | { readonly kind: 'ledger' }
  | { readonly kind: 'rename'; readonly rows: readonly { readonly from: string; readonly to: string }[] }
  /** `names`: those that stand; null where the sync has not one source and one target, and the step is blocked. */
  | { readonly kind: 'adopt'; readonly link: string; readonly names: LinkNames | null }
  | { readonly kind: 'control_database'; readonly instance: string }
  | {
      readonly kind: 'register';
      readonly link: string;
      readonly instance: string;
      readonly tables: readonly GoatWork[];
      readonly sequences: readonly GoatWork[];
    }
  | { readonly kind: 'settings'; readonly instance: string; readonly settings: Readonly<Record<string, string>> }
  | {
      readonly kind: 'helpers';
      readonly link: string;
      readonly database: string;
      readonly global: boolean;
      readonly tables: readonly TableWork[];
    }
  | {
      readonly kind: 'triggers';
      readonly link: string;
      readonly database: string;
      readonly kick: boolean;
      readonly tables: readonly TableWork[];
    }
  | {
      readonly kind: 'membership';
      readonly link: string;
      readonly instance: string;
      readonly addresses: readonly string[];
      /** Those of them that were set aside and come back with what was recorded meanwhile. */
      readonly returning: readonly string[];
    }
  | { readonly kind: 'set_aside'; readonly link: string; readonly instance: string; readonly addresses: readonly string[] }
  | {
      readonly kind: 'resend';
      readonly link: string;
      readonly instance: string;
      readonly database: string;
      readonly tables: readonly string[];
    }
  | {
      readonly kind: 'rekey';
      readonly link: string;
      readonly database: string;
      readonly tables: readonly RekeyWork[];
    }
  | {
      readonly kind: 'makedelta';
      readonly link: string;
      readonly instance: string;
      readonly database: string;
      readonly goats: readonly { readonly address: string; readonly makedelta: string | null }[];
      /** Set where it is on for the whole target database, which ends. */
      readonly whole?: true;
      /** Ids of links that leave the target and come to their end: the ledger is told that nothing is passed on to them. */
      readonly ended?: readonly string[];
    }
  | {
      readonly kind: 'always';
      readonly link: string;
      readonly database: string;
      readonly tables: readonly string[];
      readonly triggers: readonly string[];
      readonly mode: 'A' | 'O';
    }
  | { readonly kind: 'truncate_records'; readonly link: string; readonly database: string }
  | { readonly kind: 'stop_daemon'; readonly instance: string }
  | { readonly kind: 'empty_tables'; readonly link: string; readonly database: string; readonly tables: readonly string[] }
  | {
      readonly kind: 'activate';
      readonly link: string;
      readonly instance: string;
      readonly copy: boolean;
      /** What the copy is to fill and what it leaves alone: written to the ledger before Bucardo is asked. */
      readonly tables: readonly string[];
      readonly skipped: readonly string[];
      readonly mode: 'empty' | 'always' | 'never';
    }
  | { readonly kind: 'deactivate'; readonly link: string; readonly instance: string }
  | { readonly kind: 'start_daemon'; readonly instance: string; readonly restart: boolean; readonly syncs: readonly string[] }
  | { readonly kind: 'wait_copy'; readonly link: string; readonly instance: string; readonly tables: readonly string[] }
  | {
      readonly kind: 'receipt';
      readonly link: string;
      readonly instance: string;
      readonly copied: readonly string[];
      readonly skipped: readonly string[];
    }
  | {
      readonly kind: 'copy_tables';
      readonly link: string;
      readonly instance: string;
      /** Tables that join a link which replicates already, and are copied by goatherd before they do. */
      readonly tables: readonly string[];
      /** Those whose rows on the target are removed first. */
      readonly emptied: readonly string[];
      /** Those that keep what the target holds. */
      readonly skipped: readonly string[];
      /** Set where the tables are members already and are copied once more, while the link stands still. */
      readonly again: boolean;
    }
  | {
      readonly kind: 'recopy';
      readonly link: string;
      readonly cause: RecopyCause;
      readonly generation: number;
      readonly tables: readonly string[];
      readonly skipped: readonly string[];
    }
  | { readonly kind: 'wait_drained'; readonly link: string; readonly instance: string }
  | {
      readonly kind: 'drop_triggers';
      readonly link: string;
      readonly database: string;
      readonly tables: readonly { readonly address: string; readonly triggers: readonly string[] }[];
    }
  | {
      readonly kind: 'drop_helpers';
      readonly link: string;
      readonly database: string;
      /** Names (without prefix) of delta, track and stage tables that no other link uses. */
      readonly makers: readonly string[];
      /** Whether schema bucardo goes, as nothing else uses it. */
      readonly schema: boolean;
      /** Set when single tables left the link: nothing of its other tables is touched. */
      readonly only: readonly { readonly oid: number; readonly schema: string; readonly table: string; readonly maker: string }[] | null;
    }
  | { readonly kind: 'leave'; readonly link: string; readonly instance: string; readonly addresses: readonly string[] }
  | { readonly kind: 'drop_control'; readonly link: string; readonly instance: string; readonly whole: boolean }
  | { readonly kind: 'move'; readonly link: string; readonly instance: string }
  | { readonly kind: 'leave_instance'; readonly link: string; readonly instance: string; readonly whole: boolean }
  | { readonly kind: 'forget'; readonly link: string }
  | {
      readonly kind: 'sweep';
      readonly link: string;
      readonly database: string;
      /** Of links that are no more: their rows, and kick functions. */
      readonly syncs: readonly string[];
      /** Names (without prefix) of delta, track and stage tables that nothing uses. */
      readonly makers: readonly string[];
    }
  | {
      readonly kind: 'suspect';
      readonly link: string;
      readonly losses: readonly { readonly code: string; readonly tables: readonly string[] }[];
    }
  | { readonly kind: 'wait_run'; readonly link: string; readonly instance: string; readonly since: number }
  | { readonly kind: 'arrival'; readonly links: readonly string[] };

/** A table whose helper objects were made for another key. */
export interface RekeyWork extends TableWork {
  /** Columns of the key that its delta table was made for, with their types there. */
  readonly oldColumns: readonly { readonly name: string; readonly type: string }[];
  /** Databases whose rows tell the new key of a row that its old key named: the source, and every target that may lack a change of it. */
  readonly targets: readonly string[];
  /** Whether the old key still finds its rows on all of them; otherwise every row is noted as changed. */
  readonly translatable: boolean;
}

export interface GoatWork {
  readonly schema: string;
  readonly name: string;
  /** What is noted of its columns (`shapeToNote`); empty for sequences. */
  readonly shape: string;
  readonly pkey: readonly string[];
  readonly types: readonly string[];
  /** Columns that Bucardo must carry where generated ones stand in the table; null for all. */
  readonly columns: readonly string[] | null;
}
