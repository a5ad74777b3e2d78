/** What Bucardo tells of itself in a control database, as far as it means that something is other than before (FACTS 4.4). */

/** Of the whole instance: it started or ended, found nothing to run, read its syncs anew, lost a kid or a database handle. */
const OF_INSTANCE = ['started', 'stopped', 'nosyncs', 'reloaded_mcp', 'kid_pid_stop'] as const;

/** Of one sync: a run was ended, a kick was refused, it was activated or read anew. */
const OF_SYNC = ['synckill', 'syncerror', 'activated_sync', 'reloaded_sync', 'reload_error_sync'] as const;

/**
 * Channels to LISTEN on. Not the channel `bucardo` itself: it carries each run's end, once a second for every polled link, and with it the
 * only word of a deactivation.
 */
export function noticeChannels(syncs: readonly string[]): readonly string[] {
  return [...OF_INSTANCE, ...syncs.flatMap((sync) => OF_SYNC.map((word) => `${word}_${sync}`))].map((name) => `bucardo_${name}`);
}
