/** What a person does about a condition that is not as it should be; one or two sentences, with the command where there is one. */
import type { Condition, ConditionType } from '../../plan/status/condition-model.ts';

const byReason: Readonly<Record<string, string>> = {
  FetchFailed: 'Fetch by hand, as the user that runs goatherd, and read the error. The last good revision stays in force.',
  SignatureInvalid: 'Sign the commit with a key that this host trusts. The last good revision stays in force.',
  SourceInvalid: 'Correct the files; `goatherd validate` names every problem. What was applied last stays in force.',
  SourceEmpty: 'Put the files back; an empty source removes nothing. What was applied last stays in force.',
  HeldByOther: 'Nothing, if this controller is meant to stand by. Else stop the other one; its place is in the message.',
  ControlDatabaseDown: "Bring the hub's PostgreSQL server back; replication does not run without it.",
  ApprovalMissing: 'Read the destructive steps of the plan, then approve them: `goatherd approve ID`, or in git.',
  ApprovalStale: 'The plan has changed since it was approved: read the new one and approve its id.',
  CapExceeded: 'The approval passes a cap of this host: `goatherd approve ID --over-cap` if that is meant.',
  Contended: 'Something else keeps changing this fact, and goatherd has stopped putting it back. Find what does, and end it.',
  Unreachable: 'Is PostgreSQL up there, and may this host reach it? Replication goes on by itself once it answers.',
  AuthFailed: 'Check the password reference, the role and pg_hba.conf of that server.',
  RightsMissing: 'Grant what the message names; `goatherd reconcile --dry-run` lists every right that is missing.',
  ReadOnly: 'The database is in recovery: name the primary in the topology.',
  VersionUnsupported: 'See docs/plan.md for the versions that are tested.',
  CrashLooping: 'The daemon ends again and again: the last lines of its log say why.',
  LockTimeout: 'A table stays locked: end the transaction that the message names, or wait. What was done stays.',
  SkippedNotEmpty:
    'The target held rows, and was not copied. Compare the tables, then `goatherd accept`, or copy them anew with `copy_generation`.',
  SyncErrors: "Bucardo's runs fail and are rolled back: mend on the target what the message names. It goes on by itself.",
  DaemonDown: "goatherd starts it again by itself. If it stays down, the last lines of its instance's log say why.",
  ForeignPid: 'Processes of an older daemon still run: goatherd ends them before it starts another.',
  NoRecentRun: "See whether the daemon runs and both databases answer; the last lines of the instance's log say more.",
  LagHigh:
    'See whether the target answers and keeps up, and what holds locks there. Nothing is lost meanwhile; the delta tables of the source grow.',
  ConnectFailed: 'Is PostgreSQL up there, and may this host reach it? Replication goes on by itself once it answers.',
  InstallFailed: 'Mend what the message names; goatherd tries again by itself.',
  PrimaryKeyMissing: 'Give the tables a primary key, or leave them out with `tables: {exclude: …}`.',
  SchemaMismatch: 'Make the tables of source and target alike, target first; goatherd goes on by itself.',
  NothingSelected: 'Correct the patterns under `tables`: no table of the source matches.',
  CopyFailed: "Mend what the message names; the copy is tried again. The instance's log has the rest.",
  TriggerStateDrift: 'goatherd puts them back. Changes made without them may be lost: see Suspect.',
  MakedeltaOff: 'goatherd puts it back. What came meanwhile may be missing below: see Suspect.',
  NoteTruncNotAlways: 'goatherd puts it back. A TRUNCATE that came meanwhile may be missing below: see Suspect.',
  Blocked: 'See what the plan says is blocked, and why.',
  TerminalError: 'It is not tried again by itself: mend what the message names, then commit or restart.',
  UpstreamNotReady: 'Wait for the link above, or see what holds it.',
};

const byType: Readonly<Record<ConditionType, string>> = {
  SourceReady: 'See the message. What was applied last stays in force.',
  LockHeld: 'Nothing acts here meanwhile. See who holds the lock.',
  SpecValid: 'Correct the file; `goatherd validate` names every problem. The topology runs on as it was last applied.',
  Approved: 'Read the destructive steps of the plan, then approve them: `goatherd approve ID`, or in git.',
  InSync: 'goatherd carries the plan out by itself, as far as it may. The plan says what is blocked.',
  Ready: 'See the conditions of its links.',
  Reachable: 'Is PostgreSQL up there, and may this host reach it? Replication goes on by itself once it answers.',
  Provisioned: 'See the plan and what preflight says of it.',
  TriggersInstalled: 'goatherd puts them back. Changes made without them may be lost: see Suspect.',
  DaemonRunning: "goatherd starts it again by itself. If it stays down, read its instance's log.",
  CopyComplete: 'See how far the copy is, and what it waits for.',
  Replicating: "See whether the target answers, and the last lines of the instance's log.",
  Cascading: 'goatherd puts it back. What came meanwhile may be missing below: see Suspect.',
  Suspect: 'Compare the tables of source and target. When they are equal: `goatherd accept LINK --reason …`.',
  Reconciling: 'Wait.',
  Stalled: 'It goes no further without a person or a new commit: see the other conditions.',
  Suspended: 'A person stopped it; who, and why, stands in the message.',
};

/** What to do; the link's or the topology's own name stands in it. */
export function adviceFor({ type, reason, address }: Pick<Condition, 'type' | 'reason' | 'address'>): string {
  return (byReason[reason] ?? byType[type]).replace('LINK', address);
}
