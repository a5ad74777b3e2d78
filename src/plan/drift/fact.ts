import type { SeenLoss } from './seen.ts';
import type { DriftPolicy } from '../../topology/model.ts';

/** Kinds of drift, stable and CamelCase: what `Change.reason` names. */
export type DriftCode =
  | 'TriggerMissing'
  | 'NotAlways'
  | 'StillAlways'
  | 'KickTriggerMissing'
  | 'KickTriggerBack'
  | 'DeltaTableMissing'
  | 'DeltaFunction'
  | 'DeltaDefault'
  | 'HelperMissing'
  | 'FunctionMissing'
  | 'ControlDatabaseMissing'
  | 'PruningMissing'
  | 'SettingChanged'
  | 'MetadataChanged'
  | 'GoatChanged'
  | 'NotMember'
  | 'MakedeltaOff'
  | 'MakedeltaOn'
  | 'MakedeltaWhole'
  | 'SyncInactive'
  | 'SyncActive'
  | 'DaemonDown'
  | 'DaemonOther'
  | 'Leftover'
  | 'NewPartition'
  | SeenLoss['code'];

/** One fact that was as declared and is not any more. */
export interface DriftFact {
  /** Within its address, stable over plans: `trigger public.items delta`. What it was healed how often is counted by it. */
  readonly key: string;
  /** `orders/a-b`. */
  readonly address: string;
  readonly code: DriftCode;
  /** What this fact and others of its kind are together: `triggers of a`. */
  readonly of: string;
  /** Which of them: `public.items bucardo_delta`. */
  readonly object: string;
  readonly before: string | null;
  readonly after: string | null;
  /** Writes may be lost: it is put back whatever the policy is, and the link is `Suspect` (rule 15). */
  readonly loses: boolean;
  /** Id of the step that puts it back; null where no step can: it is shown, and a person's file ends it. */
  readonly step: string | null;
  /** Set where nothing is to be put back: the step notes what was lost. */
  readonly onlyNoted?: true;
  /** No hand did it: goatherd's own doing, begun and not ended, or a database that did not answer. It is put back whatever the policy is. */
  readonly ours?: true;
}

/** What is done about a fact: put back, shown only, or left alone because it was put back too often. */
export type Treatment = DriftPolicy | 'contended';

/** Keys of facts, within one link. */
export const factKey = {
  trigger: (table: string, trigger: string): string => `trigger ${table} ${trigger}`,
  always: (table: string): string => `always ${table}`,
  ordinary: (table: string): string => `ordinary ${table}`,
  kickBack: (table: string): string => `kick ${table}`,
  helper: (table: string, helper: string): string => `helper ${table} ${helper}`,
  functions: 'functions',
  control: 'control database',
  pruning: 'pruning',
  setting: (name: string): string => `setting ${name}`,
  row: (what: string): string => `row ${what}`,
  goat: (address: string): string => `goat ${address}`,
  member: (address: string): string => `member ${address}`,
  makedelta: (address: string): string => `makedelta ${address}`,
  seen: (code: string, table: string): string => `${code} ${table}`,
  makedeltaWhole: 'makedelta',
  status: 'status',
  daemon: 'daemon',
  partition: (address: string): string => `partition ${address}`,
} as const;

const BECAUSE: Readonly<Record<DriftCode, string>> = {
  TriggerMissing: 'a trigger that notes changes is missing, disabled or in another mode',
  NotAlways: 'it would not fire for a TRUNCATE that comes from above',
  StillAlways: 'what comes from above is not to be passed on here',
  KickTriggerMissing: '`disable_kicking: false` wants them',
  KickTriggerBack: '`disable_kicking`: they serialise every commit of the source',
  DeltaTableMissing: 'the changes that stood in it are gone',
  DeltaFunction: 'it may not have noted every change',
  DeltaDefault: "Bucardo's now() loses rows when two transactions share a microsecond",
  HelperMissing: 'a helper object or row of Bucardo is missing',
  FunctionMissing: "functions or tables of Bucardo's, or of goatherd's beside them, are missing or not those of the installed version",
  ControlDatabaseMissing: 'not present on the hub',
  PruningMissing: 'its run log would grow for ever',
  SettingChanged: 'changed in the control database',
  MetadataChanged: 'changed in the control database',
  GoatChanged: 'changed in the control database',
  NotMember: 'taken out of the relgroup: its changes are not replicated',
  MakedeltaOff: 'what came from above meanwhile was not passed on',
  MakedeltaOn: 'nothing carries them on from there',
  MakedeltaWhole: 'it is set for the whole database: for each table that is passed on it is enough',
  SyncInactive: 'made inactive in the control database',
  SyncActive: 'declared stopped',
  DaemonDown: 'no daemon runs it',
  DaemonOther: 'its daemon does not run what it should',
  Leftover: 'triggers, rows, functions or helper tables of links that were removed',
  NewPartition: 'what goes into it does not arrive: add the line to `tables.include`, or to `tables.exclude` to hear of it no more',
  TableReplaced: 'the table was dropped and made anew, or restored: what was written in between was not noted',
  DeltaTableEmptied: 'the changes that stood in their delta tables are gone',
  SourceWentBack: 'restored, or a standby that was promoted: the target may have rows that it lost',
  TargetWentBack: 'restored, or a standby that was promoted: it may lack rows that it had',
};

/** One sentence: the code, and what it means. */
export function becauseOf(code: DriftCode): string {
  return `${code}: ${BECAUSE[code]}`;
}
