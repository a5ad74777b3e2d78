import type { Access } from '../postgres/access.ts';
import type { Queryable } from '../postgres/session.ts';
import type { PastRun } from './model.ts';

/** The last runs of each topology, from whichever command, and the revisions that a controller saw. */
export const HISTORY_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS goatherd.history (
     topology text NOT NULL, run text NOT NULL, command text NOT NULL, revision text, fingerprint text NOT NULL, started_at float8 NOT NULL, ended_at float8 NOT NULL,
     outcome text NOT NULL, reason text, steps_done int NOT NULL, steps_failed int NOT NULL)`,
  'CREATE INDEX IF NOT EXISTS history_newest ON goatherd.history(topology, ended_at DESC)',
  `CREATE TABLE IF NOT EXISTS goatherd.revision (
     topology text PRIMARY KEY, desired text, attempted text, applied text, applied_at timestamptz)`,
];

/** How many runs of one topology are kept. */
const KEPT = 50;

export async function keepRun(access: Access, run: PastRun): Promise<void> {
  const ledger = access.hub(access.config.ledger);
  await ledger.query(
    `INSERT INTO goatherd.history(topology, run, command, revision, fingerprint, started_at, ended_at, outcome, reason, steps_done, steps_failed)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      run.topology,
      run.run,
      run.command,
      run.revision,
      run.fingerprint,
      run.startedAt,
      run.endedAt,
      run.outcome,
      run.reason,
      run.stepsDone,
      run.stepsFailed,
    ],
  );
  await ledger.query(
    `DELETE FROM goatherd.history WHERE topology = $1 AND ended_at < (SELECT ended_at FROM goatherd.history WHERE topology = $1 ORDER BY ended_at DESC OFFSET ${KEPT - 1} LIMIT 1)`,
    [run.topology],
  );
}

/** The last runs of a topology, newest first; none where the ledger is older than they are. */
export async function pastRuns(session: Queryable, topology: string): Promise<readonly PastRun[]> {
  const there = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.history') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return [];
  const { rows } = await session.query<PastRun & Record<string, unknown>>(
    `SELECT topology, run, command, revision, fingerprint, started_at AS "startedAt", ended_at AS "endedAt", outcome, reason,
            steps_done AS "stepsDone", steps_failed AS "stepsFailed" FROM goatherd.history WHERE topology = $1 ORDER BY ended_at DESC LIMIT ${KEPT}`,
    [topology],
  );
  return rows;
}

/** Which revision of a topology was wanted, planned and reached. */
export interface Revisions {
  readonly desired: string | null;
  readonly attempted: string | null;
  readonly applied: string | null;
}

export async function readRevisions(session: Queryable, topology: string): Promise<Revisions> {
  const { rows } = await session.query<Revisions & Record<string, unknown>>(
    'SELECT desired, attempted, applied FROM goatherd.revision WHERE topology = $1',
    [topology],
  );
  return rows[0] ?? { desired: null, attempted: null, applied: null };
}

export async function saveRevisions(access: Access, topology: string, { desired, attempted, applied }: Revisions): Promise<void> {
  await access.hub(access.config.ledger).query(
    `INSERT INTO goatherd.revision(topology, desired, attempted, applied, applied_at) VALUES ($1, $2, $3, $4, CASE WHEN $4::text IS NOT NULL THEN now() END)
     ON CONFLICT (topology) DO UPDATE SET desired = excluded.desired, attempted = excluded.attempted, applied = excluded.applied,
       applied_at = CASE WHEN excluded.applied IS DISTINCT FROM revision.applied THEN now() ELSE revision.applied_at END`,
    [topology, desired, attempted, applied],
  );
}
