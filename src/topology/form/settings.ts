/** Which of Bucardo's settings a topology may hold: the schema lists them, this file knows the others (FACTS 10). */
import { topologySchema } from '../schema-types.ts';

/** Names of the settings that a topology may hold. */
export function settingNames(): ReadonlySet<string> {
  return new Set(Object.keys(topologySchema.$defs.settings.properties));
}

/** Settings that goatherd needs for itself, and what to do instead. */
export const ownedSettings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    bucardo_initial_version: 'it is the version that the control database was made with',
    bucardo_vac: 'goatherd decides whether the VAC process runs',
    bucardo_version: 'it is the version that is installed',
    email_auth_pass: 'a password does not stand in a topology; goatherd has its own notifications',
    host_safety_check: 'it names the host that may run the instance, and goatherd changes it when another takes over',
    log_conflict_file: 'goatherd puts logs below `log_dir` of goatherd.yaml',
    piddir: 'set `pid_dir` in goatherd.yaml',
    quick_delta_check: 'with it a table that Bucardo has no name for is never replicated',
    reason_file: 'goatherd puts it below `log_dir` of goatherd.yaml',
    stopfile: 'goatherd stops daemons by it',
  }),
);

/** Settings that Bucardo knows and that change nothing here: worth a warning, not worth a refusal. */
export const idleSettings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    autosync_ddl: 'Bucardo 5.6 does not read it',
    default_conflict_strategy: 'links go one way, so there are no conflicts',
    flatfile_dir: 'goatherd makes no flat files',
    semaphore_table: "only Bucardo's MongoDB code reads it",
    stats_script_url: 'Bucardo 5.6 does not read it',
    warning_file: 'Bucardo 5.6 reads it only from an rc file',
  }),
);
